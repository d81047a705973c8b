"""Partners of two desks, and a priority district."""

import shapely
from sqlalchemy.orm import Session

from marketplace.insights.partnering import Said, add_partner
from marketplace.insights.tables import Part
from marketplace.moderation.tables import Desk
from marketplace.territories.districts import Generation
from marketplace.territories.tables import District
from tests.factories.market import MONDAY

PARTNER = Said(
    "Mission locale",
    Part.REFERS,
    "Oriente les jeunes",
    "Standard du siège",
    "https://exemple.invalid/",
    None,
)


def populate_territories(
    session: Session, desks: dict[str, Desk], by_id: int, things: dict[str, str]
) -> None:
    for whose, desk in desks.items():
        partner = add_partner(session, desk.id, PARTNER, by_id, MONDAY, "")
        session.flush()
        things[f"{whose}partner"] = str(partner.id)
    session.add(planoise())
    things |= {"region": "bourgogne-franche-comte-r27", "department": "doubs-25"}
    things["district"] = "planoise-qn02501m"


def planoise() -> District:
    """A square of some kilometres about the middle of Besançon."""
    return District(
        code="QN02501M",
        generation=Generation.QPV_2024,
        name="Planoise",
        outline=shapely.to_wkb(shapely.box(5.98, 47.21, 6.06, 47.27)),
        loaded_at=MONDAY,
    )
