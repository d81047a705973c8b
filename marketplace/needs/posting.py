"""Posting a whole need at once, and every step in its life."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import text
from marketplace.needs import lifecycle
from marketplace.needs.lifecycle import Move, Status
from marketplace.needs.tables import (
    Lever,
    Lot,
    LotSector,
    LotZone,
    Nature,
    Need,
    NeedKind,
    NeedMove,
    NeedQuestion,
    NeedSector,
    NeedZone,
    PlaceType,
    ResponseMode,
)
from marketplace.structures.kinds import Kind

SLUG_LENGTH = 60


@dataclass(frozen=True)
class LotDraft:
    """What a buyer says of a lot. Without a place type it has its need's place.

    Tuples are sorted, so that the same answers are equal however they were ticked.
    """

    title: str
    description: str = ""
    sectors: tuple[str, ...] = ()
    place_type: PlaceType | None = None
    commune_code: str | None = None
    radius_km: int | None = None
    zones: tuple[str, ...] = ()
    amount_min: Decimal | None = None
    amount_max: Decimal | None = None
    lever: Lever | None = None


@dataclass(frozen=True)
class NeedDraft:
    """What a buyer says of a need. Empty tuples mean « any »."""

    kind: NeedKind
    title: str
    description: str
    sectors: tuple[str, ...]
    service_types: tuple[str, ...]
    kinds: tuple[Kind, ...]
    place_type: PlaceType
    commune_code: str | None
    radius_km: int | None
    zones: tuple[str, ...]
    include_country: bool
    deadline_on: date
    nature: Nature | None = None
    amount_min: Decimal | None = None
    amount_max: Decimal | None = None
    is_amount_shared: bool = True
    starts_on: date | None = None
    duration_months: int | None = None
    lever: Lever | None = None
    environmental_tags: tuple[str, ...] = ()
    valued: tuple[str, ...] = ()
    response_modes: tuple[ResponseMode, ...] = (ResponseMode.HERE,)
    response_url: str = ""
    is_anonymous: bool = False
    questions: tuple[str, ...] = ()
    lots: tuple[LotDraft, ...] = ()


def post_need(
    session: Session,
    author_id: int,
    organisation_id: int,
    draft: NeedDraft,
    now: datetime,
) -> Need:
    """Write a need down and submit it; its desk is for moderation.desks to find."""
    need = Need(
        slug=slug_of(draft.title, secrets.token_hex(3)),
        author_id=author_id,
        organisation_id=organisation_id,
        status=Status.DRAFT,
        created_at=now,
    )
    _write(need, draft)
    session.add(need)
    session.flush()
    make_move(session, need, Move.SUBMIT, author_id, now)
    return need


def lot_rows(drafts: Iterable[LotDraft]) -> list[Lot]:
    """Rows of a need's lots, numbered from 1 in this order."""
    rows = []
    for number, draft in enumerate(drafts, start=1):
        rows.append(Lot(number=number))
        write_lot(rows[-1], draft)
    return rows


def write_lot(lot: Lot, draft: LotDraft) -> None:
    lot.title = draft.title
    lot.description = draft.description
    lot.place_type = draft.place_type
    lot.commune_code = draft.commune_code
    lot.radius_km = draft.radius_km
    lot.amount_min = draft.amount_min
    lot.amount_max = draft.amount_max
    lot.lever = draft.lever
    lot.sectors = [LotSector(sector_slug=slug) for slug in draft.sectors]
    lot.zones = [LotZone(territory_code=code) for code in draft.zones]


def question_rows(questions: Iterable[str]) -> list[NeedQuestion]:
    """Rows of what the buyer asks every structure, numbered from 1 in this order."""
    numbered = enumerate(questions, start=1)
    return [NeedQuestion(number=number, words=words) for number, words in numbered]


def slug_of(title: str, end: str) -> str:
    """Where a need's page lives: its title, shortened, and an end of its own."""
    return f"{text.slug(title)[:SLUG_LENGTH].strip('-')}-{end}"


def need_for_update(session: Session, need_id: int) -> Need:
    """The need, locked until the transaction ends. Raises NoResultFound."""
    locked = select(Need).where(Need.id == need_id).with_for_update(of=Need)
    return session.scalars(locked.execution_options(populate_existing=True)).one()


def make_move(
    session: Session, need: Need, move: Move, user_id: int | None, now: datetime, reason: str = ""
) -> None:
    """Take a locked or new need one step on, and keep who, when and why.

    Raises ForbiddenMove.
    """
    need.status = lifecycle.after(need.status, move)
    if move is Move.APPROVE:
        need.published_at = now
    _keep(session, need, move, user_id, now, reason)


def correct_end(
    session: Session, need: Need, move: Move, user_id: int, now: datetime, reason: str
) -> None:
    """Give a locked need that is over the end that it should have had, and keep who, when and
    why. Raises ForbiddenMove."""
    if need.status not in lifecycle.OVER or move not in lifecycle.ENDS:
        raise lifecycle.ForbiddenMove(need.status, move)
    need.status = lifecycle.ENDS[move]
    _keep(session, need, move, user_id, now, reason)


def _keep(
    session: Session, need: Need, move: Move, user_id: int | None, now: datetime, reason: str
) -> None:
    session.add(
        NeedMove(
            need_id=need.id,
            move=move,
            status=need.status,
            user_id=user_id,
            moved_at=now,
            reason=reason,
        )
    )


def _write(need: Need, draft: NeedDraft) -> None:
    need.kind = draft.kind
    need.title = draft.title
    need.description = draft.description
    need.service_types = list(draft.service_types)
    need.kinds = list(draft.kinds)
    need.place_type = draft.place_type
    need.commune_code = draft.commune_code
    need.radius_km = draft.radius_km
    need.include_country = draft.include_country
    need.deadline_on = draft.deadline_on
    need.sectors = [NeedSector(sector_slug=slug) for slug in draft.sectors]
    need.zones = [NeedZone(territory_code=code) for code in draft.zones]
    need.nature = draft.nature
    need.amount_min = draft.amount_min
    need.amount_max = draft.amount_max
    need.is_amount_shared = draft.is_amount_shared
    need.starts_on = draft.starts_on
    need.duration_months = draft.duration_months
    need.lever = draft.lever
    need.environmental_tags = list(draft.environmental_tags)
    need.valued = list(draft.valued)
    need.response_modes = list(draft.response_modes)
    need.response_url = draft.response_url
    need.is_anonymous = draft.is_anonymous
    need.questions = question_rows(draft.questions)
    need.lots = lot_rows(draft.lots)
