"""A group writes its joint answer, each member agrees to it as it stands, and the lead sends it."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.answers.answering import PartSaid, Said, content_as_said, send_answer
from marketplace.answers.consortia import (
    HUNDRED,
    ConsortiumStatus,
    Event,
    GroupRefused,
    MemberStatus,
    ShareMode,
    Why,
)
from marketplace.answers.consortium_queries import (
    accepted_members,
    engaged_twice,
    files_of_group,
    living_members,
)
from marketplace.answers.consortium_tables import Consortium, ConsortiumShare
from marketplace.answers.eligibility import admits, admits_some
from marketplace.answers.grouping import (
    changing_group,
    check_other_groups,
    led_group,
    member_of,
    note,
    take_back,
)
from marketplace.answers.informing import tell_facilitators, tell_members
from marketplace.answers.responding import stand
from marketplace.answers.tables import Answer, AnswerPart, AnswerReply
from marketplace.needs.tables import GroupRule, Need, NeedKind


def fingerprint_of(session: Session, group: Consortium) -> str:
    """What members agree to: the words, the prices, the files, who leads, and who takes what."""
    said = {
        "content": group.content,
        "form": group.form,
        "lead": group.lead_id,
        "members": sorted(member.structure_id for member in accepted_members(group)),
        "shares": sorted(
            (row.lot_id or 0, row.structure_id, f"{row.percent:.2f}") for row in group.shares
        ),
        "files": sorted(
            (structure.id, file.sha256)
            for structure, files in files_of_group(session, group)
            for file in files
        ),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def words_of(group: Consortium) -> str:
    """The fingerprint of what is written, for whoever is overtaken by a colleague."""
    return hashlib.sha256(json.dumps(group.content, sort_keys=True).encode()).hexdigest()


def said_of(content: dict[str, Any]) -> Said:
    """A joint answer as it is kept, in words that can be sent."""
    return Said(
        message=content.get("message", ""),
        parts=[
            PartSaid(
                part["lot_id"],
                _amount(part["price_min"]),
                _amount(part["price_max"]),
                part["capacity"],
                date.fromisoformat(part["starts_on"]) if part["starts_on"] else None,
            )
            for part in content.get("parts", ())
        ],
        replies={int(key): words for key, words in content.get("replies", {}).items()},
    )


def as_answer(content: dict[str, Any], need: Need) -> Answer | None:
    """What a group writes, or was once sent, in the shape of an answer that no table holds; None
    for nothing."""
    if not content:
        return None
    said = said_of(content)
    lots = {lot.id: lot for lot in need.lots}
    questions = {question.id: question for question in need.questions}
    return Answer(
        version=0,
        message=said.message,
        parts=[
            AnswerPart(
                lot_id=part.lot_id,
                lot=lots.get(part.lot_id) if part.lot_id else None,
                price_min=part.price_min,
                price_max=part.price_max,
                capacity=part.capacity,
                starts_on=part.starts_on,
            )
            for part in said.parts
        ],
        replies=[
            AnswerReply(question_id=key, question=questions[key], words=words)
            for key, words in said.replies.items()
            if key in questions
        ],
    )


def write_together(
    session: Session,
    group_id: int,
    acting_id: int,
    said: Said,
    seen: str,
    user_id: int,
    now: datetime,
) -> None:
    """The lead writes the joint answer; each member has to agree to it anew.

    What was sent stays as it was until this is sent. `seen` is `words_of` the group as the
    person was shown it. Raises GroupRefused.
    """
    group = led_group(session, group_id, acting_id, now)
    content = content_as_said(group.need, said)
    if content == group.content:
        return
    if seen != words_of(group):
        raise GroupRefused(Why.CHANGED)
    group.content = content
    event = note(session, group, Event.WRITTEN, None, user_id, now)
    told = {member.structure_id for member in accepted_members(group)}
    news = "La réponse commune est rédigée ou modifiée\u00a0: relisez-la et donnez votre accord."
    tell_members(session, group, told, event, news)


def agree(
    session: Session, group_id: int, structure_id: int, seen: str, user_id: int, now: datetime
) -> None:
    """A member agrees to the joint answer that it was shown, whose `fingerprint_of` is `seen`.

    Raises GroupRefused: also when something has changed since.
    """
    group = changing_group(session, group_id, now)
    member = member_of(group, structure_id)
    if member.status is not MemberStatus.ACCEPTED:
        raise GroupRefused(Why.NOT_YOURS)
    check_other_groups(session, group.need, structure_id, group)
    _check_whole(group)
    current = fingerprint_of(session, group)
    if seen != current:
        raise GroupRefused(Why.CHANGED)
    if member.agreed_hash == current:
        return
    member.agreed_hash, member.agreed_at = current, now
    event = note(session, group, Event.AGREED, structure_id, user_id, now)
    news = f"{member.structure.display_name} donne son accord à la réponse commune."
    tell_members(session, group, {group.lead_id}, event, news)


def send_together(
    session: Session, group_id: int, acting_id: int, seen: str, user_id: int, now: datetime
) -> Answer:
    """The lead, who so agrees too, sends the joint answer in the name of all.

    Every member is then in the running. Raises GroupRefused unless all agree to it as it
    stands; Refused when the lead may not answer.
    """
    group = led_group(session, group_id, acting_id, now)
    _check_whole(group)
    current = fingerprint_of(session, group)
    if seen != current:
        raise GroupRefused(Why.CHANGED)
    members = accepted_members(group)
    _check_engaged_once(session, group)
    if any(m.agreed_hash != current for m in members if m.structure_id != acting_id):
        raise GroupRefused(Why.NOT_AGREED)
    lead = member_of(group, acting_id)
    lead.agreed_hash, lead.agreed_at = current, now
    written = select(Answer.version).filter_by(need_id=group.need_id, structure_id=acting_id)
    version = session.scalar(written) or 0
    answer = send_answer(
        session,
        group.need_id,
        acting_id,
        user_id,
        said_of(group.content),
        version,
        now,
        consortium_id=group.id,
    )
    for member in sorted(members, key=lambda one: one.structure_id):
        stand(session, group.need_id, member.structure_id, user_id, now)
    if group.status is not ConsortiumStatus.SENT or answer.version != version:
        group.status, group.sent_at = ConsortiumStatus.SENT, now
        event = note(session, group, Event.SENT, None, user_id, now)
        news = "La réponse commune est envoyée à l'acheteur."
        tell_members(session, group, {m.structure_id for m in members}, event, news)
        tell_facilitators(session, group, event, news)
    return answer


def withdraw_together(
    session: Session,
    group_id: int,
    acting_id: int,
    user_id: int,
    now: datetime,
    *,
    confirmed: bool = False,
) -> None:
    """The lead takes the joint answer back, before the deadline. Raises GroupRefused: as
    `take_back` does too."""
    group = led_group(session, group_id, acting_id, now)
    take_back(session, group, user_id, now, confirmed=confirmed)


def _check_engaged_once(session: Session, group: Consortium) -> None:
    """The rule may have changed since a member came in; which one it concerns is said."""
    if group.need.several_groups is not GroupRule.REFUSED:
        return
    twice = engaged_twice(session, group.need_id)
    for member in accepted_members(group):
        if member.structure_id in twice:
            raise GroupRefused(
                Why.TWO_GROUPS,
                f"{member.structure.display_name} est aussi dans un autre groupement, ou répond"
                " seule, et l'acheteur ne l'admet pas\u00a0: elle doit choisir avant l'envoi.",
            )


def _check_whole(group: Consortium) -> None:
    """Everyone invited has replied, everyone is active and eligible, has a share, and something
    is written. Raises GroupRefused."""
    members = living_members(group)
    if len(members) < 2:
        raise GroupRefused(Why.ALONE)
    if any(member.status is MemberStatus.INVITED for member in members):
        raise GroupRefused(Why.PENDING)
    if not all(member.structure.is_active for member in members):
        raise GroupRefused(Why.MEMBER_CLOSED)
    if not all(admits_some(group.need, member.structure.kind) for member in members):
        raise GroupRefused(Why.KIND)
    if not are_shares_whole(group):
        raise GroupRefused(Why.NO_SHARES)
    parts = said_of(group.content).parts
    taken = {row.lot_id for row in group.shares}
    if group.share_mode is ShareMode.LOTS and not {part.lot_id for part in parts} <= taken:
        raise GroupRefused(Why.LOT_UNTAKEN)
    if not all(_may_take(group, row, parts) for row in group.shares):
        raise GroupRefused(Why.LOT_KIND)
    if not group.content or (
        group.need.kind is not NeedKind.TENDER and not any(part.has_price for part in parts)
    ):
        raise GroupRefused(Why.EMPTY)


def _may_take(group: Consortium, row: ConsortiumShare, parts: Sequence[PartSaid]) -> bool:
    """Whether what a structure takes is open to its kind: its lot, or all that is answered."""
    lots = [row.lot] if row.lot else group.need.open_lots
    answered = {part.lot_id for part in parts} or {lot.id for lot in lots}
    levers = {lot.lever for lot in lots if row.lot or lot.id in answered} or {None}
    return all(admits(group.need, row.structure.kind, lever) for lever in levers)


def are_shares_whole(group: Consortium) -> bool:
    """Whether everyone has a share, and they make a hundred: of each lot taken, or of the whole."""
    takers = {row.structure_id for row in group.shares}
    if takers != {member.structure_id for member in living_members(group)}:
        return False
    totals: dict[int | None, Decimal] = defaultdict(Decimal)
    for row in group.shares:
        totals[row.lot_id] += row.percent
    return set(totals.values()) == {HUNDRED}


def _amount(words: str | None) -> Decimal | None:
    return None if words is None else Decimal(words)
