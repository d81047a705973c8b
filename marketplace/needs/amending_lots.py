"""Changing the lots of a need that was sent: each change is an amendment of the need."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.needs.amending import (
    as_seen,
    check_changeable,
    check_open,
    keep_changes,
    plain,
)
from marketplace.needs.drafting import Answers, ChangedElsewhere, lot_draft
from marketplace.needs.lots import MOST, LotGone, TooManyLots, lot_seen, lots_seen
from marketplace.needs.posting import LotDraft, need_for_update, write_lot
from marketplace.needs.tables import Lot, LotEnding, Need, NeedAmendment

TOGETHER = (
    ("place_type", "commune_code", "radius_km", "zones"),
    ("amount_min", "amount_max"),
)
"""What means nothing alone: one changes, all are kept."""

PREFIX = "lots"
"""A change of a lot is kept under « lots.2.title »: the second lot's title."""


class NotCut(Exception):
    """The need was sent whole: those who answered it answered the whole."""


class LastLot(Exception):
    """Without this lot nothing is left to answer: the need itself is to be ended."""


def lot_differences(lot: Lot, said: LotDraft) -> dict[str, list[Any]]:
    """What this would change in a lot: « lots.2.title » → [before, after], as JSON holds them."""
    before, after = lot_draft(lot), said
    names = [field.name for field in fields(LotDraft)]
    changed = {name for name in names if getattr(before, name) != getattr(after, name)}
    for group in TOGETHER:
        if not changed.isdisjoint(group):
            changed |= set(group)
    return {
        key(lot.number, name): [plain(getattr(before, name)), plain(getattr(after, name))]
        for name in names
        if name in changed
    }


def new_lot_differences(number: int, said: LotDraft) -> dict[str, list[Any]]:
    """The same for a lot that is added: nothing was before."""
    told = {field.name: plain(getattr(said, field.name)) for field in fields(LotDraft)}
    given = {name for name, value in told.items() if value}
    for group in TOGETHER:
        if not given.isdisjoint(group):
            given |= set(group)
    return {key(number, name): [None, value] for name, value in told.items() if name in given}


def ending_differences(lot: Lot, ending: LotEnding, reason: str) -> dict[str, list[Any]]:
    return {
        key(lot.number, "ending"): [None, str(ending)],
        key(lot.number, "ending_reason"): [None, reason],
    }


def key(number: int, name: str) -> str:
    return f"{PREFIX}.{number}.{name}"


def numbers_in(changes: Iterable[str]) -> list[int]:
    """The lots that an amendment changes, by number."""
    parted = (name.split(".") for name in changes)
    return sorted({int(parts[1]) for parts in parted if parts[0] == PREFIX and len(parts) == 3})


def amend_lot(
    session: Session,
    need_id: int,
    lot_id: int,
    user_id: int,
    said: LotDraft,
    seen: str,
    now: datetime,
) -> NeedAmendment | None:
    """Change a lot of a need that is open or waits for its desk, and keep what changed; None when
    nothing did.

    `seen` is the fingerprint of the lot, by `as_seen`, when the change was shown. Raises NotOpen,
    Decided, LotGone, ChangedElsewhere.
    """
    need = locked_with_lots(session, need_id)
    check_changeable(need, seen, now)
    lot = open_lot(need, lot_id)
    changes = lot_differences(lot, said)
    if not changes:
        return None
    if (found := as_seen(need, lot_seen(lot))) != seen:
        raise ChangedElsewhere(need, found)
    write_lot(lot, said)
    return keep_changes(session, need, user_id, changes, Answers(), now)


def add_to_sent(
    session: Session, need_id: int, user_id: int, said: LotDraft, seen: str, now: datetime
) -> NeedAmendment | None:
    """Put a lot after the others; None when a form sent twice added it before.

    `seen` is the fingerprint of its lots, by `as_seen`, when the form was shown. Raises NotOpen,
    Decided, NotCut, TooManyLots.
    """
    need = locked_with_lots(session, need_id)
    check_changeable(need, seen, now)
    if not need.lots:
        raise NotCut
    if as_seen(need, lots_seen(need)) != seen and said in [
        lot_draft(lot) for lot in need.open_lots
    ]:
        return None
    if len(need.lots) >= MOST:
        raise TooManyLots
    number = len(need.lots) + 1
    lot = Lot(number=number)
    write_lot(lot, said)
    need.lots.append(lot)
    changes = new_lot_differences(number, said)
    return keep_changes(session, need, user_id, changes, Answers(), now)


def end_lot(
    session: Session,
    need: Need,
    lot_id: int,
    user_id: int,
    ending: LotEnding,
    reason: str,
    now: datetime,
) -> NeedAmendment:
    """A lot of a locked need takes no more answers; which ending it is depends on them, which
    answers.ending_lots knows. Raises NotOpen, LotGone, LastLot.
    """
    check_open(need, now)
    lot = open_lot(need, lot_id)
    if len(need.open_lots) == 1:
        raise LastLot
    changes = ending_differences(lot, ending, reason)
    lot.ending, lot.ended_at, lot.ending_reason = ending, now, reason
    return keep_changes(session, need, user_id, changes, Answers(), now)


def locked_with_lots(session: Session, need_id: int) -> Need:
    """The need, locked, and its lots as they now are, whatever this session read before."""
    need = need_for_update(session, need_id)
    lots = select(Lot).where(Lot.need_id == need_id)
    session.scalars(lots.execution_options(populate_existing=True)).all()
    return need


def open_lot(need: Need, lot_id: int) -> Lot:
    """Raises LotGone: the need has none of this id, or it has ended."""
    lot = next((one for one in need.open_lots if one.id == lot_id), None)
    if lot is None:
        raise LotGone
    return lot
