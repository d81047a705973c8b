"""A row of a register, right or wrong."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.jsonl import Refused
from marketplace.structures.kinds import Kind
from marketplace.structures.register import OPTIONAL, REQUIRED, Entry, entry_of

RIGHT = dict.fromkeys(REQUIRED, "") | {
    "siret": "732 829 320 00074",
    "kind": "EI",
    "name": "ATELIERS D'ESSAI",
    "postcode": "39100",
    "city": "Dole",
    "department": "39",
    "lat": "47.09",
    "lon": "5.49",
    "naf": "81.21Z",
}


def entry(**changes: str) -> Entry:
    return entry_of(RIGHT | changes)


def refused(**changes: str) -> str:
    with pytest.raises(Refused) as caught:
        entry(**changes)
    return caught.value.field


def doubted(**changes: str) -> list[str]:
    return [doubt.field for doubt in entry(**changes).doubts]


def test_a_right_row_is_taken_without_a_doubt() -> None:
    found = entry()
    assert (found.siret, found.kind, found.name) == ("73282932000074", Kind.EI, "ATELIERS D'ESSAI")
    assert found.address.point == (47.09, 5.49)
    assert found.details["naf"] == "8121Z"
    assert found.doubts == ()


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        ("siret", ""),
        ("siret", "73282932000075"),
        ("siret", "0" * 14),
        ("siret", "7.32829E+13"),
        ("kind", ""),
        ("kind", "SARL"),
        ("name", " \u200b\u202e "),
        ("name", "a" * 256),
        ("name", "a\0b"),
        ("website", "\0"),
        ("lat", "90.1"),
        ("lat", "nan"),
        ("lon", "-180,5"),
        ("lon", "inf"),
        ("lon", "est"),
    ],
)
def test_a_wrong_cell_that_matters_refuses_its_row_by_name(field: str, cell: str) -> None:
    assert refused(**{field: cell}) == field


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        ("brand", "a" * 100_000),
        ("address", "a" * 256),
        ("postcode", "391"),
        ("naf", "propreté"),
        ("website", "javascript:alert(1)"),
        ("website", "http://[::"),
        ("website", "https://" + "a" * 300 + ".fr"),
        ("email", "quelqu'un"),
        ("email", "a@b.fr\r\nBcc: c@d.fr"),
        ("phone", "au bureau"),
    ],
)
def test_a_wrong_cell_that_does_not_matter_is_left_out_with_a_warning(
    field: str, cell: str
) -> None:
    found = entry(**{field: cell})
    assert [doubt.field for doubt in found.doubts] == [field]
    assert not found.details.get(field)


def test_half_a_point_is_no_point() -> None:
    assert doubted(lon="") == ["lon"]
    assert entry(lon="").address.point is None


def test_what_spreadsheets_do_to_figures_is_undone() -> None:
    found = entry(postcode="1000", department="1", lat="46,2", lon="5,22")
    assert (found.address.postcode, found.address.department) == ("01000", "01")
    assert found.address.point == (46.2, 5.22)


def test_a_website_without_its_scheme_is_completed() -> None:
    found = entry(website="ateliers.example/contact")
    assert found.details["website"] == "https://ateliers.example/contact"


def test_a_name_keeps_its_letters_and_loses_what_hides_or_turns_them() -> None:
    assert entry(name="  L'E\u0301lan\u202e  \u2764 d'e\u0300ve\t").name == "L'Élan ❤ d'ève"


@pytest.mark.parametrize(
    "cell",
    [
        "nettoyage-de-locaux|maraichage-legumerie-conserverie",
        "Nettoyage de locaux | Maraîchage, légumerie, conserverie",
        "Nettoyage de locaux, Maraîchage, légumerie, conserverie",
        "NETTOYAGE DE LOCAUX;maraichage-legumerie-conserverie;",
    ],
)
def test_sectors_are_read_by_slug_or_name_whatever_parts_them(cell: str) -> None:
    found = entry(sectors=cell)
    assert found.sectors == ("nettoyage-de-locaux", "maraichage-legumerie-conserverie")
    assert found.doubts == ()


def test_an_unknown_sector_is_left_out_with_a_warning() -> None:
    assert entry(sectors="plomberie quantique, Nettoyage de locaux").sectors == (
        "nettoyage-de-locaux",
    )
    assert doubted(sectors="plomberie quantique, Nettoyage de locaux") == ["sectors"]


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from([*REQUIRED, *OPTIONAL]), st.text(max_size=300)))
def test_no_text_breaks_the_reading_of_a_row(cells: dict[str, str]) -> None:
    try:
        found = entry_of(RIGHT | cells)
    except Refused as refusal:
        assert refusal.field in cells  # noqa: PT017 - any text may be refused
    else:
        assert 0 < len(found.name) <= 255
        assert not any("\0" in value for value in found.details.values())
