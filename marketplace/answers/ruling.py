"""The buyer says whether a structure may be in two groups that answer, or in one and alone."""

from datetime import datetime

from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.answers.consortia import Event, GroupRefused, Why
from marketplace.answers.consortium_queries import (
    accepted_members,
    engaged_twice,
    groups_of_need,
)
from marketplace.answers.grouping import note
from marketplace.answers.informing import tell_members
from marketplace.audit import Action
from marketplace.needs.amending import is_open_at
from marketplace.needs.posting import need_for_update
from marketplace.needs.tables import GroupRule

CHANGED = {
    GroupRule.ALLOWED: "une structure peut être dans deux groupements, ou répondre aussi seule",
    GroupRule.WARNED: "une structure peut être dans deux groupements, ou répondre aussi seule, et"
    " l'acheteur veut le savoir",
    GroupRule.REFUSED: "une structure ne peut plus être dans deux groupements, ni répondre aussi"
    " seule",
}


def set_rule(
    session: Session, need_id: int, rule: GroupRule, user_id: int, now: datetime, ip: str = ""
) -> int:
    """Change the rule of an open need; each of its groups reads so. Once it is refused, those who
    answer twice are asked to choose. How many they are.

    Raises GroupRefused: from the deadline the rule stays.
    """
    need = need_for_update(session, need_id)
    if not is_open_at(need, now):
        raise GroupRefused(Why.RULE_FROZEN)
    before = need.several_groups
    if before is rule:
        return 0
    need.several_groups = rule
    audit.note(
        session,
        Action.CHANGED,
        actor_id=user_id,
        about=("need", need.id),
        ip=ip,
        several_groups=[before.value, rule.value],
    )
    untold = engaged_twice(session, need_id) if rule is GroupRule.REFUSED else set()
    twice = len(untold)
    for group in groups_of_need(session, need_id):
        event = note(session, group, Event.RULE, None, user_id, now, f"{CHANGED[rule]}.")
        told = untold & {member.structure_id for member in accepted_members(group)}
        news = (
            f"L'acheteur change sa règle\u00a0: {CHANGED[rule]}. Choisissez avant la date limite,"
            " sans quoi le groupement ne pourra pas répondre."
        )
        tell_members(session, group, told, event, news)
        untold -= told
    return twice
