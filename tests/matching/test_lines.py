"""The `rank` and `bench rank` commands on files: what they take, refuse and write."""

import gzip
import json
import math

import pytest
from click.testing import CliRunner, Result

from marketplace.cli import main
from marketplace.matching.weights import combined

OFFER = {
    "id": "a1",
    "structure_id": "s1",
    "kind": "EI",
    "name": "Atelier du Pont",
    "title": "Nettoyage de bureaux",
    "sectors": ["nettoyage-de-locaux"],
    "commune": "21231",
    "coverage": {"type": "radius", "km": 45},
}
NEED = {
    "id": "n1",
    "title": "Nettoyage de la mairie",
    "sectors": ["nettoyage-de-locaux"],
    "place": {"type": "point", "commune": "21231"},
}


def written(path, *lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return str(path)


@pytest.fixture
def ranked(tmp_path):
    def run(offers, needs, *options) -> tuple[Result, list]:
        target = tmp_path / "out.jsonl"
        paths = {
            "--offers": written(tmp_path / "offers.jsonl", *offers),
            "--needs": written(tmp_path / "needs.jsonl", *needs),
            "--out": str(target),
        }
        arguments = [word for option in paths.items() for word in option]
        result = CliRunner().invoke(main, ["rank", *arguments, *options])
        lines = target.read_text(encoding="utf-8").splitlines() if target.exists() else []
        return result, [json.loads(line) for line in lines]

    return run


def test_a_need_is_ranked_with_score_parts_and_reasons(ranked):
    result, [line] = ranked([OFFER], [NEED])
    assert result.exit_code == 0
    assert (line["need_id"], line["eligible"]) == ("n1", 1)
    [match] = line["matches"]
    assert (match["structure_id"], match["offer_id"]) == ("s1", "a1")
    assert match["score"] == pytest.approx(float(combined(match["parts"])), abs=1e-5)
    assert [reason["code"] for reason in match["reasons"]][:2] == ["same_sector", "within_radius"]
    assert "near" not in match


def test_a_near_structure_says_what_it_misses(ranked):
    urban = OFFER | {"id": "a2", "structure_id": "s2", "sectors": ["nettoyage-urbain"]}
    _, [line] = ranked([OFFER, urban], [NEED])
    assert [match.get("near") for match in line["matches"]] == [None, ["sector"]]
    _, [line] = ranked([OFFER, urban], [NEED], "--top", "0")
    assert [match["structure_id"] for match in line["matches"]] == ["s1"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"structure_id": None}, "structure_id"),
        ({"structure_id": 12}, "structure_id"),
        ({"structure_id": "\ud800"}, "structure_id"),
        ({"kind": None}, "kind"),
        ({"coverage": None}, "coverage"),
        ({"coverage": {"type": "radius"}}, "coverage.km"),
        ({"coverage": {"type": "radius", "km": -1}}, "coverage.km"),
        ({"coverage": {"type": "radius", "km": "45"}}, "coverage.km"),
        ({"coverage": {"type": "radius", "km": math.nan}}, "coverage.km"),
        ({"coverage": {"type": "zones"}}, "coverage.codes"),
        ({"coverage": {"type": "zones", "codes": [21]}}, "coverage.codes"),
        ({"coverage": {"type": "moon"}}, "coverage.type"),
        ({"lat": 91, "lon": 5}, "lat"),
        ({"lat": 47, "lon": 181}, "lon"),
        ({"lat": True, "lon": 5}, "lat"),
        ({"sectors": "nettoyage-de-locaux"}, "sectors"),
        ({"sectors": [1]}, "sectors"),
        ({"title": 5}, "title"),
        ({"active": "yes"}, "active"),
        ({"id": "a1"}, "id"),
        ({"id": None}, "id"),
    ],
)
def test_a_bad_offer_is_refused_by_line_and_field_and_the_others_ranked(ranked, change, field):
    result, [line] = ranked([OFFER, OFFER | {"id": "a2"} | change], [NEED])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"line 2: {field}: ")
    assert line["eligible"] == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"place": None}, "place"),
        ({"place": {"type": "point"}}, "place.commune"),
        ({"place": {"type": "point", "commune": "21231", "radius_km": -5}}, "place.radius_km"),
        ({"place": {"type": "point", "lat": 200, "lon": 5}}, "place.lat"),
        ({"place": {"type": "zones", "codes": "21"}}, "place.codes"),
        ({"place": {"type": "planet"}}, "place.type"),
        ({"kinds": {"EI": 1}}, "kinds"),
        ({"include_country": 1}, "include_country"),
    ],
)
def test_a_bad_need_is_refused_by_line_and_field_and_the_others_ranked(ranked, change, field):
    result, lines = ranked([OFFER], [NEED | {"id": "n0"} | change, NEED])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"line 1: {field}: ")
    assert [line["need_id"] for line in lines] == ["n1"]


def test_what_is_only_unknown_is_read_and_said_once_a_kind(ranked):
    odd = {
        "kind": "OPCS",
        "sectors": [f"unheard-of-{n}" for n in range(10_000)],
        "service_types": ["GIFT"],
        "coverage": {"type": "zones", "codes": ["R99"]},
        "colour": "blue",
    }
    offers = [OFFER | odd | {"id": f"b{n}", "structure_id": f"b{n}"} for n in range(3)]
    result, [line] = ranked([OFFER, *offers], [NEED])
    assert result.exit_code == 0
    assert result.stderr.count("warning") == 4
    assert line["eligible"] == 1


def test_compressed_offers_and_timings(ranked, tmp_path):
    packed = tmp_path / "offers.jsonl.gz"
    packed.write_bytes(gzip.compress(json.dumps(OFFER).encode()))
    timings = tmp_path / "timings.json"
    result, lines = ranked([], [NEED], "--offers", str(packed), "--timings", str(timings))
    assert (result.exit_code, len(lines)) == (0, 1)
    measured = json.loads(timings.read_text())
    assert measured.keys() == {"offers", "needs", "build_s", "rank_ms", "peak_rss_mb"}
    assert (measured["offers"], measured["needs"]) == (1, 1)
    assert measured["rank_ms"].keys() == {"p50", "p95", "max"}
    assert measured["peak_rss_mb"] > 10


def test_an_absent_or_empty_file_is_a_wrong_usage_and_nothing_is_written(ranked, tmp_path):
    result, lines = ranked([], [NEED])
    assert (result.exit_code, lines) == (2, [])
    result, lines = ranked([OFFER], [NEED], "--needs", str(tmp_path))
    assert (result.exit_code, lines) == (2, [])


def test_the_benchmark_prints_its_timings():
    result = CliRunner().invoke(main, ["bench", "rank", "--offers", "300", "--needs", "5"])
    assert result.exit_code == 0
    measured = json.loads(result.stdout)
    assert (measured["offers"], measured["needs"]) == (300, 5)
