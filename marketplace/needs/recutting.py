"""Lots of a need that was sent: cutting one that was sent whole, and taking a lot out of one that
its desk has not decided of. Both are amendments of the need."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from marketplace.needs.amending import Decided, as_seen, check_changeable, keep_changes, plain
from marketplace.needs.amending_lots import key, locked_with_lots, new_lot_differences, open_lot
from marketplace.needs.drafting import Answers, ChangedElsewhere, lot_draft
from marketplace.needs.lifecycle import Move, Status
from marketplace.needs.lots import MOST, TooManyLots, lot_seen
from marketplace.needs.posting import LotDraft, lot_rows
from marketplace.needs.tables import Lot, Need, NeedAmendment

FEWEST = 2
"""One lot alone would be the whole need under another name."""


class AlreadyCut(Exception):
    """The need has lots, which are added to and changed one by one."""


class TooFewLots(Exception):
    """A cut makes at least two."""


def cut_differences(said: Sequence[LotDraft]) -> dict[str, list[Any]]:
    """What cutting a need would change: nothing was before in any of its lots."""
    changes: dict[str, list[Any]] = {}
    for number, draft in enumerate(said, start=1):
        changes |= new_lot_differences(number, draft)
    return changes


def cut(
    session: Session,
    need: Need,
    user_id: int,
    said: Sequence[LotDraft],
    seen: str,
    now: datetime,
) -> NeedAmendment | None:
    """Cut a locked need that is open or waits for its desk; None when a form sent twice did it
    before.

    Whether somebody answered the whole is for answers.cutting to know. Raises NotOpen, Decided,
    AlreadyCut, TooFewLots, TooManyLots.
    """
    check_changeable(need, seen, now)
    if need.lots:
        if [lot_draft(lot) for lot in need.lots] == list(said):
            return None
        raise AlreadyCut
    if len(said) < FEWEST:
        raise TooFewLots
    if len(said) > MOST:
        raise TooManyLots
    need.lots = lot_rows(said)
    return keep_changes(session, need, user_id, cut_differences(said), Answers(), now)


def take_out(
    session: Session, need_id: int, lot_id: int, user_id: int, seen: str, now: datetime
) -> NeedAmendment:
    """Take a lot out of a need that waits for its desk; those after it move up.

    `seen` is the fingerprint of the lot, by `as_seen`, when it was shown. Raises NotOpen, Decided,
    LotGone, ChangedElsewhere.
    """
    need = locked_with_lots(session, need_id)
    check_changeable(need, seen, now)
    if need.status != Status.SUBMITTED:
        raise Decided(need.status, Move.SUBMIT)
    lot = open_lot(need, lot_id)
    if (found := as_seen(need, lot_seen(lot))) != seen:
        raise ChangedElsewhere(need, found)
    changes = gone_lot_differences(lot)
    need.lots.remove(lot)
    for number, one in enumerate(need.lots, start=1):
        one.number = number
    return keep_changes(session, need, user_id, changes, Answers(), now)


def gone_lot_differences(lot: Lot) -> dict[str, list[Any]]:
    """The same of a lot that is taken out: nothing is after."""
    said = lot_draft(lot)
    told = {field.name: plain(getattr(said, field.name)) for field in fields(LotDraft)}
    return {key(lot.number, name): [value, None] for name, value in told.items() if value}
