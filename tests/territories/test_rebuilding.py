"""Rebuilding the shipped file, on two tiny packages written for these tests."""

import json

import pytest
from click.testing import CliRunner

from marketplace.cli import main
from marketplace.territories.gazetteer import read
from marketplace.territories.rebuilding import rebuilt


def commune(code, name, postcodes=(), **more):
    record = {
        "code": code,
        "nom": name,
        "departement": code[:2],
        "region": "27",
        "type": "commune-actuelle",
        "codesPostaux": list(postcodes),
        "population": 100,
    }
    return record | more


COMMUNES = [
    commune("21002", "Valbourg", ["21100"]),
    commune("21001", "Montclair", ["21100"], anciensCodes=["21090", "21091"]),
    commune("21003", "Les Essarts", ["21300"]),
    commune("21004", "Loin", ["21400"]),
    commune("98701", "Atoll", ["98799"], departement="987", region="987"),
    {
        "code": "21090",
        "nom": "Vieux-Montclair",
        "departement": "21",
        "region": "27",
        "type": "commune-deleguee",
        "chefLieu": "21001",
    },
    {
        "code": "21201",
        "nom": "Montclair 1er Arrondissement",
        "departement": "21",
        "region": "27",
        "type": "arrondissement-municipal",
        "commune": "21001",
    },
]
EPCIS = [
    {"code": "200000001", "nom": "CC du Val", "membres": [{"code": "21001"}, {"code": "21003"}]}
]
DEPARTMENTS = [
    {"code": "987", "nom": "Polynésie française", "region": "987"},
    {"code": "21", "nom": "Côte-d'Or", "region": "27"},
]
REGIONS = [
    {"code": "27", "nom": "Bourgogne-Franche-Comté", "zone": "metro"},
    {"code": "987", "nom": "Polynésie française", "zone": "com"},
]


def place(number, name, lat, lon, code, population, feature="PPL", country="FR"):
    fields = [number, name, name, "", lat, lon, "P", feature, country, "", "27", "21", "212", code]
    return "\t".join(map(str, [*fields, population, "", "", "Europe/Paris", "2020-01-01"]))


PLACES = [
    place(1, "Grand Hameau", 47.9, 5.9, "21001", 900),
    place(2, "Montclair", 47.2, 5.0, "21001", 300),
    place(3, "Vieux Montclair", 47.3, 5.1, "21090", 200),
    place(4, "Atoll", -17.5, -149.5, "", 10, country="PF"),
    place(5, "Montclair", 40.8, -74.2, "21001", 40_000, country="US"),
]


@pytest.fixture
def packages(tmp_path):
    data = tmp_path / "decoupage" / "data"
    data.mkdir(parents=True)
    for name, records in (
        ("communes", COMMUNES),
        ("epci", EPCIS),
        ("departements", DEPARTMENTS),
        ("regions", REGIONS),
    ):
        (data / f"{name}.json").write_text(json.dumps(records), encoding="utf-8")
    (tmp_path / "cities" / "dist").mkdir(parents=True)
    (tmp_path / "cities" / "dist" / "cities500.txt").write_text("\n".join(PLACES) + "\n")
    return tmp_path


@pytest.fixture
def gazetteer(packages):
    return rebuilt(packages / "decoupage", packages / "cities")


def point(gazetteer, code):
    found = gazetteer.commune(code)
    return found.lat, found.lon, found.approximate


def test_the_main_place_of_a_commune_is_the_one_of_its_name(gazetteer):
    assert point(gazetteer, "21001") == (47.2, 5.0, False)


def test_a_commune_without_a_point_takes_its_postcode_neighbours(gazetteer):
    assert point(gazetteer, "21002") == (47.2, 5.0, True)


def test_else_its_epci_then_its_department(gazetteer):
    assert point(gazetteer, "21003") == (47.2, 5.0, True)
    assert point(gazetteer, "21004") == (47.2, 5.0, True)


def test_former_communes_and_arrondissements_lead_to_the_one_of_today(gazetteer):
    assert {gazetteer.commune(code).name for code in ("21090", "21091", "21201")} == {"Montclair"}
    assert [commune.code for commune in gazetteer.communes_in("21")] == [
        "21001",
        "21002",
        "21003",
        "21004",
    ]


def test_an_overseas_collectivity_has_no_region_and_is_found_by_name(gazetteer):
    assert gazetteer.commune("98701").region is None
    assert [region.code for region in gazetteer.regions] == ["R27"]
    assert point(gazetteer, "98701") == (-17.5, -149.5, False)


def test_the_command_writes_the_same_bytes_twice(packages):
    files = [packages / "one.gz", packages / "two.gz"]
    for file in files:
        arguments = ["--decoupage", packages / "decoupage", "--cities", packages / "cities"]
        result = CliRunner().invoke(
            main, ["territories-rebuild", *map(str, arguments), "--out", str(file)]
        )
        assert result.exit_code == 0, result.output
    assert files[0].read_bytes() == files[1].read_bytes()
    assert len(read(files[0].read_bytes()).communes) == 5


def test_a_package_that_is_not_there_is_said(packages):
    result = CliRunner().invoke(
        main,
        ["territories-rebuild", "--decoupage", "nowhere", "--cities", "nowhere", "--out", "x"],
    )
    assert result.exit_code == 2
    assert "communes.json" in result.output


def test_a_package_of_another_shape_is_said(packages):
    (packages / "decoupage" / "data" / "communes.json").write_text("[{}]")
    result = CliRunner().invoke(
        main,
        [
            "territories-rebuild",
            "--decoupage",
            str(packages / "decoupage"),
            "--cities",
            str(packages / "cities"),
            "--out",
            str(packages / "x"),
        ],
    )
    assert result.exit_code == 2
    assert "not the expected packages" in result.output
