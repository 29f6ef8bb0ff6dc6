"""The command line: answers on stdout, messages on stderr, documented exit codes."""

from __future__ import annotations

import json

import pytest

from command_line import ess, process


def test_help_names_every_command():
    done = process("--help")
    assert done.returncode == 0
    for command in (
        "run",
        "plan",
        "repair",
        "ingest",
        "check",
        "build",
        "publish",
        "report",
        "explain",
        "trace",
        "demo",
        "doctor",
    ):
        assert command in done.stdout


def test_plan_says_what_each_file_is(reference_raw):
    found = json.loads(ess("plan", "--json").stdout)
    assert found["missing"] == []
    assert {item["source"] for item in found["files"]} == {
        "manageo",
        "clap",
        "unistatis",
        "insee_employers",
        "survey",
        "benchmark",
        "action_plan",
        "consultation",
    }
    manageo = next(item for item in found["files"] if item["source"] == "manageo")
    assert manageo["header_line"] == 7


def test_unknown_edition_is_a_usage_error():
    done = ess("run", "--edition", "nowhere")
    assert done.returncode == 2
    assert "Éditions connues" in done.stderr


def test_explain_a_message_code():
    done = ess("explain", "E312")
    assert done.returncode == 0
    assert "40.817" in done.stdout


def test_explain_a_siret(reference_build, reference_db):
    siret, rule = reference_db.rows(
        "select siret, rule_id from core.establishment where decision = 'out' order by siret"
    )[0]
    done = ess("explain", siret, "--out", reference_build.base, "--json")
    answer = json.loads(done.stdout)
    assert answer["establishment"]["rule_id"] == rule
    assert answer["rules"][0]["rule_id"] == rule, "the first applicable rule decides"
    shown = ess("explain", siret, "--out", reference_build.base).stdout
    assert "ÉCARTÉ" in shown
    assert "ligne" in shown


def test_explain_an_unknown_siret(reference_build):
    done = ess("explain", "00000000000000", "--out", reference_build.base)
    assert done.returncode == 4
    assert "absent" in done.stderr and "clé de contrôle" in done.stderr


def test_trace_walks_from_the_figure_to_the_files(reference_build):
    answer = json.loads(ess("trace", "size_1_2", "--out", reference_build.base, "--json").stdout)
    assert answer["value"] == 160
    assert answer["query"] == "pipelines/tables/size_bands/card.toml"
    assert list(answer["measures"]) == ["establishments"]
    assert answer["tables"]["core.field_establishment"] == 449
    assert [f["rows_read"] - f["rows_kept"] - f["rows_refused"] for f in answer["files"]] == [0]
    assert len(answer["files"][0]["sha256"]) == 64


def test_trace_of_a_survey_figure(reference_build):
    answer = json.loads(ess("trace", "brake_financial", "--out", reference_build.base, "--json").stdout)
    assert answer["value"] == 14
    assert len(answer["files"]) == 17


def test_trace_suggests_the_nearest_figure(reference_build):
    done = ess("trace", "size_1_3", "--out", reference_build.base)
    assert done.returncode == 2
    assert "size_1_2" in done.stderr


def test_report_is_remade_from_the_publication_alone(reference_outcome, tmp_path):
    import shutil

    out = tmp_path / "out"
    shutil.copytree(reference_outcome.outputs.publication, out / "publication")
    done = ess("report", "--out", out)
    assert done.returncode == 0, done.stderr
    assert (out / "reports" / "rapport-ess.html").read_bytes() == reference_outcome.outputs.page.read_bytes()
    assert (out / "publication" / "figures.parquet").is_file()


@pytest.mark.parametrize("command", ["report", "trace x", "explain 99011201300018"])
def test_nothing_built_yet(command, tmp_path):
    done = ess(*command.split(), "--out", tmp_path / "empty")
    assert done.returncode == 4
    assert "ess" in done.stderr


def test_doctor_is_content():
    results = json.loads(ess("doctor", "--json").stdout)
    assert all(result["status"] != "failed" for result in results)
