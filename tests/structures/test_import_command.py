"""`marketplace import structures`: what it says, and how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.cli import main
from marketplace.commands import importing
from marketplace.structures import importing as structures_importing
from marketplace.structures.tables import Structure
from tests.structures.registers import GARDENS, WORKSHOP, register


@pytest.fixture
def folder(app: Flask, tmp_path: Path) -> Path:
    """Where registers lie; the database that the command finds is the tests' own."""
    return tmp_path


def take_in(folder: Path, content: bytes, *more: str) -> Result:
    file = folder / "register.csv"
    file.write_bytes(content)
    return CliRunner().invoke(main, ["import", "structures", str(file), *more])


def test_a_right_register_ends_well_with_a_report(folder: Path, session: Session) -> None:
    report = folder / "report.json"
    result = take_in(folder, register(GARDENS, WORKSHOP), "--report", str(report))
    assert result.exit_code == 0, result.output
    assert json.loads(report.read_text()) == {
        "read": 2,
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "refused": [],
        "warnings": [],
        "more_refused": 0,
        "more_warnings": 0,
    }
    assert session.scalar(select(func.count()).select_from(Structure)) == 2


def test_refused_rows_are_named_on_standard_error_and_end_it_with_1(
    folder: Path, session: Session
) -> None:
    lost = WORKSHOP | {"city": "Marseille"}
    result = take_in(folder, register(GARDENS | {"siret": "1"}, lost), "--report", "-")
    assert result.exit_code == 1
    assert "line 2: siret: " in result.stderr
    assert "warning: line 3: city: " in result.stderr
    report = json.loads(result.stdout)
    assert [(r["line"], r["field"]) for r in report["refused"]] == [(2, "siret")]
    assert [(r["line"], r["field"]) for r in report["warnings"]] == [(3, "city")]
    assert session.scalar(select(func.count()).select_from(Structure)) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "register.csv: the file is empty"),
        (b"siret,name\n1,a\n", "missing column: kind"),
        (register(GARDENS) + "Besançon\n".encode("latin-1"), "line 3: not UTF-8"),
    ],
)
def test_a_register_that_cannot_be_read_ends_it_with_2_and_changes_nothing(
    folder: Path, session: Session, content: bytes, said: str
) -> None:
    result = take_in(folder, content, "--report", str(folder / "report.json"))
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert session.scalar(select(func.count()).select_from(Structure)) == 0
    assert not (folder / "report.json").exists()


@pytest.mark.parametrize("name", ["", "absent.csv"])
def test_a_folder_or_no_file_at_all_ends_it_with_2(folder: Path, name: str) -> None:
    result = CliRunner().invoke(main, ["import", "structures", str(folder / name)])
    assert result.exit_code == 2
    assert str(folder / name) in result.stderr


def test_a_report_that_cannot_be_written_ends_it_with_2_before_anything_is_taken(
    folder: Path, session: Session
) -> None:
    result = take_in(folder, register(GARDENS), "--report", str(folder / "absent" / "report"))
    assert result.exit_code == 2
    assert session.scalar(select(func.count()).select_from(Structure)) == 0


def test_a_register_comes_through_a_pipe_too(folder: Path, session: Session) -> None:
    command = [sys.executable, "-c", "from marketplace.cli import main; main()"]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, "import", "structures", "-"],
        input=register(GARDENS),
        capture_output=True,
        env=dict(os.environ),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert session.scalar(select(func.count()).select_from(Structure)) == 1


@pytest.mark.parametrize("through", ["a file", "a pipe"])
def test_a_register_that_is_too_long_is_refused_before_anything_is_done(
    folder: Path, session: Session, monkeypatch: pytest.MonkeyPatch, through: str
) -> None:
    monkeypatch.setattr(importing, "LARGEST", 1_000)
    content = register(*[GARDENS] * 40)
    if through == "a file":
        result = take_in(folder, content)
    else:
        result = CliRunner().invoke(main, ["import", "structures", "-"], input=content)
    assert result.exit_code == 2
    assert "part it" in result.stderr
    assert session.scalar(select(func.count()).select_from(Structure)) == 0
    said = CliRunner().invoke(main, ["import", "structures", "--help"]).output
    assert "20 MB" in said


def test_what_is_said_of_each_row_is_bounded_and_the_others_counted(
    folder: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(structures_importing, "MOST_NOTICES", 3)
    wrong = GARDENS | {"siret": "1"}
    result = take_in(folder, register(*[GARDENS] * 6, *[wrong] * 5))
    assert result.exit_code == 1
    assert result.stderr.count("déjà lue") == 3
    assert "warning: and 2 others" in result.stderr
    assert result.stderr.count("line 8: siret: ") == 1
    assert "and 2 others" in result.stderr.splitlines()[-2]
    assert "11 rows read: 1 created, 0 updated, 5 unchanged, 5 refused" in result.stderr
