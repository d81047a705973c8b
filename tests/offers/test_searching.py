"""What a search finds, in what order, how many of each, and why."""

from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from marketplace.offers.narrowing import CHOICES, Asked, Face, asked_in, chips, sections
from marketplace.offers.searching import (
    Found,
    Search,
    count_found,
    names_like,
    place_of,
    results,
    total_of,
)
from marketplace.offers.spelling import read_words
from marketplace.offers.tables import CoverageType, OfferSector, OfferStatus, OfferZone
from marketplace.structures.kinds import Kind
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer
from tests.factories.market import (
    BESANCON,
    CLEANING,
    DIJON,
    DOLE,
    GREEN_SPACES,
    MARSEILLE,
    MONDAY,
    offer,
    structure,
)

PLACES = Gazetteer.shipped()


def looking(session: Session, address: str, face: Face = Face.STRUCTURES) -> Search:
    asked = asked_in(parse_qsl(address))
    code = naming.zone_named(PLACES, asked.where) if asked.where else None
    place = place_of(PLACES, code) if code else None
    return Search(face, asked, place, read_words(session, asked.words))


def names(session: Session, address: str, face: Face = Face.STRUCTURES) -> list[str]:
    found = results(session, looking(session, address, face), 20)
    return [result.document.title for result in found]


def counts(session: Session, address: str) -> Found:
    return count_found(session, looking(session, address))


def test_a_misspelt_word_finds_what_its_nearest_neighbour_names(session: Session) -> None:
    offer(session, structure(session, "Aux Petits Plats", DIJON), CLEANING, title="Nettoyage")
    offer(session, structure(session, "Fil et Aiguille"), title="Retouches de vêtements")
    session.commit()
    reading = read_words(session, "netoyage zzzzzz")
    assert reading.taken_for == (("netoyage", "nettoyage"),)
    assert reading.unknown == ("zzzzzz",)
    assert names(session, "q=netoyage") == ["Aux Petits Plats"]


def test_accents_case_and_plurals_do_not_matter_and_nor_does_a_siret_in_pieces(
    session: Session,
) -> None:
    here = structure(session, "L'Été Céramique")
    offer(session, here, title="Émaillage des carrelages")
    session.commit()
    spaced = f"{here.siret[:3]} {here.siret[3:6]} {here.siret[6:9]} {here.siret[9:]}"
    for words in ("CERAMIQUES", "émaillages", "carrelage emaillage", spaced, here.siret[:9]):
        assert names(session, f"q={words}") == ["L'Été Céramique"], words


def test_words_that_surely_name_a_sector_find_who_declares_it_after_who_says_them(
    session: Session,
) -> None:
    offer(session, structure(session, "Sans un mot"), GREEN_SPACES)
    offer(session, structure(session, "Tonte et Cie"), GREEN_SPACES, title="Tonte de pelouses")
    offer(session, structure(session, "Tout autre chose"), CLEANING, title="Vitres")
    session.commit()
    assert names(session, "q=tonte de pelouse") == ["Tonte et Cie", "Sans un mot"]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("Besançon", {"Ici", "Du Doubs", "De la région", "De partout", "De Dole à 60 km"}),
        ("Doubs", {"Ici", "Du Doubs", "De la région", "De partout", "De Dole à 60 km"}),
        ("Marseille", {"De Marseille", "De partout"}),
        ("Bourgogne-Franche-Comté", {"Ici", "Du Doubs", "De la région", "De partout"}),
    ],
)
def test_a_place_finds_who_is_seated_there_and_who_goes_there(
    session: Session, where: str, expected: set[str]
) -> None:
    offer(session, structure(session, "Ici"), radius_km=1)
    offer(session, structure(session, "De Dole à 60 km", DOLE), radius_km=60)
    offer(session, structure(session, "De Dole à 10 km", DOLE), radius_km=10)
    offer(session, structure(session, "De Marseille", MARSEILLE), radius_km=10)
    for name, code in (("Du Doubs", "25"), ("De la région", "R27"), ("De partout", None)):
        row = offer(session, structure(session, name, MARSEILLE))
        row.coverage_type = CoverageType.ZONES if code else CoverageType.COUNTRY
        row.radius_km = None
        row.zones = [OfferZone(territory_code=code)] if code else []
    session.commit()
    found = set(names(session, f"lieu={where}"))
    if where == "Bourgogne-Franche-Comté":
        expected = expected | {"De Dole à 60 km", "De Dole à 10 km"}
    if where == "Marseille":
        expected = expected | {"Du Doubs", "De la région"}  # seated there
    assert found == expected


