"""Territories in the database, and an operator's exact points. Nothing here is committed."""

import json

import pytest
from sqlalchemy import func, select

from marketplace.jsonl import Unreadable
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.importing import load_exact_points, load_reference
from marketplace.territories.queries import gazetteer
from marketplace.territories.tables import ReferenceLoad, Territory


def entry(code, lon=5.5, lat=47.5):
    return {
        "nom": "Somewhere",
        "code": code,
        "centre": {"type": "Point", "coordinates": [lon, lat]},
        "codesPostaux": ["21000"],
        "population": 1,
    }


@pytest.fixture
def points_file(tmp_path):
    def write(content):
        path = tmp_path / "communes.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return str(path)

    return write


def forget_edition(session):
    session.delete(session.get(ReferenceLoad, "territories"))
    session.flush()


def test_the_shipped_territories_are_loaded_once(session):
    assert load_reference(session) is False
    kinds = select(Territory.kind, func.count()).group_by(Territory.kind)
    assert dict(session.execute(kinds).all()) == {
        "commune": 34_969,
        "epci": 1_255,
        "department": 109,
        "region": 18,
        "country": 1,
    }
    dijon = session.get(Territory, "21231")
    assert (dijon.name, dijon.sort_key, dijon.postcodes) == ("Dijon", "dijon", ["21000"])


def test_a_new_edition_corrects_what_changed(session):
    session.get(Territory, "21231").name = "Old name"
    forget_edition(session)
    assert load_reference(session) is True
    session.expire_all()
    assert session.get(Territory, "21231").name == "Dijon"


def test_the_points_of_an_operator_replace_ours_and_survive_a_new_edition(session, points_file):
    report = load_exact_points(session, points_file([entry("01001"), entry("21231")]))
    assert (report.read, report.updated, report.unchanged, report.refused) == (2, 2, 0, [])
    forget_edition(session)
    load_reference(session)
    session.expire_all()
    moved = session.get(Territory, "01001")
    assert (moved.lat, moved.lon, moved.approximate) == (47.5, 5.5, False)


def test_the_same_file_again_changes_nothing(session, points_file):
    path = points_file([entry("01001")])
    load_exact_points(session, path)
    report = load_exact_points(session, path)
    assert (report.updated, report.unchanged) == (0, 1)


def test_the_gazetteer_follows_the_points_and_stays_the_same_one_between_loads(
    session, points_file
):
    assert gazetteer(session) is Gazetteer.shipped()
    load_exact_points(session, points_file([entry("01001")]))
    exact = gazetteer(session)
    commune = exact.commune("01001")
    assert (commune.lat, commune.lon, commune.approximate) == (47.5, 5.5, False)
    assert exact.commune("01002") == Gazetteer.shipped().commune("01002")
    assert gazetteer(session) is exact
    load_exact_points(session, points_file([entry("01001", lon=5.6)]))
    assert gazetteer(session).commune("01001").lon == 5.6


def test_bad_entries_are_refused_one_by_one_and_the_others_are_taken(session, points_file):
    bad = [
        "text",
        {"nom": "No code"},
        entry("75112"),
        entry("01001", lat=91),
        entry("01001", lon=float("nan")),
        entry("01001") | {"centre": None},
        entry("01001") | {"centre": {"type": "Point", "coordinates": ["5", "47"]}},
        entry("01001") | {"centre": {"type": "Point", "coordinates": [True, False]}},
        entry("01001") | {"centre": {"type": "Point", "coordinates": [5]}},
        entry("01002"),
        entry("01002"),
    ]
    report = load_exact_points(session, points_file(bad))
    assert (report.read, report.updated) == (11, 1)
    assert [(refused.line, refused.field) for refused in report.refused] == [
        (1, "entry"),
        (2, "code"),
        (3, "code"),
        (4, "centre.coordinates"),
        (5, "centre.coordinates"),
        (6, "centre"),
        (7, "centre.coordinates"),
        (8, "centre.coordinates"),
        (9, "centre.coordinates"),
        (11, "code"),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"{not json", "not JSON"),
        (b'{"code": "21231"}', "not a JSON list"),
        ("é".encode("latin-1"), "not UTF-8"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_file_that_is_no_list_is_refused_whole(session, points_file, content, reason):
    with pytest.raises(Unreadable, match=reason):
        load_exact_points(session, points_file(content))


def test_a_file_that_is_not_there_or_a_folder_is_said(session, tmp_path):
    for path in (tmp_path, tmp_path / "nowhere.json"):
        with pytest.raises(Unreadable, match=str(path)):
            load_exact_points(session, str(path))
