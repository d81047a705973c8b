"""Structures that nobody speaks for yet, written to at their public address.

Once a month at most, one mail an address however many structures share it, and nothing when
no open need fits: how many do, the best three with the reasons, a link to claim the structure.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, joinedload

from marketplace import formats, mail
from marketplace.accounts.tables import User
from marketplace.clock import PARIS
from marketplace.digests import periods
from marketplace.digests.opting_out import EVERYTHING
from marketplace.digests.rechecking import CONTACT
from marketplace.digests.sections import MOST_REASONS
from marketplace.digests.tables import ContactAddress, PausedAddress
from marketplace.mail import Draft, Promise
from marketplace.matching import explaining
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.moving import move_match
from marketplace.matching.tables import Match
from marketplace.needs import wording
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need
from marketplace.structures.tables import Structure, StructureMember

EVERY = timedelta(days=31)
BEST = 3
A_RUN = 500
"""Addresses written to in one run; the others wait for the next."""


def write_to_contacts(session: Session, now: datetime) -> int:
    """How many mails. Nothing on days off; may run as often as one likes."""
    if periods.digest_day(now) is None:
        return 0
    found = _structures(session, now)
    contacts = _contacts(session, list(found), now)
    drafts = [
        _draft(session, contact, found[contact.address], now)
        for contact in contacts
        if contact.address in found
    ]
    written = mail.post_many(session, drafts)
    session.execute(
        update(ContactAddress)
        .where(ContactAddress.id.in_([contact.id for contact in contacts]))
        .values(written_at=now)
        .execution_options(synchronize_session=False)
    )
    return len(written)


def _structures(session: Session, now: datetime) -> dict[str, list[int]]:
    """By address, the live structures without a member that an open need fits."""
    address = func.lower(Structure.email)
    fits = (
        select(Match.id)
        .join(Need)
        .where(Match.structure_id == Structure.id, is_open(now), _is_new())
    )
    member = select(StructureMember).where(StructureMember.structure_id == Structure.id)
    known = select(User.id).where(func.lower(User.email) == address, User.is_active)
    paused = select(PausedAddress).where(PausedAddress.address == address)
    written = select(ContactAddress).where(
        ContactAddress.address == address,
        or_(ContactAddress.refused_at.is_not(None), ContactAddress.written_at > now - EVERY),
    )
    wanted = (
        select(address, Structure.id)
        .where(Structure.email != "", Structure.is_active, Structure.is_reachable)
        .where(fits.exists(), ~member.exists(), ~known.exists())
        .where(~paused.exists(), ~written.exists())
        .order_by(address, Structure.id)
        .limit(A_RUN)
    )
    found: dict[str, list[int]] = defaultdict(list)
    for its_address, structure_id in session.execute(wanted):
        found[its_address].append(structure_id)
    return found


def _is_new() -> ColumnElement[bool]:
    return (func.cardinality(Match.near) == 0) & (Match.status == MatchStatus.SUGGESTED)


def _contacts(
    session: Session, addresses: Sequence[str], now: datetime
) -> Sequence[ContactAddress]:
    """The rows of these addresses, locked; those that another run just took are left out."""
    if not addresses:
        return []
    new = insert(ContactAddress).values([{"address": address} for address in addresses])
    session.execute(new.on_conflict_do_nothing())
    free = or_(ContactAddress.written_at.is_(None), ContactAddress.written_at <= now - EVERY)
    return session.scalars(
        select(ContactAddress)
        .where(ContactAddress.address.in_(addresses), free, ContactAddress.refused_at.is_(None))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()


def _draft(
    session: Session, contact: ContactAddress, structure_ids: Sequence[int], now: datetime
) -> Draft:
    fitting = (
        select(Match)
        .join(Need)
        .where(Match.structure_id.in_(structure_ids), is_open(now))
        .where(_is_new())
        .options(joinedload(Match.need).joinedload(Need.organisation), joinedload(Match.structure))
        .order_by(Match.score.desc(), Match.id)
        .with_for_update(of=Match)
    )
    best: dict[int, Match] = {}
    for match in session.scalars(fitting):
        best.setdefault(match.need_id, match)
    today = now.astimezone(PARIS).date()
    shown = list(best.values())[:BEST]
    for match in shown:
        move_match(session, match, MatchStatus.NOTIFIED, None, now)
    structure = shown[0].structure
    return Draft(
        key=f"contact:{contact.id}:{today.isoformat()}",
        kind=CONTACT,
        address=contact.address,
        promise=Promise.AT_MOST_ONCE,
        topic=EVERYTHING,
        context={
            "name": "",
            "contact_id": contact.id,
            "structure": structure.display_name,
            "link": f"/structures/{structure.slug}/revendiquer",
            "count": len(best),
            "needs": [_told(match, today) for match in shown],
        },
    )


def _told(match: Match, today: date) -> dict[str, Any]:
    need = match.need
    lines = [wording.shown_buyer(need)]
    if need.deadline_on is not None:
        left = formats.days_left(need.deadline_on, today)
        lines.append(f"Réponses jusqu'au {formats.long_date(need.deadline_on)}, {left}")
    lines += explaining.sentences(match.reasons, "structure")[:MOST_REASONS]
    return {
        "need_id": need.id,
        "title": need.title,
        "link": f"/besoins/{need.slug}",
        "lines": lines,
    }
