"""Whether a mail that was written down may still leave, looked at when it does.

Security mails and invitations have no topic and always may. Of the others, the address may
be paused, the reader may have changed its mind, the need may be closed.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.clock import PARIS
from marketplace.digests import opting_out, sections
from marketplace.digests.opting_out import Choices
from marketplace.digests.tables import ContactAddress, Notice, NoticeKind, PausedAddress
from marketplace.digests.topics import Rhythm, Topic
from marketplace.mail import MailState, OutgoingMail
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.tables import Match
from marketplace.moderation.tables import QueueEntry
from marketplace.needs.plan_tables import PlannedPurchase
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need
from marketplace.offers.queries import to_confirm
from marketplace.offers.tables import Offer

PERSONAL = "digests/personal"
CONTACT = "digests/contact"
NOTHING = 0
"""The `mail_id` of a notice that no mail will tell any more."""

OF_OPEN_NEEDS = (
    NoticeKind.NEED_MATCHED,
    NoticeKind.NEED_CLOSING,
    NoticeKind.NEW_MATCH,
    NoticeKind.OWN_NEED_CLOSING,
    NoticeKind.ENQUIRY_ANSWERED,
    NoticeKind.FEW_MATCHES,
    NoticeKind.PLAN_PUBLISHED,
)
"""What is not told any more once the need is closed."""

OF_MATCHES = (NoticeKind.NEED_MATCHED, NoticeKind.NEED_CLOSING)
OF_QUEUES = (NoticeKind.QUEUED, NoticeKind.OVERDUE)
OF_PLANS = (NoticeKind.PURCHASE_PLANNED,)
OF_OFFERS = (NoticeKind.OFFER_TO_CONFIRM,)
UNANSWERED = (MatchStatus.SUGGESTED, MatchStatus.NOTIFIED, MatchStatus.OPENED)

_PERSONAL_PAGES = ("/reponse/", "/invitations/", "/compte/")
"""Where links lead that let their reader in: they stay in the mail."""


def why_not(
    session: Session, row: OutgoingMail, subject: Callable[[], str], now: datetime
) -> str | None:
    """Why a claimed mail must not leave, or None. What is left of it is put in its context.

    `subject` says what the mail is called, where it becomes a notification.
    """
    if not row.topic:
        return None
    if session.get(PausedAddress, row.address.lower()) is not None:
        release(session, row.id, now)
        return "adresse en pause"
    if row.kind == CONTACT:
        return _why_not_contact(session, row, now)
    need_id = row.context.get("need_id")
    if row.topic == Topic.NEEDS and need_id and not open_among(session, {need_id}, now):
        return "besoin clos"
    if row.user_id is None:
        return _why_not_firm(session, row) if row.topic == Topic.HOURS else None
    has_rhythm = row.topic in {*Topic, opting_out.EVERYTHING}
    return _why_not_person(session, row, row.user_id, subject, now) if has_rhythm else None


def _why_not_person(
    session: Session, row: OutgoingMail, user_id: int, subject: Callable[[], str], now: datetime
) -> str | None:
    user = session.get(User, user_id, populate_existing=True)
    if user is None or not user.is_active or user.email_verified_at is None:
        return "compte fermé"
    choices = opting_out.choices_of(session, user_id)
    is_paused = (
        choices.paused_until is not None and now.astimezone(PARIS).date() < choices.paused_until
    )
    if row.kind == PERSONAL:
        row.address = user.email
        return _why_not_digest(session, row, choices, is_paused, now)
    return _why_not_alone(session, row, subject(), choices, is_paused, now)


def _why_not_contact(session: Session, row: OutgoingMail, now: datetime) -> str | None:
    contact = session.get(ContactAddress, row.context["contact_id"], populate_existing=True)
    if contact is None or contact.refused_at is not None:
        return "désabonné"
    still_open = open_among(session, {need["need_id"] for need in row.context["needs"]}, now)
    needs = [need for need in row.context["needs"] if need["need_id"] in still_open]
    row.context = row.context | {"needs": needs}
    return None if needs else "besoins clos"


def _why_not_firm(session: Session, row: OutgoingMail) -> str | None:
    """Of a mail to a firm without an account, which ends such mails by the link of its address."""
    address = row.address.lower()
    session.execute(insert(ContactAddress).values(address=address).on_conflict_do_nothing())
    contact = session.scalars(select(ContactAddress).filter_by(address=address)).one()
    row.context = row.context | {"contact_id": contact.id}
    return "désabonné" if contact.refused_at is not None else None


def _why_not_digest(
    session: Session, row: OutgoingMail, choices: Choices, is_paused: bool, now: datetime
) -> str | None:
    if is_paused:
        release(session, row.id, now)
        return "en pause"
    still = _still_to_tell(session, row, choices, now)
    kept = sections.kept(row.context["sections"], still)
    if not kept:
        return "plus rien à dire"
    told = sections.told_in(kept)
    session.execute(
        update(Notice)
        .where(Notice.id.in_(told), Notice.mail_id.is_(None))
        .values(mail_id=row.id)
        .execution_options(synchronize_session=False)
    )
    row.context = row.context | {"sections": kept, "subject": sections.subject_of(kept)}
    return None


def _still_to_tell(
    session: Session, row: OutgoingMail, choices: Choices, now: datetime
) -> set[int]:
    """The notices of a digest that still are news: not in a later digest, and still true."""
    named = sections.told_in(row.context["sections"])
    notices = session.scalars(
        select(Notice)
        .where(Notice.id.in_(named), or_(Notice.mail_id == row.id, Notice.mail_id.is_(None)))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    wanted = [one for one in notices if choices.rhythms[one.topic] is not Rhythm.NEVER]
    return still_true(session, wanted, now)


def still_true(session: Session, notices: Sequence[Notice], now: datetime) -> set[int]:
    """The ids of those whose need is open, whose match waits, whose entry is not decided, whose
    purchase is still planned, whose offer is still to be confirmed."""
    still_open = open_among(session, {n.need_id for n in notices if n.need_id is not None}, now)
    matches = {notice.subject_id for notice in notices if notice.kind in OF_MATCHES}
    waiting = {*session.scalars(_unanswered(matches))} if matches else set()
    entries = {notice.subject_id for notice in notices if notice.kind in OF_QUEUES}
    plans = {notice.subject_id for notice in notices if notice.kind in OF_PLANS}
    planned = {*session.scalars(_planned(plans))} if plans else set()
    offers = {notice.subject_id for notice in notices if notice.kind in OF_OFFERS}
    doubtful = {*session.scalars(_doubtful(offers, now))} if offers else set()
    undecided = {*session.scalars(_undecided(entries))} if entries else set()
    return {
        notice.id
        for notice in notices
        if (not _is_of_open_need(notice) or notice.need_id in still_open)
        and (notice.kind not in OF_MATCHES or notice.subject_id in waiting)
        and (notice.kind not in OF_QUEUES or notice.subject_id in undecided)
        and (notice.kind not in OF_PLANS or notice.subject_id in planned)
        and (notice.kind not in OF_OFFERS or notice.subject_id in doubtful)
    }


def _is_of_open_need(notice: Notice) -> bool:
    is_reminder = notice.topic is Topic.NEEDS and notice.need_id is not None
    return is_reminder or notice.kind in OF_OPEN_NEEDS


def _unanswered(match_ids: Collection[int]) -> Select[int]:
    return select(Match.id).where(Match.id.in_(match_ids), Match.status.in_(UNANSWERED))


def _planned(plan_ids: Collection[int]) -> Select[int]:
    return select(PlannedPurchase.id).where(
        PlannedPurchase.id.in_(plan_ids), PlannedPurchase.need_id.is_(None)
    )


def _doubtful(offer_ids: Collection[int], now: datetime) -> Select[int]:
    return select(Offer.id).where(Offer.id.in_(offer_ids), to_confirm(now))


def _undecided(entry_ids: Collection[int]) -> Select[int]:
    return select(QueueEntry.id).where(
        QueueEntry.id.in_(entry_ids), QueueEntry.decided_at.is_(None)
    )


def _why_not_alone(
    session: Session,
    row: OutgoingMail,
    subject: str,
    choices: Choices,
    is_paused: bool,
    now: datetime,
) -> str | None:
    """Of a mail that another room wrote: it is in the notifications whatever its rhythm and,
    where that is not « tout de suite », it goes with a digest instead."""
    rhythm = choices.rhythms[Topic(row.topic)]
    if rhythm is Rhythm.NEVER:
        _notify(session, row, subject, now, mail_id=NOTHING)
        return "désabonné"
    leaves = rhythm is Rhythm.IMMEDIATE and not is_paused
    _notify(session, row, subject, now, mail_id=row.id if leaves else None)
    return None if leaves else "dans le prochain récapitulatif"


def _notify(
    session: Session, row: OutgoingMail, subject: str, now: datetime, mail_id: int | None
) -> None:
    link = str(row.context.get("link", ""))
    is_page = link.startswith("/") and not link.startswith(_PERSONAL_PAGES)
    need_id = row.context.get("need_id")
    notice = insert(Notice).values(
        user_id=row.user_id,
        topic=row.topic,
        kind=NoticeKind.MAILED,
        subject_id=row.id,
        need_id=need_id if isinstance(need_id, int) else None,
        title=subject,
        link=link[:500] if is_page else sections.NOTIFICATIONS,
        is_urgent=False,
        ready_at=now,
        mail_id=mail_id,
    )
    session.execute(
        notice.on_conflict_do_update(
            index_elements=["user_id", "kind", "subject_id"], set_={"mail_id": mail_id}
        )
    )


def release(session: Session, mail_id: int, now: datetime) -> None:
    """What a mail was to tell waits for the next digest."""
    session.execute(
        update(Notice)
        .where(Notice.mail_id == mail_id)
        .values(mail_id=None, ready_at=now)
        .execution_options(synchronize_session=False)
    )


def carry_over(session: Session, now: datetime) -> int:
    """What digests that may never have arrived were to tell waits for the next. How many."""
    lost = (MailState.UNCERTAIN, MailState.FAILED)
    carried = session.execute(
        update(Notice)
        .where(Notice.mail_id == OutgoingMail.id, OutgoingMail.state.in_(lost))
        .values(mail_id=None, ready_at=now)
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    return len(carried.all())


def open_among(session: Session, need_ids: Collection[int], now: datetime) -> set[int]:
    wanted: Select[Any] = select(Need.id).where(Need.id.in_(need_ids), is_open(now))
    return set(session.scalars(wanted))
