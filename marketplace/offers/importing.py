"""Taking in a register of structures, with the offer that it declares or implies for each."""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from marketplace.jobs import Job, enqueue
from marketplace.offers.listing import imply_offers
from marketplace.offers.tables import Offer, OfferSector, OfferStatus
from marketplace.sectors.nomenclature import BY_SLUG
from marketplace.sheets import BrokenRow, Row
from marketplace.structures.import_tables import Outcome
from marketplace.structures.importing import Imported, Notice, Report, import_batches


def import_structures(session: Session, rows: Iterable[Row | BrokenRow]) -> Report:
    """Create and update structures, give an offer to those without, and ask for shortlists."""
    report = Report()
    for _, outcome in take_structures(session, rows, report):
        if outcome is Outcome.CREATED:
            report.created += 1
        elif outcome is Outcome.UPDATED:
            report.updated += 1
        else:
            report.unchanged += 1
    if report.created or report.updated:
        enqueue(session, Job.SHORTLIST_OPEN_NEEDS)
    return report


def take_structures(
    session: Session, rows: Iterable[Row | BrokenRow], report: Report
) -> Iterator[tuple[Imported, Outcome]]:
    """Each structure of the rows that are not refused, and what became of it.

    A row's sectors turn the implied offer of its structure into a declared one. A structure
    that has said more than that keeps its own sectors, which the report notes.
    """
    for batch in import_batches(session, rows, report):
        imply_offers(session, {imported.structure_id for imported in batch})
        declared = _declare(session, [one for one in batch if one.sectors], report)
        for imported in batch:
            if imported.is_new:
                yield imported, Outcome.CREATED
            elif imported.is_changed or imported.line in declared:
                yield imported, Outcome.UPDATED
            else:
                yield imported, Outcome.UNCHANGED


def _declare(session: Session, batch: Sequence[Imported], report: Report) -> set[int]:
    """The lines whose sectors are news; of two rows of a structure, only the first may be."""
    if not batch:
        return set()
    ids = {imported.structure_id for imported in batch}
    implied = select(Offer.structure_id, Offer.id).where(
        Offer.structure_id.in_(ids),
        Offer.is_implied,
        Offer.status == OfferStatus.PUBLISHED,
    )
    offer_ids = dict(session.execute(implied).all())
    said = _declared_sectors(session, ids)
    news: dict[int, Imported] = {}
    for imported in batch:
        known = said.setdefault(imported.structure_id, set())
        if known >= set(imported.sectors):
            continue
        if known or imported.structure_id not in offer_ids:
            report.warnings.append(
                Notice(imported.line, "sectors", "la structure a déjà déclaré d'autres secteurs")
            )
            continue
        known.update(imported.sectors)
        news[imported.line] = imported
    if news:
        _write(session, {offer_ids[one.structure_id]: one.sectors for one in news.values()})
    return set(news)


def _declared_sectors(session: Session, structure_ids: set[int]) -> dict[int, set[str]]:
    gathered = (
        select(Offer.structure_id, func.array_agg(OfferSector.sector_slug))
        .join(OfferSector)
        .where(Offer.structure_id.in_(structure_ids))
        .group_by(Offer.structure_id)
    )
    return {structure_id: set(slugs) for structure_id, slugs in session.execute(gathered)}


def _write(session: Session, sectors: dict[int, tuple[str, ...]]) -> None:
    session.execute(
        update(Offer),
        [
            {"id": offer_id, "is_implied": False, "title": _title(slugs)}
            for offer_id, slugs in sectors.items()
        ],
    )
    session.execute(
        insert(OfferSector),
        [
            {"offer_id": offer_id, "sector_slug": slug}
            for offer_id, slugs in sectors.items()
            for slug in dict.fromkeys(slugs)
        ],
    )


def _title(slugs: Sequence[str]) -> str:
    names = [BY_SLUG[slug].name for slug in dict.fromkeys(slugs)]
    return ", ".join(names)[:200]
