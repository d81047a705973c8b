"""What a register implies that structures sell, until they say it themselves."""

from collections.abc import Mapping

from sqlalchemy import Integer, String, func, insert, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from marketplace.offers.tables import CoverageType, Offer, OfferStatus
from marketplace.structures import naf
from marketplace.structures.tables import Structure

IMPLIED_RADIUS_KM = 50


def imply_offers(session: Session, activities: Mapping[int, str]) -> set[int]:
    """Give an implied offer to those of these structures that have no offer at all: which ones.

    It holds the activities that a register lists, by structure, and declares nothing: ranking
    and search infer its sectors, the latter once offers.inferring has read it. Asks for no
    shortlist, since who calls may do it for thousands at a time.
    """
    told = (
        func.unnest(
            literal(list(activities), ARRAY(Integer)),
            literal(list(activities.values()), ARRAY(String)),
        )
        .table_valued("structure_id", "activities")
        .render_derived()
    )
    has_one = select(Offer.id).where(Offer.structure_id == Structure.id).exists()
    silent = (
        select(
            Structure.id,
            told.c.activities,
            literal(OfferStatus.PUBLISHED),
            literal(True),
            literal(CoverageType.RADIUS),
            literal(IMPLIED_RADIUS_KM),
        )
        .join_from(Structure, told, told.c.structure_id == Structure.id)
        .where(~has_one)
    )
    columns = [
        "structure_id",
        "description",
        "status",
        "is_implied",
        "coverage_type",
        "radius_km",
    ]
    made = insert(Offer).from_select(columns, silent.order_by(Structure.id))
    return set(session.scalars(made.returning(Offer.structure_id)))


def implied_words(name: str, naf_code: str, activities: str) -> str:
    """What is known of a structure that declared nothing: the activities that a register
    lists, its legal name and its trade."""
    trade = f"{name}. {naf.label(naf_code)}"
    return f"{activities}; {trade}" if activities else trade
