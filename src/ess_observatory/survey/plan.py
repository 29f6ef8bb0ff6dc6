"""The lines of a form and the columns of a wide export: the layout that writers and reader share."""

from __future__ import annotations

from dataclasses import dataclass

from ess_observatory.codebook.questions import OTHER, Choice, Codebook, Question
from ess_observatory.survey.wording import help_text, quoted

#: The header of a form is on this line; its lines of answers begin under it.
HEADER_LINE = 4


@dataclass(frozen=True)
class Line:
    """A line of the form. `kind`: section, question, choice (one to tick) or other (the open answer)."""

    kind: str
    number: int
    code: str
    text: str
    help: str
    question: Question | None = None
    choice: Choice | None = None

    @property
    def is_answered(self) -> bool:
        """Whether something may be written on the line."""
        question = self.question
        ticked_below = question is not None and question.is_multiple and self.kind == "question"
        return question is not None and not (ticked_below and not question.nonresponse)


def form_lines(codebook: Codebook) -> list[Line]:
    """Every line of the form under its header, in order."""
    mark = codebook.form.get("chosen_mark", "x")
    specify = codebook.form.get("other_label", "Autre (préciser)")
    lines: list[Line] = []

    def add(kind: str, code: str, text: str, help: str, *about: Question | Choice) -> None:
        lines.append(Line(kind, HEADER_LINE + 1 + len(lines), code, text, help, *about))  # type: ignore[arg-type]

    for section in codebook.sections:
        add("section", "", f"{section.code}. {section.label}", "")
        for question in section.questions:
            add("question", question.code, question.label, _main_help(question, codebook, mark), question)
            if question.is_multiple:
                for choice in question.choices:
                    if not choice.is_other:
                        code = f"{question.code}.{choice.code}"
                        add("choice", code, choice.label, "", question, choice)
            if question.other:
                add("other", f"{question.code}.{OTHER}", specify, "", question, question.choices[-1])
    return lines


def _main_help(question: Question, codebook: Codebook, mark: str) -> str:
    text = help_text(question, codebook)
    if question.is_multiple:
        text += f" Écrire {quoted(mark)} devant chaque réponse retenue, ci-dessous."
        if question.nonresponse:
            text += " Si vous ne répondez pas, choisir le motif sur cette ligne."
    elif question.other:
        text += f" Si {quoted(question.choices[-1].label)}, préciser à la ligne suivante."
    return text
