"""Taking in a register of structures, with the offer that it declares or implies for each."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from marketplace.jobs import Job, enqueue
from marketplace.offers.documents import documents_once
from marketplace.offers.inferring import infer_sectors
from marketplace.offers.listing import imply_offers
from marketplace.offers.tables import Offer, OfferSector, OfferStatus
from marketplace.sectors.nomenclature import BY_SLUG
from marketplace.sheets import BrokenRow, Row
from marketplace.structures.import_tables import Outcome
from marketplace.structures.importing import Imported, Notice, Report, import_batches

_JOINED = "; "
_NEWS = (Outcome.CREATED, Outcome.UPDATED)


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
    session: Session,
    rows: Iterable[Row | BrokenRow],
    report: Report,
    network: str | None = None,
) -> Iterator[tuple[Imported, Outcome]]:
    """Each structure of the rows that are not refused, and what became of it.

    A row's sectors turn the implied offer of its structure into a declared one. A structure
    that has said more than that keeps its own sectors, which the report notes.
    """
    spoken: set[int] = set()
    for batch in import_batches(session, rows, report, network):
        firsts = {one.structure_id: one for one in reversed(batch)}
        telling = [one for id_, one in firsts.items() if id_ not in spoken]
        spoken.update(firsts)
        with documents_once(session) as touched:
            listed = {id_: _JOINED.join(one.activities) for id_, one in firsts.items()}
            touched.update(imply_offers(session, listed))
            implied = _implied(session, listed)
            news = _list_activities(session, telling, implied, report)
            news |= _declare(session, batch, implied, report)
            touched.update(infer_sectors(session, listed))
            outcomes = [(one, _outcome(one, news, report)) for one in batch]
            touched.update(one.structure_id for one, outcome in outcomes if outcome in _NEWS)
        yield from outcomes


def _outcome(one: Imported, news: set[int], report: Report) -> Outcome:
    if one.is_new:
        return Outcome.CREATED
    if one.is_changed or one.line in news:
        return Outcome.UPDATED
    return Outcome.KEPT if one.line in report.kept else Outcome.UNCHANGED


def _implied(session: Session, structure_ids: Collection[int]) -> dict[int, tuple[int, str]]:
    """By structure, its implied offer and the activities that it lists."""
    wanted = select(Offer.structure_id, Offer.id, Offer.description).where(
        Offer.structure_id.in_(structure_ids),
        Offer.is_implied,
        Offer.status == OfferStatus.PUBLISHED,
    )
    return {one: (offer_id, listed) for one, offer_id, listed in session.execute(wanted)}


def _list_activities(
    session: Session,
    telling: Sequence[Imported],
    implied: Mapping[int, tuple[int, str]],
    report: Report,
) -> set[int]:
    """The lines whose activities are news; of several rows of a structure, the first tells."""
    news: dict[int, Imported] = {}
    for one in telling:
        offer_id, before = implied.get(one.structure_id, (0, ""))
        if not offer_id or not one.activities or before == _JOINED.join(one.activities):
            continue
        if one.withheld:
            report.keep(one.line, "sectors", one.withheld)
        else:
            news[offer_id] = one
    if news:
        session.execute(
            update(Offer),
            [
                {"id": offer_id, "description": _JOINED.join(one.activities)}
                for offer_id, one in news.items()
            ],
        )
    return {one.line for one in news.values()}


def _declare(
    session: Session,
    batch: Sequence[Imported],
    implied: Mapping[int, tuple[int, str]],
    report: Report,
) -> set[int]:
    """The lines whose sectors are news; of two rows of a structure, only the first may be."""
    telling = [one for one in batch if one.sectors]
    if not telling:
        return set()
    said = _declared_sectors(session, {one.structure_id for one in telling})
    news: dict[int, Imported] = {}
    for one in telling:
        known = said.setdefault(one.structure_id, set())
        if known >= set(one.sectors):
            continue
        if one.withheld:
            report.keep(one.line, "sectors", one.withheld)
        elif known or one.structure_id not in implied:
            reason = "la structure a déjà déclaré d'autres secteurs"
            report.warn(Notice(one.line, "sectors", reason))
        else:
            known.update(one.sectors)
            news[one.line] = one
    if news:
        _write(session, {implied[one.structure_id][0]: one.sectors for one in news.values()})
    return set(news)


def _declared_sectors(session: Session, structure_ids: Collection[int]) -> dict[int, set[str]]:
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
