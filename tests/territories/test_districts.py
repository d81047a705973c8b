"""Priority districts: what a file of them may hold, and who is inside."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.jsonl import Unreadable
from marketplace.structures.locating import locate_in_districts
from marketplace.territories.districts import Districts, Generation, load_districts
from marketplace.territories.tables import District
from tests.factories.market import MARSEILLE, MONDAY, structure

SQUARE = [[6.0, 47.2], [6.1, 47.2], [6.1, 47.3], [6.0, 47.3], [6.0, 47.2]]
BOW_TIE = [[6.0, 47.2], [6.1, 47.3], [6.1, 47.2], [6.0, 47.3], [6.0, 47.2]]


def _feature(code: Any, ring: Any = None, kind: str = "Polygon") -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": [ring or SQUARE]}
    return {"properties": {"CODE_QP": code, "lib_qp": "Le quartier"}, "geometry": geometry}


def _file(tmp_path: Path, *features: Any) -> str:
    file = tmp_path / "quartiers.json"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}))
    return str(file)


def test_structures_seated_in_a_district_are_told_once(session: Session, tmp_path: Path) -> None:
    inside, outside = structure(session), structure(session, "Ailleurs", MARSEILLE)
    vague = structure(session, "Au milieu de la commune")
    vague.is_point_approximate = True
    assert locate_in_districts(session, MONDAY.date()) == 0, "no list is loaded yet"
    report = load_districts(session, _file(tmp_path, _feature("QN02501M")), LIST, MONDAY)
    assert (report.read, report.loaded, report.refused) == (1, 1, [])
    assert locate_in_districts(session, MONDAY.date()) == 2
    assert (inside.is_in_qpv, outside.is_in_qpv, vague.is_in_qpv) == (True, False, None)
    assert locate_in_districts(session, MONDAY.date()) == 0


LIST = Generation.QPV_2024


def test_a_generation_takes_the_place_of_itself_alone(session: Session, tmp_path: Path) -> None:
    load_districts(session, _file(tmp_path, _feature("A")), Generation.QPV_2015, MONDAY)
    load_districts(session, _file(tmp_path, _feature("B"), _feature("C")), LIST, MONDAY)
    load_districts(session, _file(tmp_path, _feature("D")), LIST, MONDAY)
    rows = session.execute(select(District.code, District.generation)).all()
    assert sorted(map(tuple, rows)) == [("A", "2015"), ("D", "2024")]


def test_a_polygon_that_crosses_itself_is_mended_and_says_so(
    session: Session, tmp_path: Path
) -> None:
    report = load_districts(session, _file(tmp_path, _feature("QN1", BOW_TIE)), LIST, MONDAY)
    assert report.repaired == ["QN1"]
    districts = Districts(session, LIST)
    assert districts.at(47.25, 6.09) == "QN1"
    assert districts.at(47.21, 6.05) is None, "the bow tie is open above and below"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (_feature(""), "code"),
        (_feature(12), "code"),
        (_feature("QN1", kind="Point"), "geometry"),
        (_feature("QN1", [[1, 2]]), "geometry"),
        (_feature("QN1", [[700000, 6600000], [700010, 6600000], [700010, 6600010]]), "geometry"),
        (_feature("QN1", "x"), "geometry"),
        ({"geometry": None}, "properties"),
        ("x", "properties"),
        (_feature("GOOD"), "code"),
    ],
)
def test_what_is_no_district_is_named_and_the_others_are_taken(
    session: Session, tmp_path: Path, wrong: Any, field: str
) -> None:
    report = load_districts(session, _file(tmp_path, _feature("GOOD"), wrong), LIST, MONDAY)
    assert (report.loaded, [(r.line, r.field) for r in report.refused]) == (1, [(2, field)])


@pytest.mark.parametrize("content", ["", "[]", "{", '{"features": []}', '{"features": 3}'])
def test_a_file_of_no_district_changes_nothing(
    session: Session, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "rien.json"
    file.write_text(content)
    with pytest.raises(Unreadable):
        load_districts(session, str(file), LIST, MONDAY)
    assert not Districts(session, LIST)
