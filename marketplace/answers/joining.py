"""Structures join a group that answers a need, leave it, or take its lead."""

from datetime import datetime

from sqlalchemy.orm import Session

from marketplace.answers.consortia import (
    LIVING,
    ConsortiumStatus,
    Event,
    GroupRefused,
    MemberStatus,
    Why,
)
from marketplace.answers.consortium_queries import (
    accepted_members,
    leads_group,
    living_members,
)
from marketplace.answers.consortium_tables import Consortium, ConsortiumMember
from marketplace.answers.enclosing import take_out_all
from marketplace.answers.grouping import (
    changing_group,
    check_other_groups,
    invitable,
    lead_alone,
    led_group,
    member_of,
    note,
    take_back,
)
from marketplace.answers.informing import tell_members
from marketplace.answers.responding import admitted
from marketplace.structures.tables import Structure


def reply(
    session: Session,
    group_id: int,
    structure_id: int,
    *,
    accepts: bool,
    user_id: int,
    now: datetime,
) -> None:
    """A structure answers its invitation; replying the same again changes nothing.

    Raises Refused when it may not answer this need, GroupRefused.
    """
    group = changing_group(session, group_id, now)
    member = member_of(group, structure_id)
    wanted = MemberStatus.ACCEPTED if accepts else MemberStatus.REFUSED
    if member.status is wanted:
        return
    if member.status is not MemberStatus.INVITED:
        raise GroupRefused(Why.NOT_YOURS)
    if accepts:
        need = admitted(session, group.need_id, structure_id, user_id, now)
        invitable(session, need, structure_id)
        check_other_groups(session, need, structure_id, group)
        if structure_id == group.lead_id:
            lead_alone(session, need, group)
            group.status = ConsortiumStatus.FORMING
    else:
        _drop_shares(group, structure_id)
    member.status, member.answered_at = wanted, now
    event = Event.ACCEPTED if accepts else Event.REFUSED
    said = "accepte de rejoindre" if accepts else "ne rejoint pas"
    tell_all(session, group, event, structure_id, user_id, now, f"{said} le groupement")


def leave(
    session: Session,
    group_id: int,
    structure_id: int,
    user_id: int,
    now: datetime,
    *,
    confirmed: bool = False,
) -> None:
    """A member goes. The lead hands over, or dissolves the group. Raises GroupRefused: as
    grouping.take_back does too."""
    group = changing_group(session, group_id, now)
    member = member_of(group, structure_id)
    if member.status not in LIVING:
        return
    if structure_id == group.lead_id and group.status is not ConsortiumStatus.SUGGESTED:
        raise GroupRefused(Why.LEAD_STAYS)
    said = "quitte le groupement"
    _go(session, group, member, Event.LEFT, user_id, now, said, confirmed=confirmed)


def remove(
    session: Session,
    group_id: int,
    acting_id: int,
    structure_id: int,
    user_id: int,
    now: datetime,
    *,
    confirmed: bool = False,
) -> None:
    """The lead takes a member or an invitation out. Raises GroupRefused: as grouping.take_back
    does too."""
    group = led_group(session, group_id, acting_id, now)
    member = member_of(group, structure_id)
    if structure_id == group.lead_id:
        raise GroupRefused(Why.LEAD_STAYS)
    if member.status in LIVING:
        said = "ne fait plus partie du groupement"
        _go(session, group, member, Event.REMOVED, user_id, now, said, confirmed=confirmed)


def hand_over(
    session: Session,
    group_id: int,
    acting_id: int,
    structure_id: int,
    user_id: int,
    now: datetime,
    *,
    confirmed: bool = False,
) -> None:
    """Another member becomes the lead: named by the lead, or by itself once the lead has refused
    or left Tandem. Raises GroupRefused: as grouping.take_back does too."""
    group = changing_group(session, group_id, now)
    accepted = {member.structure_id for member in accepted_members(group)}
    if structure_id not in accepted:
        raise GroupRefused(Why.NOT_A_MEMBER)
    if structure_id == group.lead_id:
        return
    if acting_id != group.lead_id and (acting_id != structure_id or not is_leaderless(group)):
        raise GroupRefused(Why.NOT_LEAD)
    take_back(session, group, user_id, now, confirmed=confirmed)
    if leads_group(session, group.need_id, structure_id):
        raise GroupRefused(Why.SECOND_LEAD)
    group.lead_id, group.status = structure_id, ConsortiumStatus.FORMING
    session.flush()
    session.refresh(group, ["lead"])
    tell_all(session, group, Event.LEAD, structure_id, user_id, now, "est le nouveau mandataire")


def is_leaderless(group: Consortium) -> bool:
    """Whether the lead is not, or no longer, there to act."""
    lead = next((m for m in group.members if m.structure_id == group.lead_id), None)
    return (
        lead is None
        or lead.status in (MemberStatus.REFUSED, MemberStatus.LEFT)
        or (not lead.structure.is_active)
    )


def _drop_shares(group: Consortium, structure_id: int) -> None:
    for share in [one for one in group.shares if one.structure_id == structure_id]:
        group.shares.remove(share)


def _go(
    session: Session,
    group: Consortium,
    member: ConsortiumMember,
    event: Event,
    user_id: int,
    now: datetime,
    said: str,
    *,
    confirmed: bool,
) -> None:
    take_back(session, group, user_id, now, confirmed=confirmed)
    member.status, member.agreed_hash, member.agreed_at = MemberStatus.LEFT, "", None
    _drop_shares(group, member.structure_id)
    take_out_all(session, group.id, member.structure_id)
    tell_all(session, group, event, member.structure_id, user_id, now, said)


def tell_all(
    session: Session,
    group: Consortium,
    event: Event,
    structure_id: int,
    user_id: int,
    now: datetime,
    said: str,
) -> None:
    """To every other member, and to the structure itself when another did it."""
    row = note(session, group, event, structure_id, user_id, now)
    name = session.get_one(Structure, structure_id).display_name
    told = {member.structure_id for member in living_members(group)} | {structure_id}
    tell_members(session, group, told, row, f"{name} {said}.")
