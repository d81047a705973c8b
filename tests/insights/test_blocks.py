"""What is hidden in public, what an export writes, what addresses name."""

from marketplace.insights.blocks import Block, Masked, exported, few
from marketplace.insights.history import series_of
from marketplace.insights.outlines import outlines_of
from marketplace.insights.slugs import departments_in, slug_of, territory_in
from marketplace.territories.gazetteer import Gazetteer

PLACES = Gazetteer.shipped()


def test_a_sum_of_fewer_than_five_contracts_is_hidden_and_none_is_not() -> None:
    assert [few(9_500, count) for count in (0, 1, 4, 5)] == [
        9_500,
        Masked.HIDDEN,
        Masked.HIDDEN,
        9_500,
    ]


def test_an_export_has_a_row_for_each_figure_of_each_table() -> None:
    block = Block(
        "k", "Heures", ("Public", "Heures", "Entrées"), (("RSA", 12, Masked.HIDDEN),), "Note"
    )
    assert list(exported("Doubs", [block])) == [
        ("Doubs", "Heures", "RSA", "Heures", 12, "Note"),
        ("Doubs", "Heures", "RSA", "Entrées", "non montré", "Note"),
    ]


def test_every_territory_is_found_again_at_its_address() -> None:
    codes = [
        one.code for level in (PLACES.regions, PLACES.departments, PLACES.epcis) for one in level
    ]
    codes += [one.code for one in PLACES.communes[::50]]
    assert [territory_in(PLACES, slug_of(PLACES, code)) for code in codes] == codes
    assert territory_in(PLACES, "n-existe-pas") is None


def test_every_department_of_the_mainland_has_an_outline_that_closes() -> None:
    drawn = outlines_of(frozenset(departments_in(PLACES, "FR")))
    overseas = {code for code in departments_in(PLACES, "FR") if code.startswith("97")}
    overseas |= {code for code in departments_in(PLACES, "FR") if code.startswith("98")}
    assert set(drawn.paths) == set(departments_in(PLACES, "FR")) - overseas
    assert all(path.startswith("m") and path.endswith("z") for path in drawn.paths.values())


def test_the_two_historical_programmes_stay_two_series_with_date_and_source() -> None:
    pnru, npnru = series_of("R27")
    figures = {one.label: one for one in (*pnru.figures, *npnru.figures)}
    assert figures["Heures d'insertion prévues"].value == 825_624
    assert figures["Heures d'insertion réalisées"].value == 1_052_072
    assert figures["Investissement prévu"].value == 869_543_051
    assert not figures["Insertion prévisionnelle"].is_sure
    assert all(one.dated for one in figures.values())
    assert pnru.source
    assert npnru.source
    assert series_of("R11") == []


def test_a_table_cut_short_says_so_and_keeps_its_note() -> None:
    block = Block("k", "Secteurs", ("Secteur", "Offres"), (("Un", 1), ("Deux", 2)), "Note")
    assert block.first(2) is block
    cut = block.first(1)
    assert cut.rows == (("Un", 1),)
    assert cut.note.endswith("les a toutes. Note")
