"""Reading what implied offers say, so that search finds them by sector."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.jobs import Job, enqueue
from marketplace.offers.listing import implied_words
from marketplace.offers.tables import Offer, OfferReading, OfferStatus
from marketplace.sectors.implied import clear_sectors
from marketplace.structures.tables import Structure

EDITION = "2026-11-1"
"""Of our way of reading: another one has every offer read again."""

BATCH = 2_000


def infer_stale(session: Session) -> None:
    """Sweep: read a batch of what changed unseen, and ask for the next one."""
    if len(infer_sectors(session)) == BATCH:
        enqueue(session, Job.INFER_SECTORS)


def infer_sectors(
    session: Session, structure_ids: Collection[int] | None = None
) -> dict[int, list[str]]:
    """Read again the implied offers whose words have changed, of these structures or of all, a
    batch at most: what each structure is found to do."""
    digest = _digest()
    stale = (
        select(
            Offer.id,
            Offer.structure_id,
            Offer.description,
            Structure.name,
            Structure.brand,
            Structure.naf,
            digest.label("digest"),
        )
        .join(Structure)
        .outerjoin(OfferReading, OfferReading.offer_id == Offer.id)
        .where(
            Offer.is_implied,
            Offer.status == OfferStatus.PUBLISHED,
            OfferReading.digest.is_distinct_from(digest),
        )
    )
    if structure_ids is None:
        stale = stale.order_by(Offer.id).limit(BATCH)
    else:
        stale = stale.where(Offer.structure_id.in_(structure_ids))
    found, readings = {}, []
    for row in session.execute(stale):
        words = implied_words(row.name, row.naf, row.description)
        slugs = clear_sectors(words, row.brand or row.name, row.naf)
        found[row.structure_id] = slugs
        readings.append({"offer_id": row.id, "digest": row.digest, "sector_slugs": slugs})
    if readings:
        said = insert(OfferReading)
        session.execute(
            said.values(readings).on_conflict_do_update(
                index_elements=["offer_id"],
                set_={"digest": said.excluded.digest, "sector_slugs": said.excluded.sector_slugs},
            )
        )
    return found


def _digest() -> ColumnElement[str]:
    """Of all that is read, as the tables now have it."""
    said = (Structure.name, Structure.brand, Structure.naf, Offer.description)
    return func.md5(func.concat_ws("\n", literal(EDITION), *said))
