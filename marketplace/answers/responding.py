"""A structure opens a need, says that it is interested, or declines with a reason."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.accounts.tables import OrganisationMember
from marketplace.answers.consortium_queries import is_in_group
from marketplace.answers.eligibility import admits_some
from marketplace.answers.lifecycle import STANDING, AnswerStatus, DeclineReason, Refusal, Refused
from marketplace.answers.tables import Answer
from marketplace.matching.lifecycle import FROM, MatchStatus
from marketplace.matching.moving import match_for_update, move_match
from marketplace.matching.tables import Match
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need
from marketplace.offers.tables import Offer, OfferStatus
from marketplace.structures.tables import Structure

VOLUNTEERED = "volunteered"
"""The reason of a match that no ranking found: the structure came by itself."""


def stamp_opened(
    session: Session, need_id: int, structure_ids: Collection[int], user_id: int, now: datetime
) -> bool:
    """A member looks at the page of an open need: its structures' matches are opened, once.

    A match that another request holds is left to it.
    """
    if session.scalar(select(Need.id).where(Need.id == need_id, is_open(now))) is None:
        return False
    unopened = (
        select(Match)
        .where(
            Match.need_id == need_id,
            Match.structure_id.in_(structure_ids),
            Match.status.in_(FROM[MatchStatus.OPENED]),
        )
        .order_by(Match.structure_id)
        .with_for_update(of=Match, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    found = session.scalars(unopened).all()
    for match in found:
        move_match(session, match, MatchStatus.OPENED, user_id, now)
    return bool(found)


def say_interested(
    session: Session, need_id: int, structure_id: int, user_id: int, now: datetime
) -> None:
    """Saying it twice is saying it once. Raises Refused."""
    admitted(session, need_id, structure_id, user_id, now)
    stand(session, need_id, structure_id, user_id, now)


def stand(session: Session, need_id: int, structure_id: int, user_id: int, now: datetime) -> None:
    """Put an admitted structure in the running, if it is not. Raises Refused."""
    match = _own_match(session, need_id, structure_id, now)
    if match.status not in STANDING:
        _move(session, match, MatchStatus.INTERESTED, user_id, now)


def decline(
    session: Session,
    need_id: int,
    structure_id: int,
    user_id: int,
    now: datetime,
    reason_code: DeclineReason,
    reason: str,
) -> None:
    """Whatever was answered is withdrawn. Declining twice is declining once. Raises Refused."""
    admitted(session, need_id, structure_id, user_id, now)
    if is_in_group(session, need_id, structure_id):
        raise Refused(Refusal.GROUPED)
    match = match_for_update(session, need_id, structure_id)
    if match is None:
        raise Refused(Refusal.CLOSED)
    if match.status is not MatchStatus.DECLINED:
        _move(session, match, MatchStatus.DECLINED, user_id, now, reason_code, reason)
    answer = answer_for_update(session, need_id, structure_id)
    if answer is not None and answer.status is AnswerStatus.SENT:
        answer.status, answer.withdrawn_at = AnswerStatus.WITHDRAWN, now


def admitted(
    session: Session, need_id: int, structure_id: int, user_id: int, now: datetime
) -> Need:
    """The need, kept open and the structure kept active until the transaction ends.

    Raises Refused: also to whoever comes a second after the deadline, or while the buyer
    withdraws the need, which waits for those who came before.
    """
    need = session.scalars(
        select(Need)
        .where(Need.id == need_id, is_open(now))
        .with_for_update(read=True, of=Need)
        .execution_options(populate_existing=True)
    ).first()
    if need is None:
        raise Refused(Refusal.CLOSED)
    structure = session.scalars(
        select(Structure)
        .where(Structure.id == structure_id, Structure.is_active)
        .with_for_update(read=True, of=Structure)
        .execution_options(populate_existing=True)
    ).first()
    if structure is None:
        raise Refused(Refusal.STRUCTURE_CLOSED)
    if not admits_some(need, structure.kind):
        raise Refused(Refusal.KIND)
    if buys(session, need, user_id):
        raise Refused(Refusal.BOTH_SIDES)
    return need


def buys(session: Session, need: Need, user_id: int) -> bool:
    """Whether this person is one of the need's buyers."""
    theirs = exists().where(
        OrganisationMember.user_id == user_id,
        or_(
            OrganisationMember.organisation_id == need.organisation_id,
            OrganisationMember.organisation_id == need.platform_id,
        ),
    )
    return bool(session.scalar(select(theirs)))


def answer_for_update(session: Session, need_id: int, structure_id: int) -> Answer | None:
    named = select(Answer).filter_by(need_id=need_id, structure_id=structure_id)
    locked = named.with_for_update(of=Answer).execution_options(populate_existing=True)
    return session.scalars(locked).first()


def _own_match(session: Session, need_id: int, structure_id: int, now: datetime) -> Match:
    """The locked match of a structure; a new one, last, when no ranking found it."""
    match = match_for_update(session, need_id, structure_id)
    if match is not None:
        return match
    offer_id = session.scalar(
        select(func.min(Offer.id)).where(
            Offer.structure_id == structure_id, Offer.status == OfferStatus.PUBLISHED
        )
    )
    if offer_id is None:
        raise Refused(Refusal.NO_OFFER)
    last = select(func.coalesce(func.max(Match.rank), 0) + 1).where(Match.need_id == need_id)
    session.execute(
        insert(Match)
        .values(
            need_id=need_id,
            structure_id=structure_id,
            offer_id=offer_id,
            rank=last.scalar_subquery(),
            score=0.0,
            parts={},
            reasons=[{"code": VOLUNTEERED}],
            near=[],
            status=MatchStatus.SUGGESTED,
            first_matched_at=now,
        )
        .on_conflict_do_nothing(index_elements=["need_id", "structure_id"])
    )
    made = match_for_update(session, need_id, structure_id)
    assert made is not None, "it was just made, here or by another"  # noqa: S101
    return made


def _move(
    session: Session,
    match: Match,
    status: MatchStatus,
    user_id: int,
    now: datetime,
    reason_code: str = "",
    reason: str = "",
) -> None:
    if match.status not in FROM[status]:
        raise Refused(Refusal.DECIDED)
    move_match(session, match, status, user_id, now, reason_code, reason)
