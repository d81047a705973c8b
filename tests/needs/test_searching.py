"""Where a need is looked for: whoever works at its place finds it, at any level."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.needs.searching import lies_in
from marketplace.needs.tables import Need, PlaceType
from tests.factories import people
from tests.factories.market import BESANCON, submitted_need

BESANCON_EPCI = "242500361"
NEIGHBOURS = {"dijon": "21231", "cote d'or": "21", "bretagne": "R53"}
HOLDING = {
    "commune": BESANCON,
    "EPCI": BESANCON_EPCI,
    "department": "25",
    "region": "R27",
}


@pytest.mark.parametrize("place", HOLDING.values(), ids=HOLDING)
@pytest.mark.parametrize("sought", HOLDING.values(), ids=[f"sought by {one}" for one in HOLDING])
def test_a_need_is_found_from_every_territory_that_shares_a_commune_with_its_place(
    session: Session, place: str, sought: str
) -> None:
    buyer, town = people.buyer(session), people.organisation(session)
    at = (
        {"place_type": PlaceType.POINT, "commune_code": place, "zones": ()}
        if place == BESANCON
        else {"place_type": PlaceType.ZONES, "commune_code": None, "zones": (place,)}
    )
    submitted_need(session, buyer.id, town.id, **at)
    session.commit()

    def found(code: str) -> int:
        return session.scalar(select(func.count()).select_from(Need).where(lies_in(code))) or 0

    assert found(sought) == 1
    elsewhere = {code: found(code) for code in NEIGHBOURS.values()}
    expected = {"21231": 0, "21": 0, "R53": 0} | ({"21231": 1, "21": 1} if place == "R27" else {})
    assert elsewhere == expected
