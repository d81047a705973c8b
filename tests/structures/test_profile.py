"""What the people of a structure say, beside what registers say of it."""

import io

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.sheets import rows
from marketplace.structures import completeness, profile
from marketplace.structures.importing import Report, import_batches
from marketplace.structures.profile import Said
from marketplace.structures.register import OPTIONAL, REQUIRED
from marketplace.structures.tables import Structure
from marketplace.structures.wording import shown
from marketplace.territories.queries import gazetteer
from tests.factories import market, people
from tests.factories.market import BESANCON, DOLE, MONDAY
from tests.structures.registers import GARDENS, register


def take_in(session: Session, **changes: str) -> Structure:
    content = io.BytesIO(register(GARDENS | changes, more=["phone"]))
    list(import_batches(session, rows(content, REQUIRED, OPTIONAL), Report()))
    session.expire_all()
    return session.scalars(select(Structure)).one()


def test_a_register_does_not_gainsay_what_the_structure_says_of_itself(session: Session) -> None:
    structure = take_in(session, website="https://vieux.fr", phone="0381000000")
    member = people.structure_member(session, structure)
    own = Said(website="https://neuf.fr", brand="Les Jardins")
    profile.change_profile(session, structure.id, own, member.id, MONDAY)
    town = gazetteer(session).commune(BESANCON)
    assert town is not None
    profile.move_seat(session, structure.id, town, member.id, MONDAY)
    session.flush()
    take_in(session, website="https://vieux.fr", brand="Jardins SARL", phone="0381111111")
    assert (structure.website, structure.display_name) == ("https://neuf.fr", "Les Jardins")
    assert (structure.commune_code, structure.city) == (BESANCON, "Besançon")
    assert structure.phone == "0381111111"


def test_moving_in_the_same_commune_keeps_the_exact_point(session: Session) -> None:
    structure = market.structure(session)
    member = people.structure_member(session, structure)
    town = gazetteer(session).commune(BESANCON)
    assert town is not None
    assert profile.move_seat(session, structure.id, town, member.id, MONDAY) == set()
    assert (structure.lat, structure.is_point_approximate) == (47.24, False)


def test_a_structure_names_fifty_places_at_most(session: Session) -> None:
    structure = market.structure(session)
    member = people.structure_member(session, structure)
    town = gazetteer(session).commune(DOLE)
    assert town is not None
    for number in range(profile.MOST_SITES):
        profile.add_site(session, structure.id, f"{number}", "", town, member.id, MONDAY)
    with pytest.raises(profile.TooMany):
        profile.add_site(session, structure.id, "un de trop", "", town, member.id, MONDAY)


def test_details_that_nobody_tells_are_missing_and_each_says_what_it_is_for() -> None:
    found = completeness.details({"seat": True})
    assert [one.code for one in found if one.is_said] == ["seat"]
    assert all(one.why for one in found)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("is_in_qpv", None, ""),
        ("is_in_qpv", False, "Non"),
        ("labels", ["esus", "unknown"], "ESUS (entreprise solidaire d'utilité sociale), unknown"),
        ("turnover_year", 2025, "2025"),
        ("brand", "Jardins", "Jardins"),
    ],
)
def test_the_history_speaks_french(field: str, value: object, words: str) -> None:
    assert shown(field, value) == words
