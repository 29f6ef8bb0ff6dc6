"""The questionnaire on paper: one HTML file, A4, boxes to tick and lines to write on. No script, nothing outside."""

from __future__ import annotations

from html import escape
from pathlib import Path

from ess_observatory.codebook.questions import Codebook, Question, Section
from ess_observatory.survey.wording import Setting, condition, heading, how_to_answer, notice

_STYLE = """
@page { size: A4; margin: 16mm 15mm 18mm; @bottom-left { content: "%s"; font: 8pt sans-serif; color: #444; }
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; color: #444; } }
* { box-sizing: border-box; }
body { font: 10.5pt/1.4 "Source Sans 3", "Segoe UI", Roboto, Arial, sans-serif; color: #1e1e1e; margin: 0 auto;
  max-width: 180mm; }
h1 { font-size: 17pt; line-height: 1.2; margin: 0 0 2mm; color: #1f4e5f; }
h2 { font-size: 13pt; margin: 8mm 0 3mm; padding: 1.5mm 2mm; background: #dce9ed; color: #1f4e5f; break-after: avoid; }
.about { margin: 0 0 4mm; color: #444; }
.notice { border: 0.4mm solid #1f4e5f; padding: 3mm 4mm; font-size: 9.5pt; break-inside: avoid; }
.notice h2 { margin: 0 0 1mm; padding: 0; background: none; font-size: 11pt; }
.notice p { margin: 1mm 0; }
.question { break-inside: avoid; margin: 0 0 4.5mm; padding: 0; border: 0; }
.question legend, .question .label { font-weight: 600; padding: 0; margin: 0; }
.code { color: #595959; font-weight: 400; margin-right: 1.5mm; }
.filter { font-style: italic; margin: 0.5mm 0; }
.help { color: #444; font-size: 9pt; margin: 0.5mm 0; }
ul { list-style: none; margin: 1mm 0 0; padding: 0; }
li { padding: 0.4mm 0 0.4mm 6.5mm; position: relative; break-inside: avoid; }
li::before { content: ""; position: absolute; left: 0; top: 1.1mm; width: 3.6mm; height: 3.6mm; border: 0.3mm solid #1e1e1e; }
li.one::before { border-radius: 50%%; }
.short li { display: inline-block; margin-right: 9mm; }
.reasons { color: #444; font-size: 9.5pt; }
.line { display: block; border-bottom: 0.2mm solid #767676; height: 7mm; }
.inline { display: inline-block; width: 70mm; border-bottom: 0.2mm solid #767676; height: 4.5mm; vertical-align: bottom; }
.boxes { margin: 1.5mm 0 0; font-size: 0; }
.boxes span { display: inline-block; width: 6mm; height: 7.5mm; border: 0.25mm solid #767676; margin-right: -0.25mm; }
.boxes span.gap { border: 0; width: 2mm; }
.unit { margin-left: 2mm; }
@media screen { body { padding: 8mm 4mm; } }
"""
#: Boxes to write in, one a character, by groups.
_BOXES = {"siret": (3, 3, 3, 5), "commune": (5,), "naf": (2, 3)}


def write_printed(codebook: Codebook, path: Path, setting: Setting | None = None) -> Path:
    """Write the questionnaire to print as `path` (HTML) and return it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(printed(codebook, setting or Setting()), encoding="utf-8", newline="\n")
    return path


def printed(codebook: Codebook, setting: Setting) -> str:
    """The HTML of the questionnaire to print."""
    title = heading(codebook, setting)
    foot = (
        f"{codebook.title} – version {codebook.version}".replace("\\", "").replace('"', "’").replace("<", "")
    )
    parts = [
        "<!doctype html>",
        '<html lang="fr">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta name="version" content="{escape(codebook.version)}">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE % foot}</style>",
        "</head>",
        "<body>",
        "<header>",
        f"<h1>{escape(title)}</h1>",
        f'<p class="about">{escape(_about(codebook))}</p>',
        "</header>",
        "<main>",
        *_notice(codebook, setting),
    ]
    for section in codebook.sections:
        parts += _section(section, codebook)
    parts += ["</main>", "</body>", "</html>", ""]
    return "\n".join(parts)


def _about(codebook: Codebook) -> str:
    parts = [f"Version du questionnaire\u00a0: {codebook.version}"]
    for key, words in (("population", "Qui répond"), ("reference_date", "Date de référence")):
        if codebook.meta.get(key):
            parts.append(f"{words}\u00a0: {codebook.meta[key]}")
    return ". ".join(parts) + "."


def _notice(codebook: Codebook, setting: Setting) -> list[str]:
    told = notice(codebook, setting)
    if not told:
        return []
    title = escape(codebook.form.get("notice_title", "Vos données"))
    lines = [f"<p>{escape(line)}</p>" for line in told]
    return [
        '<section class="notice" aria-labelledby="notice">',
        f'<h2 id="notice">{title}</h2>',
        *lines,
        "</section>",
    ]


def _section(section: Section, codebook: Codebook) -> list[str]:
    parts = [
        f'<section aria-labelledby="section-{escape(section.code)}">',
        f'<h2 id="section-{escape(section.code)}">{escape(section.code)}. {escape(section.label)}</h2>',
    ]
    for question in section.questions:
        parts += _question(question, codebook)
    return [*parts, "</section>"]


def _question(question: Question, codebook: Codebook) -> list[str]:
    tag, label = ("fieldset", "legend") if question.is_choice else ("div", "p")
    shown = f'<span class="code">{escape(question.code)}</span>{escape(question.label)}'
    parts = [f'<{tag} class="question">', f'<{label} class="label">{shown}</{label}>']
    if question.relevant is not None:
        parts.append(f'<p class="filter">{escape(condition(question, codebook))}</p>')
    help_lines = " ".join(part for part in (question.hint, how_to_answer(question, codebook)) if part)
    if help_lines:
        parts.append(f'<p class="help">{escape(help_lines)}</p>')
    parts += _choices(question) if question.is_choice else _space(question)
    reasons = codebook.reasons(question)
    if reasons:
        boxes = "".join(f'<li class="one">{escape(label)}</li>' for label in reasons.values())
        parts.append(f'<ul class="reasons short" aria-label="Sans réponse">{boxes}</ul>')
    return [*parts, f"</{tag}>"]


def _choices(question: Question) -> list[str]:
    """Boxes to tick: square where several go together, round where one is chosen."""
    kind = "" if question.is_multiple else ' class="one"'
    items = [
        f"<li{kind}>{escape(choice.label)}"
        + ('\u00a0: <span class="inline"></span>' if choice.is_other else "")
        + "</li>"
        for choice in question.choices
    ]
    short = all(len(choice.label) <= 14 for choice in question.choices) and not question.other
    return [f'<ul class="{"short" if short else "long"}">', *items, "</ul>"]


def _space(question: Question) -> list[str]:
    if question.type in _BOXES:
        groups = ['<span aria-hidden="true"></span>' * size for size in _BOXES[question.type]]
        return [f'<p class="boxes">{"<span class=gap></span>".join(groups)}</p>']
    if question.type == "long_text":
        return ['<span class="line"></span>' * 3]
    if question.is_number:
        unit = f'<span class="unit">{escape(question.unit)}</span>' if question.unit else ""
        return [f'<p class="number"><span class="inline"></span>{unit}</p>']
    return ['<span class="line"></span>']
