"""Reads: the needs that look like one under review: likely the same, or of the same kind."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz
from sqlalchemy import ColumnElement, Row, String, any_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from marketplace import text
from marketplace.accounts.tables import Organisation
from marketplace.moderation.queries import is_on
from marketplace.moderation.tables import QueueEntry
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Lot, LotSector, Need, NeedSector

ALIVE = (Status.SUBMITTED, Status.CHANGES_REQUESTED, Status.PUBLISHED)
SAME = 90
"""Out of 100: as near as two wordings of one need, posted twice or by two colleagues."""
SAME_TITLES = 60
"""Two needs whose titles share less are not the same, whatever else they share."""
ALIKE = 45
SHARED_SECTOR = 20
COMPARED = 60
SHOWN = 5
READ = 600
"""Characters of a description that are compared."""
LONGEST_QUERY = 12
"""Words of a title by which others are looked for."""


@dataclass(frozen=True)
class Likeness:
    """Another need, and how much it looks like the one under review, out of 100."""

    slug: str
    title: str
    organisation: str
    status: Status
    score: int


@dataclass(frozen=True)
class Resembling:
    duplicates: list[Likeness]
    similar: list[Likeness]
    """On the same desks, whatever became of them."""


def resembling(session: Session, need: Need, desk_ids: Collection[int]) -> Resembling:
    """One query, whatever the number of needs: those that share words or a sector."""
    slugs = sectors_of(need)
    rows = session.execute(_candidates(need, slugs, desk_ids)).all()
    same, alike = [], []
    for row in rows:
        if row.status in ALIVE and (score := _sameness(need, row)) >= SAME:
            same.append(_likeness(row, score))
        elif row.is_on_desk and (score := _kinship(need, row)) >= ALIKE:
            alike.append(_likeness(row, score))
    return Resembling(_first(same), _first(alike))


def sectors_of(need: Need) -> list[str]:
    """The sectors of a need and of its lots."""
    ticked = {sector.sector_slug for sector in need.sectors}
    of_lots = {sector.sector_slug for lot in need.lots for sector in lot.sectors}
    return sorted(ticked | of_lots)


def _candidates(need: Need, slugs: list[str], desk_ids: Collection[int]) -> Any:
    on_desk = select(QueueEntry.need_id).where(is_on(desk_ids)).scalar_subquery()
    said = func.to_tsvector("tandem_fr", Need.title + " " + Need.description)
    words = list(dict.fromkeys(text.words(need.title)))[:LONGEST_QUERY]
    query = func.websearch_to_tsquery("tandem_fr", " or ".join(words))
    shares = _shares(slugs)
    return (
        select(
            Need.slug,
            Need.title,
            func.left(Need.description, READ).label("description"),
            Need.status,
            Need.organisation_id,
            Organisation.name.label("organisation"),
            Need.id.in_(on_desk).label("is_on_desk"),
            shares.label("shares_sector"),
        )
        .join(Organisation, Organisation.id == Need.organisation_id)
        .where(Need.id != need.id, Need.status != Status.DRAFT)
        .where(or_(Need.id.in_(on_desk), Need.status.in_(ALIVE)))
        .where(or_(said.bool_op("@@")(query), shares))
        .order_by(func.ts_rank(said, query).desc(), Need.id.desc())
        .limit(COMPARED)
    )


def _shares(slugs: list[str]) -> ColumnElement[bool]:
    wanted = any_(literal(slugs, ARRAY(String)))
    own = select(NeedSector.need_id).where(NeedSector.sector_slug == wanted)
    of_lots = select(Lot.need_id).join(LotSector).where(LotSector.sector_slug == wanted)
    return or_(Need.id.in_(own), Need.id.in_(of_lots))


def _sameness(need: Need, other: Row[Any]) -> int:
    """The same organisation and title say enough; else all the words are compared."""
    titles = fuzz.token_sort_ratio(text.plain(need.title), text.plain(other.title))
    if other.organisation_id == need.organisation_id and titles >= SAME:
        return round(titles)
    if titles < SAME_TITLES:
        return 0
    ours = f"{need.title} {need.description[:READ]} {need.organisation.name}"
    theirs = f"{other.title} {other.description} {other.organisation}"
    return round(fuzz.token_set_ratio(text.plain(ours), text.plain(theirs)))


def _kinship(need: Need, other: Row[Any]) -> int:
    titles = fuzz.token_set_ratio(" ".join(text.stems(need.title)), _stems(other.title))
    return min(100, round(titles * 0.8) + SHARED_SECTOR * other.shares_sector)


def _stems(words: str) -> str:
    return " ".join(text.stems(words))


def _likeness(row: Row[Any], score: int) -> Likeness:
    return Likeness(row.slug, row.title, row.organisation, row.status, score)


def _first(found: Iterable[Likeness]) -> list[Likeness]:
    return sorted(found, key=lambda one: (-one.score, one.slug))[:SHOWN]
