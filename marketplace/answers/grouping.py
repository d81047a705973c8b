"""Structures form a group to answer a need: opened, more of them invited, dissolved."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.answers import consortium_queries
from marketplace.answers.consortia import (
    ConsortiumStatus,
    Event,
    GroupRefused,
    LegalForm,
    MemberStatus,
    Origin,
    ShareMode,
    Why,
)
from marketplace.answers.consortium_queries import (
    Share,
    has_published_offer,
    is_otherwise_engaged,
    leads_group,
    living_members,
)
from marketplace.answers.consortium_tables import (
    Consortium,
    ConsortiumEvent,
    ConsortiumMember,
    ConsortiumShare,
)
from marketplace.answers.eligibility import admits_some
from marketplace.answers.informing import tell_buyers, tell_facilitators, tell_invited, tell_members
from marketplace.answers.lifecycle import AnswerStatus
from marketplace.answers.responding import admitted, answer_for_update
from marketplace.needs.queries import is_open
from marketplace.needs.tables import GroupRule, Need
from marketplace.structures.tables import Structure


def open_group(
    session: Session,
    need_id: int,
    lead_id: int,
    partner_ids: Sequence[int],
    user_id: int,
    origin: Origin,
    form: LegalForm,
    now: datetime,
    shares: Sequence[Share] = (),
) -> Consortium:
    """Open a group and invite its structures; `shares` are what each would take, when that is
    known.

    A structure that opens one is its lead at once; of a group that the buyer or a facilitator
    suggests, everyone is invited, the lead too. Raises Refused, GroupRefused.
    """
    if origin is Origin.STRUCTURE:
        need = admitted(session, need_id, lead_id, user_id, now)
    else:
        need = _open_need(session, need_id, now)
    partners = [one for one in dict.fromkeys(partner_ids) if one != lead_id]
    if not partners:
        raise GroupRefused(Why.ALONE)
    group = Consortium(
        need_id=need_id,
        lead_id=lead_id,
        status=ConsortiumStatus.SUGGESTED,
        origin=origin,
        form=form,
        share_mode=ShareMode.LOTS if any(one.lot_id for one in shares) else ShareMode.PERCENT,
        content={},
        created_at=now,
        need=need,
    )
    session.add(group)
    session.flush()
    event = note(session, group, Event.STARTED, lead_id, user_id, now)
    by = "L'acheteur"
    if origin is Origin.STRUCTURE:
        lead = invitable(session, need, lead_id)
        lead_alone(session, need, group)
        group.status = ConsortiumStatus.FORMING
        group.members.append(_member(lead_id, MemberStatus.ACCEPTED, now))
        by = lead.display_name
    else:
        partners.insert(0, lead_id)
        by = "L'acheteur" if origin is Origin.BUYER else "Le facilitateur de votre territoire"
    for structure_id in partners:
        _invite(session, group, structure_id, user_id, now, by)
    members = {member.structure_id for member in group.members}
    for one in shares:
        if one.structure_id in members:
            group.shares.append(
                ConsortiumShare(
                    lot_id=one.lot_id, structure_id=one.structure_id, percent=one.percent
                )
            )
    session.flush()
    tell_facilitators(session, group, event, "Un groupement se forme pour répondre à ce besoin.")
    return group


def invite(
    session: Session,
    group_id: int,
    acting_id: int,
    structure_id: int,
    user_id: int,
    now: datetime,
    *,
    confirmed: bool = False,
) -> None:
    """The lead asks one more structure; asking it twice is asking it once. Raises GroupRefused:
    as `take_back` does too."""
    group = led_group(session, group_id, acting_id, now)
    if any(m.structure_id == structure_id for m in living_members(group)):
        return
    lead = session.get_one(Structure, group.lead_id)
    _invite(session, group, structure_id, user_id, now, lead.display_name)
    take_back(session, group, user_id, now, confirmed=confirmed)


def dissolve(
    session: Session,
    group_id: int,
    acting_id: int,
    user_id: int,
    now: datetime,
    *,
    confirmed: bool = False,
) -> None:
    """The lead ends the group; what it sent is taken back. Raises GroupRefused: as `take_back`
    does too."""
    group = led_group(session, group_id, acting_id, now)
    take_back(session, group, user_id, now, confirmed=confirmed, is_end=True)
    group.status = ConsortiumStatus.DISSOLVED
    event = note(session, group, Event.DISSOLVED, None, user_id, now)
    told = {member.structure_id for member in living_members(group)}
    news = "Le groupement est dissous\u00a0: rien de ce qu'il préparait n'est envoyé."
    tell_members(session, group, told, event, news)
    tell_facilitators(session, group, event, news)


def changing_group(session: Session, group_id: int, now: datetime) -> Consortium:
    """A group, locked, of a need that is kept open until the transaction ends. Raises
    GroupRefused: from the deadline its composition is frozen."""
    need_id = session.scalar(select(Consortium.need_id).where(Consortium.id == group_id))
    if need_id is None:
        raise GroupRefused(Why.NOT_YOURS)
    _open_need(session, need_id, now)
    return group_for_update(session, group_id)


def led_group(session: Session, group_id: int, acting_id: int, now: datetime) -> Consortium:
    """The same, for its lead alone. Raises GroupRefused."""
    group = changing_group(session, group_id, now)
    lead = next((m for m in group.members if m.structure_id == acting_id), None)
    if group.lead_id != acting_id or lead is None or lead.status is not MemberStatus.ACCEPTED:
        raise GroupRefused(Why.NOT_LEAD)
    return group


def group_for_update(session: Session, group_id: int) -> Consortium:
    """A group that lives, locked. Raises GroupRefused."""
    session.execute(select(Consortium.id).where(Consortium.id == group_id).with_for_update())
    found = consortium_queries.whole_groups().where(Consortium.id == group_id)
    group = session.scalars(found.execution_options(populate_existing=True)).unique().one()
    if group.status is ConsortiumStatus.DISSOLVED:
        raise GroupRefused(Why.OVER)
    return group


def member_of(group: Consortium, structure_id: int) -> ConsortiumMember:
    for member in group.members:
        if member.structure_id == structure_id:
            return member
    raise GroupRefused(Why.NOT_YOURS)


def take_back(
    session: Session,
    group: Consortium,
    user_id: int,
    now: datetime,
    *,
    confirmed: bool,
    is_end: bool = False,
) -> None:
    """The group is no longer as the buyer was told: its answer is withdrawn, which the buyer and
    the desk are told; at the end of the group, its members and the desk are told of that alone.

    Raises GroupRefused when an answer was sent and nobody confirmed that it may go.
    """
    if group.status is not ConsortiumStatus.SENT:
        return
    if not confirmed:
        raise GroupRefused(Why.TO_CONFIRM)
    answer = answer_for_update(session, group.need_id, group.lead_id)
    if answer is not None and answer.status is AnswerStatus.SENT:
        answer.status, answer.withdrawn_at = AnswerStatus.WITHDRAWN, now
    group.status, group.sent_at = ConsortiumStatus.FORMING, None
    event = note(session, group, Event.UNSENT, None, user_id, now)
    lead = session.get_one(Structure, group.lead_id).display_name
    said = f"Le groupement que mène {lead} retire la réponse commune qu'il a envoyée."
    if is_end:
        tell_buyers(session, group, event, f"{said} Il est dissous.")
        return
    tell_buyers(session, group, event, f"{said} Il peut en envoyer une autre avant la date limite.")
    tell_facilitators(session, group, event, said)
    news = (
        "La réponse commune est retirée\u00a0: il faut de nouveau l'accord de chacun pour"
        " l'envoyer."
    )
    told = {member.structure_id for member in living_members(group)}
    tell_members(session, group, told, event, news)


def note(
    session: Session,
    group: Consortium,
    event: Event,
    structure_id: int | None,
    user_id: int,
    now: datetime,
    words: str = "",
) -> ConsortiumEvent:
    row = ConsortiumEvent(
        consortium_id=group.id,
        event=event,
        structure_id=structure_id,
        user_id=user_id,
        happened_at=now,
        words=words,
    )
    session.add(row)
    session.flush()
    return row


def _open_need(session: Session, need_id: int, now: datetime) -> Need:
    need = session.scalars(
        select(Need)
        .where(Need.id == need_id, is_open(now))
        .with_for_update(read=True, of=Need)
        .execution_options(populate_existing=True)
    ).first()
    if need is None:
        raise GroupRefused(Why.FROZEN)
    return need


def invitable(session: Session, need: Need, structure_id: int) -> Structure:
    structure = session.get(Structure, structure_id)
    if structure is None or not structure.is_active:
        raise GroupRefused(Why.INACTIVE)
    if not admits_some(need, structure.kind):
        raise GroupRefused(Why.KIND)
    if not has_published_offer(session, structure_id):
        raise GroupRefused(Why.NO_OFFER)
    return structure


def check_other_groups(session: Session, need: Need, structure_id: int, group: Consortium) -> None:
    if need.several_groups is GroupRule.REFUSED and is_otherwise_engaged(
        session, need.id, structure_id, group.id
    ):
        raise GroupRefused(Why.TWO_GROUPS)


def lead_alone(session: Session, need: Need, group: Consortium) -> None:
    """One group for each lead and contract; two requests of one structure wait for each other."""
    session.execute(select(Structure.id).where(Structure.id == group.lead_id).with_for_update())
    if leads_group(session, need.id, group.lead_id):
        raise GroupRefused(Why.SECOND_LEAD)
    check_other_groups(session, need, group.lead_id, group)


def _invite(
    session: Session, group: Consortium, structure_id: int, user_id: int, now: datetime, by: str
) -> None:
    structure = invitable(session, group.need, structure_id)
    member = next((m for m in group.members if m.structure_id == structure_id), None)
    if member is None:
        group.members.append(_member(structure_id, MemberStatus.INVITED, now))
    else:
        member.status, member.invited_at, member.answered_at = MemberStatus.INVITED, now, None
    event = note(session, group, Event.INVITED, structure_id, user_id, now)
    tell_invited(session, group, structure, event, by)


def _member(structure_id: int, status: MemberStatus, now: datetime) -> ConsortiumMember:
    return ConsortiumMember(
        structure_id=structure_id, status=status, invited_at=now, agreed_hash=""
    )