def test_a_radius_asks_for_a_seat_and_the_nearest_comes_first(session: Session) -> None:
    offer(session, structure(session, "Ici"))
    offer(session, structure(session, "Dole", DOLE), radius_km=1)
    offer(session, structure(session, "Marseille", MARSEILLE)).coverage_type = CoverageType.COUNTRY
    session.commit()
    assert names(session, "lieu=Besançon&rayon=50") == ["Ici", "Dole"]
    assert names(session, "lieu=Besançon&rayon=20") == ["Ici"]
    near = results(session, looking(session, "lieu=Besançon&rayon=50"), 20)
    assert [round(found.distance_km or 0) for found in near] == [1, 44]


def test_each_box_says_how_many_it_would_leave_and_those_of_its_own_facet_do_not_shrink(
    session: Session,
) -> None:
    for kind, sector in ((Kind.EI, GREEN_SPACES), (Kind.EI, CLEANING), (Kind.ESAT, GREEN_SPACES)):
        offer(session, structure(session, kind=kind), sector)
    session.commit()
    found = counts(session, f"secteur={GREEN_SPACES}&type=EI")
    assert found.total == 1
    assert (found.counts["k:EI"], found.counts["k:ESAT"]) == (1, 1)
    assert (found.counts[f"s:{GREEN_SPACES}"], found.counts[f"s:{CLEANING}"]) == (1, 1)
    boxes = {
        (option.value, inner.value): inner.count
        for section in sections(asked_in([("type", "EI")]), counts(session, "type=EI").counts)
        for option in section.options
        for inner in option.within
        if inner.name == "type"
    }
    assert boxes == {("insertion", "EI"): 2, ("handicap", "ESAT"): 1}


def test_every_count_is_what_ticking_the_box_then_finds(session: Session) -> None:
    seats = (BESANCON, DOLE, DIJON, MARSEILLE)
    for number, kind in enumerate(Kind):
        here = structure(session, f"Structure {number}", seats[number % 4], kind)
        here.labels = ["esus"] if number % 2 else ["rge", "b_corp"]
        here.networks = ["unea"] if number % 3 else []
        here.is_in_qpv = number % 4 == 0
        row = offer(session, here, GREEN_SPACES if number % 2 else CLEANING, radius_km=500)
        row.environmental_tags = ["reemploi"] if number % 5 else []
        row.service_types = ["PREST"] if number % 3 else ["BUILD", "DISP"]
    session.commit()
    address = "lieu=Besançon&famille=insertion&label=rge&label=esus"
    asked = asked_in(parse_qsl(address))
    told = 0
    for section in sections(asked, counts(session, address).counts):
        for option in section.options:
            for box in (option, *option.within):
                if box.name in ("famille", "groupe", "region") and box.is_ticked:
                    continue
                alone = [pair for pair in asked.ticked if not same_facet(pair, box.name)]
                ticked = Asked(where=asked.where, ticked=(*alone, (box.name, box.value)))
                search = looking(session, "lieu=Besançon")
                assert box.count == total_of(session, Search(Face.STRUCTURES, ticked, search.place))
                told += 1
    assert told > 15


def same_facet(pair: tuple[str, str], name: str) -> bool:
    of = Asked(ticked=(pair,)).marks()
    return any(set(of) == set(Asked(ticked=((name, value),)).marks()) for value in CHOICES[name])


