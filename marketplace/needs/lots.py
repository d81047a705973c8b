"""Cutting a need into lots: adding, changing, ordering and taking out."""

from datetime import datetime

from sqlalchemy.orm import Session

from marketplace.needs.drafting import ChangedElsewhere, fingerprint_of, lot_draft
from marketplace.needs.lifecycle import EDITABLE, ForbiddenMove, Move
from marketplace.needs.posting import LotDraft, need_for_update, write_lot
from marketplace.needs.tables import Lot, Need

MOST = 30


class TooManyLots(Exception):
    """The need has as many lots as one may have."""


class LotGone(Exception):
    """Somebody took the lot out meanwhile."""


def lots_seen(need: Need) -> str:
    """The fingerprint of a need's lots, in their order."""
    return fingerprint_of([lot_draft(lot) for lot in need.lots])


def lot_seen(lot: Lot) -> str:
    return fingerprint_of(lot_draft(lot))


def add_lot(session: Session, need_id: int, said: LotDraft, seen: str, now: datetime) -> Lot:
    """Put a lot after the others.

    A form sent twice adds it once: when the lots are no longer those that its page showed,
    by `seen`, a lot that says the very same is the one. Raises ForbiddenMove, TooManyLots.
    """
    need = _editable(session, need_id)
    if lots_seen(need) != seen:
        same = [lot for lot in need.lots if lot_draft(lot) == said]
        if same:
            return same[0]
    if len(need.lots) >= MOST:
        raise TooManyLots
    lot = Lot(number=len(need.lots) + 1)
    write_lot(lot, said)
    need.lots.append(lot)
    need.saved_at = now
    session.flush()
    return lot


def change_lot(
    session: Session, need_id: int, lot_id: int, said: LotDraft, seen: str, now: datetime
) -> Lot:
    """Write a lot anew. Raises ChangedElsewhere when it is no longer what its page showed,
    unless this says the very same; LotGone and ForbiddenMove.
    """
    need = _editable(session, need_id)
    lot = _lot(need, lot_id)
    if lot_draft(lot) == said:
        return lot
    if (found := lot_seen(lot)) != seen:
        raise ChangedElsewhere(need, found)
    write_lot(lot, said)
    need.saved_at = now
    session.flush()
    return lot


def move_lot(
    session: Session, need_id: int, lot_id: int, is_up: bool, seen: str, now: datetime
) -> None:
    """Exchange a lot with the one before or after it.

    Nothing moves when the lots are no longer those that the page showed: the second of two
    clicks is one. Raises LotGone and ForbiddenMove.
    """
    need = _editable(session, need_id)
    lot = _lot(need, lot_id)
    beside = lot.number - 2 if is_up else lot.number
    if lots_seen(need) != seen or not 0 <= beside < len(need.lots):
        return
    other = need.lots[beside]
    lot.number, other.number = other.number, lot.number
    need.saved_at = now
    session.flush()
    session.expire(need, ["lots"])


def remove_lot(session: Session, need_id: int, lot_id: int, now: datetime) -> None:
    """Take a lot out; those after it move up. Raises LotGone and ForbiddenMove."""
    need = _editable(session, need_id)
    need.lots.remove(_lot(need, lot_id))
    for number, lot in enumerate(need.lots, start=1):
        lot.number = number
    need.saved_at = now
    session.flush()


def _editable(session: Session, need_id: int) -> Need:
    need = need_for_update(session, need_id)
    if need.status not in EDITABLE:
        raise ForbiddenMove(need.status, Move.SUBMIT)
    return need


def _lot(need: Need, lot_id: int) -> Lot:
    lot = next((one for one in need.lots if one.id == lot_id), None)
    if lot is None:
        raise LotGone
    return lot
