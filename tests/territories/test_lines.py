"""The `resolve` and `territories` commands, as a person at a terminal uses them."""

import json

import pytest
from click.testing import CliRunner

from marketplace.cli import main

REGISTER = "siret,name,brand,kind,city,department\nS1,ASSOC LES JARDINS,,ACI,Dijon,21\n"


@pytest.fixture
def resolve(tmp_path):
    def run(kind, *lines, among=None):
        source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
        source.write_text("\n".join(lines) + "\n", encoding="utf-8")
        target.unlink(missing_ok=True)
        arguments = ["resolve", "--kind", kind, "--in", str(source), "--out", str(target)]
        if among is not None:
            register = tmp_path / "register.csv"
            register.write_bytes(among if isinstance(among, bytes) else among.encode())
            arguments += ["--among", str(register)]
        result = CliRunner().invoke(main, arguments)
        answers = target.read_text(encoding="utf-8").splitlines() if target.exists() else []
        return result, [json.loads(answer) for answer in answers]

    return run


def line(query, **more):
    return json.dumps({"id": "1", "query": query} | more)


def test_a_commune_is_resolved_within_its_context(resolve):
    result, answers = resolve(
        "commune", line("ST DENIS", context={"department": "93", "postcode": None})
    )
    assert result.exit_code == 0
    (found, *_) = answers[0]["candidates"]
    assert answers[0]["id"] == "1"
    assert found == {"code": "93066", "name": "Saint-Denis", "score": 1.0}


def test_a_department_and_a_siret_are_resolved(resolve):
    assert resolve("department", line("Côte d'or"))[1][0]["candidates"][0]["code"] == "21"
    _, (answer,) = resolve("siret", line("732.829.320.00074", whatever=1))
    assert answer["candidates"][0]["code"] == "73282932000074"
    assert resolve("siret", line("732.829.320.00075"))[1] == [{"id": "1", "candidates": []}]


@pytest.mark.parametrize(
    "register",
    [
        REGISTER,
        "\ufeff" + REGISTER.replace(",", ";"),
        "extra,department,city,kind,brand,name,siret\n?,21,Dijon,ACI,,ASSOC LES JARDINS,S1\n",
    ],
)
def test_a_structure_is_sought_in_a_register_of_any_layout(resolve, register):
    result, answers = resolve("structure", line("Les Jardins"), among=register)
    assert result.exit_code == 0, result.output
    assert answers[0]["candidates"][0]["code"] == "S1"


@pytest.mark.parametrize(
    ("register", "reason"),
    [
        ("", "empty"),
        ("siret,name\nS1,X\n", "missing column: brand, kind, city, department"),
        (REGISTER.encode("utf-16"), "not UTF-8"),
        (REGISTER + "x" * 2_000_000, "line 3: longer"),
    ],
)
def test_a_register_that_cannot_be_read_stops_everything(resolve, register, reason):
    result, answers = resolve("structure", line("Les Jardins"), among=register)
    assert result.exit_code == 2
    assert reason in result.output
    assert answers == []


def test_a_broken_row_of_the_register_is_refused_and_the_others_serve(resolve):
    result, answers = resolve("structure", line("Les Jardins"), among=REGISTER + "S2,X\n")
    assert result.exit_code == 1
    assert "line 3: --among: " in result.stderr
    assert answers[0]["candidates"][0]["code"] == "S1"


def test_a_register_is_needed_to_find_structures(resolve, tmp_path):
    result, _ = resolve("structure", line("Les Jardins"))
    assert result.exit_code == 2
    assert "--among" in result.output


def test_a_bad_line_is_refused_by_number_and_field_and_the_others_are_answered(resolve):
    result, answers = resolve(
        "commune",
        line("Dijon"),
        '{"id": "2"}',
        '{"id": "3", "query": 21000}',
        '{"id": "4", "query": "Dijon", "context": "21"}',
        '{"id": "5", "query": "Dijon", "context": {"department": 21}}',
        "not json",
        line("Dole", id="7"),
    )
    assert result.exit_code == 1
    assert [answer["id"] for answer in answers] == ["1", "7"]
    assert "line 2: query: required, a string" in result.stderr
    assert "line 3: query: required, a string" in result.stderr
    assert "line 4: context: not an object" in result.stderr
    assert "line 5: context.department: not a string" in result.stderr
    assert "line 6: line: not JSON" in result.stderr


def test_odd_texts_are_answered(resolve):
    queries = ["", "\x00", "🙂", "\u202edijon", "x" * 100_000]
    lines = [line(query, id=str(number)) for number, query in enumerate(queries)]
    for kind in ("commune", "department", "siret"):
        result, answers = resolve(kind, *lines)
        assert result.exit_code == 0
        assert len(answers) == len(queries)


def test_the_communes_are_listed_one_a_line(tmp_path):
    target = tmp_path / "communes.jsonl"
    assert CliRunner().invoke(main, ["territories", "--out", str(target)]).exit_code == 0
    communes = [json.loads(text) for text in target.read_text(encoding="utf-8").splitlines()]
    assert len(communes) == 34_969
    assert list(communes[0]) == [
        "code",
        "name",
        "department",
        "region",
        "epci",
        "postcodes",
        "population",
        "lat",
        "lon",
        "approximate",
    ]


@pytest.mark.parametrize("kind", ["commune", "department", "siret"])
def test_an_id_that_cannot_be_written_again_is_refused_and_the_lines_after_it_answered(
    resolve, kind
):
    result, answers = resolve(kind, line("Lyon", id="\ud800"), line("Lyon \ud800", id="2"))
    assert result.exit_code == 1
    assert "line 1: id: holds characters that cannot be printed" in result.stderr
    assert [answer["id"] for answer in answers] == ["2"]
