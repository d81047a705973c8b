"""A facilitator adjusts whom a need targets before deciding, and writes down what it sees."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.audit import Action
from marketplace.moderation.deciding import waiting_entry
from marketplace.moderation.tables import DeskNote, QueueEntry
from marketplace.needs.amending import differences
from marketplace.needs.amending_lots import locked_with_lots, lot_differences, open_lot
from marketplace.needs.drafting import Answers, ChangedElsewhere, fingerprint, write_answers
from marketplace.needs.lifecycle import ForbiddenMove, Move
from marketplace.needs.lots import lot_seen
from marketplace.needs.posting import LotDraft, need_for_update, write_lot

TARGETING = (
    "sectors",
    "place_type",
    "commune_code",
    "radius_km",
    "zones",
    "service_types",
    "kinds",
    "include_country",
)
"""The answers that say who could answer a need."""


def adjust(
    session: Session,
    need_id: int,
    moderator_id: int,
    answers: Answers,
    seen: str,
    said: Callable[[Mapping[str, list[Any]]], str],
    now: datetime,
    ip: str = "",
) -> DeskNote | None:
    """Change the targeting of a need that waits for a decision; None when nothing changes.

    What changed is kept with the need, in the words that `said` makes of it, and told to the
    buyer with the decision. `seen` is the fingerprint of TARGETING when the page was shown.
    Raises NoResultFound, ForbiddenMove, ChangedElsewhere.
    """
    need = need_for_update(session, need_id)
    entry = waiting_entry(session, need_id)
    if entry is None:
        raise ForbiddenMove(need.status, Move.APPROVE)
    changes = differences(need, answers)
    if not changes:
        return None
    if (found := fingerprint(need, TARGETING)) != seen:
        raise ChangedElsewhere(need, found)
    write_answers(need, answers)
    return _keep(session, entry, moderator_id, changes, said(changes), now, ip)


def adjust_lot(
    session: Session,
    need_id: int,
    lot_id: int,
    moderator_id: int,
    draft: LotDraft,
    seen: str,
    said: Callable[[Mapping[str, list[Any]]], str],
    now: datetime,
    ip: str = "",
) -> DeskNote | None:
    """The same of one lot alone. `seen` is its fingerprint when the page was shown.

    Raises LotGone besides.
    """
    need = locked_with_lots(session, need_id)
    entry = waiting_entry(session, need_id)
    if entry is None:
        raise ForbiddenMove(need.status, Move.APPROVE)
    lot = open_lot(need, lot_id)
    changes = lot_differences(lot, draft)
    if not changes:
        return None
    if (found := lot_seen(lot)) != seen:
        raise ChangedElsewhere(need, found)
    write_lot(lot, draft)
    return _keep(session, entry, moderator_id, changes, said(changes), now, ip)


def _keep(
    session: Session,
    entry: QueueEntry,
    moderator_id: int,
    changes: dict[str, list[Any]],
    words: str,
    now: datetime,
    ip: str,
) -> DeskNote:
    note = DeskNote(
        need_id=entry.need_id,
        desk_id=entry.desk_id,
        user_id=moderator_id,
        words=words,
        changes=changes,
        written_at=now,
    )
    session.add(note)
    session.flush()
    about = ("need", note.need_id)
    fields = sorted(changes)
    audit.note(session, Action.CHANGED, actor_id=moderator_id, about=about, ip=ip, fields=fields)
    return note


def write_note(
    session: Session, need_id: int, desk_id: int, user_id: int, words: str, now: datetime
) -> DeskNote:
    """Leave a note on a need for the desk's colleagues; its buyer never reads it."""
    note = DeskNote(need_id=need_id, desk_id=desk_id, user_id=user_id, words=words, written_at=now)
    session.add(note)
    return note
