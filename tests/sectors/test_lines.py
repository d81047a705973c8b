import json

from click.testing import CliRunner

from marketplace.cli import main


def suggested(*lines: object, top: int | None = None):
    asked = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    arguments = ["suggest-sectors", "--in", "-", "--out", "-"]
    arguments += ["--top", str(top)] if top else []
    return CliRunner().invoke(main, arguments, input=asked)


def test_each_text_is_answered_by_its_sectors_in_the_format_of_the_contract() -> None:
    result = suggested({"id": "n1", "text": "Blanchissage du linge", "more": True})
    answer = json.loads(result.stdout)
    assert result.exit_code == 0
    assert answer["id"] == "n1"
    assert len(answer["sectors"]) == 5
    assert answer["sectors"][0] == {
        "slug": "blanchisserie",
        "name": "Blanchisserie",
        "group": "Entretien du linge",
        "confidence": answer["sectors"][0]["confidence"],
    }


def test_as_many_sectors_as_asked_are_given() -> None:
    result = suggested({"id": "n1", "text": "Blanchissage du linge"}, top=154)
    assert len(json.loads(result.stdout)["sectors"]) == 154


def test_bad_lines_are_refused_one_by_one_and_the_others_answered() -> None:
    result = suggested(
        {"id": "n1", "text": 5}, {"id": "n2"}, "{", {"id": "n3", "text": ""}, {"text": "x"}
    )
    assert result.exit_code == 1
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["n3"]
    for reason in ("line 1: text:", "line 2: text:", "line 3: line:", "line 5: id:"):
        assert reason in result.stderr


def test_an_id_that_cannot_be_written_again_is_refused_and_the_lines_after_it_answered() -> None:
    """JSON may name half of a character, which no file in UTF-8 can hold."""
    result = suggested(
        {"id": "\ud800", "text": "Ménage"},
        {"id": "n2", "text": "\ud800 ménage"},
        '{"id": "\\u0000"}',
    )
    assert result.exit_code == 1
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["n2"]
    assert result.stderr.count("holds characters that cannot be printed") == 2
