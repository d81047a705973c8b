"""Who could answer a need being written, from the rows of the database."""

from sqlalchemy.orm import Session

from marketplace.matching.previewing import NAMED, targeted
from marketplace.needs.tables import Need, PlaceType
from marketplace.structures.kinds import Kind
from tests.factories import people
from tests.factories.market import (
    BESANCON,
    DIJON,
    DOLE,
    GREEN_SPACES,
    MARSEILLE,
    MONDAY,
    draft,
    offer,
    structure,
)


def a_draft(session: Session, **changes: object) -> Need:
    organisation = people.organisation(session)
    buyer = people.buyer(session, organisation.id)
    said = {"sectors": [GREEN_SPACES], "place_type": PlaceType.POINT, "commune_code": BESANCON}
    need = draft(session, buyer.id, organisation.id, **(said | changes))
    session.commit()  # the index of the process outlives what a rollback takes back
    return need


def test_those_who_could_answer_are_counted_and_named_by_kind_and_department(
    session: Session,
) -> None:
    offer(session, structure(session, "Les Haies"))
    offer(session, structure(session, "Alizé vert"))
    offer(session, structure(session, "Jura Vert", DOLE, Kind.ESAT), radius_km=80)
    offer(session, structure(session, "Calanques", MARSEILLE))
    found = targeted(session, a_draft(session), MONDAY, 5)
    assert (found.eligible, found.close, found.unnamed) == (3, 2, 0)
    names = {
        kind: {place: [s.name for s in structures] for place, structures in by.items()}
        for kind, by in found.named.items()
    }
    assert names == {
        Kind.ACI: {"Doubs": ["Alizé vert", "Les Haies"]},
        Kind.ESAT: {"Jura": ["Jura Vert"]},
    }


def test_a_draft_without_a_place_is_answered_from_all_of_france(session: Session) -> None:
    offer(session, structure(session, "Les Haies"))
    offer(session, structure(session, "Calanques", MARSEILLE))
    nowhere = a_draft(session, place_type=None, commune_code=None)
    assert targeted(session, nowhere, MONDAY, 5).eligible == 2


def test_the_loosening_that_adds_most_is_proposed(session: Session) -> None:
    offer(session, structure(session, "Côte Verte", DIJON), radius_km=100)
    close = a_draft(session, radius_km=60)
    found = targeted(session, close, MONDAY, 5)
    assert found.eligible == 0
    assert found.relaxation is not None
    assert found.relaxation["code"] == "wider_radius"


def test_only_the_nearest_are_named_when_there_are_many(session: Session) -> None:
    for number in range(NAMED + 3):
        offer(session, structure(session, f"Structure {number}", DOLE if number < 3 else BESANCON))
    for_all = a_draft(session, place_type=PlaceType.ZONES, commune_code=None, zones=["25"])
    found = targeted(session, for_all, MONDAY, 1)
    named = sum(len(s) for by in found.named.values() for s in by.values())
    assert named == min(found.eligible, NAMED)
    assert found.unnamed == found.eligible - named