def test_what_is_no_longer_so_is_found_no_more(session: Session) -> None:
    here = structure(session, "Menuiserie du Pont")
    row = offer(session, here, title="Escaliers en chêne")
    session.commit()
    assert names(session, "q=escalier") == ["Menuiserie du Pont"]
    assert names(session, "q=escalier", Face.OFFERS) == ["Escaliers en chêne"]
    row.title = "Portes en chêne"
    session.commit()
    assert names(session, "q=portes chêne") == ["Menuiserie du Pont"]
    assert names(session, "q=escalier") == []
    session.execute(delete(OfferSector).where(OfferSector.offer_id == row.id))
    session.commit()
    assert counts(session, f"secteur={GREEN_SPACES}").total == 0
    row.status = OfferStatus.PAUSED
    session.commit()
    assert names(session, "", Face.OFFERS) == []
    here.is_active = False
    session.commit()
    assert names(session, "") == []


def test_what_is_new_is_what_came_or_was_published_since(session: Session) -> None:
    old, fresh = structure(session, "Ancienne"), structure(session, "Nouvelle")
    old.created_at, fresh.created_at = MONDAY - timedelta(days=9), MONDAY
    session.flush()
    for one in (old, fresh):
        offer(session, one).created_at = one.created_at
    session.commit()
    for came, names in (
        ((MONDAY - timedelta(days=1), MONDAY), ["Nouvelle"]),
        ((MONDAY - timedelta(days=10), MONDAY - timedelta(days=1)), ["Ancienne"]),
        ((MONDAY, MONDAY + timedelta(days=1)), []),
    ):
        found = results(session, looking(session, "tri=recent"), 20, came=came)
        assert [result.structure.name for result in found] == names


def test_names_are_suggested_from_their_first_letters_then_from_what_looks_like_them(
    session: Session,
) -> None:
    for name in ("Les Jardins d'Alma", "Alma Services", "Émeraude"):
        structure(session, name)
    session.commit()
    assert names_like(session, "alma") == ["Alma Services", "Les Jardins d'Alma"]
    assert names_like(session, "éme") == ["Émeraude"]
    assert names_like(session, "emeraudde") == ["Émeraude"]
    assert [names_like(session, typed) for typed in ("", "a", "\x00", "%%%", "'\"(")] == [[]] * 5


@pytest.mark.parametrize(
    "typed",
    [
        "\x00",
        "🌳🌳",
        "\u202etnot",
        "x" * 100_000,
        "a b " * 5_000,
        "'; DROP --",
        ":*&|!()",
        "-1",
        "  ",
    ],
)
def test_nonsense_finds_nothing_or_something_but_never_breaks(session: Session, typed: str) -> None:
    offer(session, structure(session))
    session.commit()
    pairs = [("q", typed), ("rayon", typed), ("tri", typed), ("groupe", typed), ("type", typed)]
    asked = asked_in(pairs)
    search = Search(Face.STRUCTURES, asked, None, read_words(session, asked.words))
    assert count_found(session, search).total >= 0
    assert len(results(session, search, 20)) <= 1


def test_every_box_may_be_ticked_at_once(session: Session) -> None:
    offer(session, structure(session))
    session.commit()
    every = [(name, value) for name, values in CHOICES.items() for value in values]
    asked = asked_in(every)
    assert list(asked.ticked) == every
    assert len(chips(asked)) == len(every)
    assert (
        count_found(session, Search(Face.OFFERS, asked, None, read_words(session, ""))).total == 0
    )


def test_an_address_says_all_that_is_asked_and_each_chip_asks_one_thing_less() -> None:
    address = "q=tonte&lieu=Dole&rayon=20&type=EI&label=esus&label=rge&tri=nom"
    asked = asked_in(parse_qsl(address))
    assert asked.pairs() == parse_qsl(address)
    less = [chip.without for chip in chips(asked)]
    assert [len(one.pairs()) for one in less] == [6, 5, 6, 6, 6, 6]
