"""A group settles its legal form and what each member takes; the buyer may move a share later."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.answers import queries
from marketplace.answers.consortia import (
    ConsortiumStatus,
    Event,
    GroupRefused,
    LegalForm,
    MemberStatus,
    ShareMode,
    Why,
    check_lots,
    check_percents,
)
from marketplace.answers.consortium_queries import accepted_members, living_members
from marketplace.answers.consortium_tables import Consortium, ConsortiumShare
from marketplace.answers.eligibility import admits
from marketplace.answers.grouping import (
    group_for_update,
    led_group,
    member_of,
    note,
    take_back,
)
from marketplace.answers.informing import tell_facilitators, tell_members
from marketplace.answers.tables import Answer
from marketplace.needs.lifecycle import Status
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need
from marketplace.structures.tables import Structure


def settle_by_percent(
    session: Session,
    group_id: int,
    acting_id: int,
    form: LegalForm,
    percents: Mapping[int, Decimal],
    user_id: int,
    now: datetime,
    *,
    confirmed: bool = False,
) -> None:
    """The lead gives each structure, invited ones too, its share of the whole.

    Raises GroupRefused: unless they make exactly 100, and as grouping.take_back does.
    """
    group = led_group(session, group_id, acting_id, now)
    members = living_members(group)
    check_percents(percents, [member.structure_id for member in members])
    reserved = {lot.lever for lot in group.need.open_lots} or {None}
    if not all(admits(group.need, m.structure.kind, lever) for m in members for lever in reserved):
        raise GroupRefused(Why.LOT_KIND)
    rows = [
        ConsortiumShare(structure_id=structure_id, lot_id=None, percent=percent)
        for structure_id, percent in sorted(percents.items())
    ]
    _settle(session, group, form, ShareMode.PERCENT, rows, user_id, now, confirmed=confirmed)


def settle_by_lot(
    session: Session,
    group_id: int,
    acting_id: int,
    form: LegalForm,
    lots: Mapping[int, Mapping[int, Decimal]],
    user_id: int,
    now: datetime,
    *,
    confirmed: bool = False,
) -> None:
    """The lead gives each lot that the group answers to one structure, or shares it between
    several, by percentages of the lot.

    Raises GroupRefused: unless each lot makes exactly 100, and as grouping.take_back does.
    """
    group = led_group(session, group_id, acting_id, now)
    members = {member.structure_id: member.structure for member in living_members(group)}
    check_lots(lots, members)
    of_need = {lot.id: lot for lot in group.need.lots}
    for lot_id, shares in lots.items():
        if lot_id not in of_need:
            raise GroupRefused(Why.CHANGED)
        lever = of_need[lot_id].lever
        if not all(admits(group.need, members[one].kind, lever) for one in shares):
            raise GroupRefused(Why.LOT_KIND)
    rows = [
        ConsortiumShare(structure_id=structure_id, lot_id=lot_id, percent=percent)
        for lot_id, shares in sorted(lots.items())
        for structure_id, percent in sorted(shares.items())
    ]
    _settle(session, group, form, ShareMode.LOTS, rows, user_id, now, confirmed=confirmed)


def _settle(
    session: Session,
    group: Consortium,
    form: LegalForm,
    mode: ShareMode,
    rows: list[ConsortiumShare],
    user_id: int,
    now: datetime,
    *,
    confirmed: bool,
) -> None:
    before = {(row.structure_id, row.lot_id, row.percent) for row in group.shares}
    wanted = {(row.structure_id, row.lot_id, row.percent) for row in rows}
    if (group.form, group.share_mode, before) == (form, mode, wanted):
        return
    take_back(session, group, user_id, now, confirmed=confirmed)
    group.form, group.share_mode = form, mode
    group.shares.clear()
    session.flush()
    group.shares.extend(rows)
    event = note(session, group, Event.TERMS, None, user_id, now)
    told = {member.structure_id for member in living_members(group)}
    tell_members(session, group, told, event, "La forme ou les parts du groupement ont changé.")


def release(
    session: Session,
    group_id: int,
    structure_id: int,
    taker_id: int,
    user_id: int,
    reason: str,
    now: datetime,
) -> None:
    """After the deadline, the buyer lets a member go; another takes its share and, if it led the
    group, the lead. What was answered stays.

    Raises GroupRefused: while the group may still change itself, once the outcome is known.
    """
    need = session.scalars(
        select(Need)
        .join(Consortium, Consortium.need_id == Need.id)
        .where(Consortium.id == group_id)
        .with_for_update(read=True, of=Need)
        .execution_options(populate_existing=True)
    ).one()
    if session.scalar(select(Need.id).where(Need.id == need.id, is_open(now))) is not None:
        raise GroupRefused(Why.NOT_FROZEN)
    if need.status not in (Status.PUBLISHED, Status.CLOSED) or queries.has_outcome(
        session, need.id
    ):
        raise GroupRefused(Why.DECIDED)
    group = group_for_update(session, group_id)
    accepted = {member.structure_id for member in accepted_members(group)}
    if group.status is not ConsortiumStatus.SENT or not {structure_id, taker_id} <= accepted:
        raise GroupRefused(Why.NOT_A_MEMBER)
    taker = session.get_one(Structure, taker_id)
    if structure_id == taker_id or not taker.is_active:
        raise GroupRefused(Why.NOT_A_MEMBER)
    member = member_of(group, structure_id)
    _pass_on(session, group, structure_id, taker_id)
    if structure_id == group.lead_id:
        _pass_lead(session, group, taker_id)
    member.status, member.agreed_hash, member.agreed_at = MemberStatus.LEFT, "", None
    event = note(session, group, Event.RELEASED, structure_id, user_id, now, reason)
    news = (
        f"L'acheteur a décidé que {member.structure.display_name} quitte le groupement\u00a0:"
        f" {taker.display_name} prend sa part."
    )
    tell_members(session, group, accepted, event, news)
    tell_facilitators(session, group, event, news)


def _pass_on(session: Session, group: Consortium, giver_id: int, taker_id: int) -> None:
    given = [row for row in group.shares if row.structure_id == giver_id]
    own = {row.lot_id: row for row in group.shares if row.structure_id == taker_id}
    for row in given:
        if row.lot_id in own:
            group.shares.remove(row)
            session.flush()
            own[row.lot_id].percent += row.percent
        else:
            row.structure_id = taker_id
    session.flush()


def _pass_lead(session: Session, group: Consortium, taker_id: int) -> None:
    of_need = select(Answer).where(Answer.need_id == group.need_id)
    if session.scalars(of_need.where(Answer.structure_id == taker_id)).first() is not None:
        raise GroupRefused(Why.HAS_OWN_ANSWER)
    joint = session.scalars(of_need.where(Answer.consortium_id == group.id)).one()
    joint.structure_id = group.lead_id = taker_id
    session.flush()
