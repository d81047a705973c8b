"""Structures answer together: each agrees to what is sent, and nothing is done by half."""

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers import agreeing, grouping, joining, sharing
from marketplace.answers.answering import PartSaid, Said, send_answer
from marketplace.answers.awarding import record_outcomes
from marketplace.answers.consortia import (
    HUNDRED,
    TOLD_TO_BUYERS,
    ConsortiumStatus,
    Event,
    GroupRefused,
    LegalForm,
    Origin,
    ShareMode,
    Why,
)
from marketplace.answers.consortium_queries import Share, engaged_twice, events_of, shares_of
from marketplace.answers.consortium_tables import Consortium, ConsortiumEvent
from marketplace.answers.discussing import say
from marketplace.answers.lifecycle import (
    AnswerStatus,
    Decided,
    DeclineReason,
    Refusal,
    Refused,
    Result,
)
from marketplace.answers.responding import decline
from marketplace.answers.ruling import set_rule
from marketplace.audit import Action, AuditEntry
from marketplace.db import transaction
from marketplace.mail import OutgoingMail
from marketplace.matching.lifecycle import MatchStatus
from marketplace.moderation.deciding import withdraw
from marketplace.needs.tables import GroupRule, Lever
from marketplace.structures.kinds import Kind
from tests.answers.market import close
from tests.answers.test_awarding import mails
from tests.answers.together import Group
from tests.factories import people


def refused(why: Why | Refusal) -> AbstractContextManager[object]:
    return pytest.raises((GroupRefused, Refused), match=f"^{why.value}$")


def test_a_joint_answer_is_sent_once_each_member_agrees_to_it_as_it_stands(
    session: Session,
) -> None:
    group = Group(session)
    group.reply(1)
    group.write(9000)
    with refused(Why.PENDING):
        group.agree(1)
    group.reply(2)
    with refused(Why.NO_SHARES):
        group.agree(1)
    group.settle("50", "30", "20")
    group.agree(1)
    with refused(Why.NOT_AGREED):
        group.send()
    group.agree(2)
    before = group.seen()
    group.write(9500)
    with refused(Why.NOT_AGREED):  # both had agreed to other words
        group.send()
    with refused(Why.CHANGED):
        group.agree(1, before)
    group.agree(1)
    group.agree(2)
    group.send()
    group.send()  # twice is once

    answer = group.answer()
    assert answer is not None
    assert (answer.structure_id, answer.status, answer.version) == (
        group.ids[0],
        AnswerStatus.SENT,
        1,
    )
    assert [group.market.match(session, n).status for n in range(3)] == [MatchStatus.INTERESTED] * 3
    assert shares_of(group.row()) == [
        Share(group.ids[0], None, Decimal(50)),
        Share(group.ids[1], None, Decimal(30)),
        Share(group.ids[2], None, Decimal(20)),
    ]
    steps = list(session.scalars(select(ConsortiumEvent.event).order_by(ConsortiumEvent.id)))
    assert steps.count(Event.SENT) == 1
    assert steps[:3] == [Event.STARTED, Event.INVITED, Event.INVITED]


@pytest.mark.parametrize(
    ("percents", "why"),
    [
        (("50", "30", "19.99"), Why.SUM),
        (("50", "30", "20.01"), Why.SUM),
        (("50", "50", "0"), Why.EACH),
        (("150", "-30", "-20"), Why.EACH),
        (("60", "40"), Why.EACH),
    ],
)
def test_shares_make_exactly_a_hundred_and_everyone_has_one(
    session: Session, percents: tuple[str, ...], why: Why
) -> None:
    group = Group(session)
    with refused(why):
        group.settle(*percents)
    assert group.row().shares == []


def test_99_99_per_cent_is_refused_in_a_sentence() -> None:
    with pytest.raises(GroupRefused) as found:
        sharing.check_percents({1: Decimal("49.99"), 2: Decimal("50.00")}, [1, 2])
    assert found.value.sentence == (
        "Les parts font 99,99\u00a0%\u00a0: elles doivent faire 100\u00a0% exactement."
    )


def test_a_structure_leads_one_group_for_a_contract(session: Session) -> None:
    group = Group(session)
    with refused(Why.SECOND_LEAD):
        group.open()
    other = group.open(lead=1, partners=(2, 0))
    for number in (0, 1, 2):  # the lead of one may be a member of the other
        group.reply(number, group_id=other)
    group.reply(1)
    with refused(Why.SECOND_LEAD), transaction() as writing:
        joining.hand_over(
            writing, group.id, group.ids[0], group.ids[1], group.users[0], clock.now()
        )
    session.rollback()
    session.add(
        Consortium(
            need_id=group.market.need.id,
            lead_id=group.ids[0],
            status=ConsortiumStatus.FORMING,
            origin=Origin.BUYER,
            form=LegalForm.SEVERAL,
            share_mode="percent",
            created_at=clock.now(),
        )
    )
    with pytest.raises(IntegrityError):  # not even two requests at once
        session.flush()
    session.rollback()


def test_a_member_of_two_groups_is_as_the_need_says(session: Session) -> None:
    group = Group(session)
    group.reply(2)
    other = group.open(lead=1, partners=(2,))
    group.market.need.several_groups = GroupRule.REFUSED
    session.commit()
    with refused(Why.TWO_GROUPS):
        group.reply(2, group_id=other)
    said = Said("Seul", [PartSaid(group.lots[0], Decimal(1), Decimal(1))])
    with refused(Refusal.GROUPED), transaction() as writing:
        send_answer(
            writing, group.market.need.id, group.ids[2], group.users[2], said, 0, clock.now()
        )
    group.market.need.several_groups = GroupRule.WARNED
    session.commit()
    group.reply(2, group_id=other)
    with refused(Refusal.GROUPED), transaction() as writing:  # a lead answers by its group
        send_answer(
            writing, group.market.need.id, group.ids[0], group.users[0], said, 0, clock.now()
        )


def test_from_the_deadline_only_the_buyer_lets_a_member_go(session: Session) -> None:
    group = Group(session).sent()
    with refused(Why.NOT_FROZEN), transaction() as writing:
        sharing.release(
            writing,
            group.id,
            group.ids[2],
            group.ids[1],
            group.market.buyer.id,
            "Liquidation",
            clock.now(),
        )
    close(session, group.market.need)
    with refused(Why.FROZEN), transaction() as writing:
        joining.leave(writing, group.id, group.ids[2], group.users[2], clock.now())
    with refused(Why.FROZEN):
        group.settle("40", "40", "20")
    for gone, taker in ((2, 1), (0, 1)):
        with transaction() as writing:
            sharing.release(
                writing,
                group.id,
                group.ids[gone],
                group.ids[taker],
                group.market.buyer.id,
                "Liquidation",
                clock.now(),
            )
    row, answer = group.row(), group.answer()
    assert answer is not None
    assert row.lead_id == answer.structure_id == group.ids[1]
    assert answer.status is AnswerStatus.SENT
    assert shares_of(row) == [Share(group.ids[1], None, Decimal(100))]


def test_what_changes_a_sent_group_takes_its_answer_back(session: Session) -> None:
    group = Group(session).sent()
    with refused(Why.TO_CONFIRM), transaction() as writing:
        joining.leave(writing, group.id, group.ids[2], group.users[2], clock.now())
    with transaction() as writing:
        joining.leave(writing, group.id, group.ids[2], group.users[2], clock.now(), confirmed=True)
    answer = group.answer()
    assert answer is not None
    assert (answer.status, group.row().status) == (
        AnswerStatus.WITHDRAWN,
        ConsortiumStatus.FORMING,
    )
    with refused(Why.NO_SHARES):  # what is left makes 80 %
        group.send()
    group.settle("60", "40")
    group.agree(1)
    group.send()
    answer = group.answer()
    assert answer is not None
    assert (answer.status, answer.version) == (AnswerStatus.SENT, 2)


def test_a_joint_answer_taken_back_is_told_to_its_buyer_and_desk(session: Session) -> None:
    group = Group(session)
    facilitator = people.facilitator(session, group.desk)
    session.commit()
    group.sent()
    with transaction() as writing:
        agreeing.withdraw_together(
            writing, group.id, group.ids[0], group.users[0], clock.now(), confirmed=True
        )
    (told,) = mails(session, "answers/joint_answer_withdrawn")
    assert told.user_id == group.market.buyer.id
    assert "une autre avant la date limite" in told.context["news"]
    news = [mail.user_id for mail in mails(session, "answers/consortium_news")]
    assert news.count(facilitator.id) == 2  # it was sent, it is taken back
    for number in (1, 2):
        group.agree(number)
    group.send()
    with transaction() as writing:
        grouping.dissolve(
            writing, group.id, group.ids[0], group.users[0], clock.now(), confirmed=True
        )
    *_, last = mails(session, "answers/joint_answer_withdrawn")
    assert "dissous" in last.context["news"]
    kept = {event.event for event in events_of(session, group.id)}
    assert {Event.UNSENT, Event.DISSOLVED} <= kept & TOLD_TO_BUYERS


def test_a_rule_made_strict_holds_back_both_groups_of_a_member_and_tells_it_once(
    session: Session,
) -> None:
    group = Group(session).ready()
    other = group.open(lead=1, partners=(2,))
    group.reply(2, group_id=other)
    group.agree(1)
    group.agree(2)
    need, buyer = group.market.need.id, group.market.buyer.id
    with transaction() as writing:
        assert set_rule(writing, need, GroupRule.REFUSED, buyer, clock.now()) == 2
    with transaction() as writing:
        assert set_rule(writing, need, GroupRule.REFUSED, buyer, clock.now()) == 0
    session.rollback()
    changed = select(AuditEntry).filter_by(action=Action.CHANGED, object_kind="need")
    (kept,) = session.scalars(changed.filter_by(object_id=need)).all()
    assert kept.details == {"several_groups": ["warned", "refused"]}
    warned = [
        mail.user_id
        for mail in mails(session, "answers/consortium_news")
        if "change sa règle" in mail.context["news"]
    ]
    assert set(warned) == set(group.users[1:])
    assert len(warned) == 2
    with refused(Why.TWO_GROUPS):
        group.send()
    with refused(Why.TWO_GROUPS):
        group.agree(2)
    with transaction() as writing:
        grouping.dissolve(writing, other, group.ids[1], group.users[1], clock.now())
    group.send()

    close(session, group.market.need)
    with refused(Why.RULE_FROZEN), transaction() as writing:
        set_rule(writing, need, GroupRule.ALLOWED, buyer, clock.now())


def test_what_a_lead_sent_alone_does_not_hold_its_group_back(session: Session) -> None:
    group = Group(session)
    assert engaged_twice(session, group.market.need.id) == set()
    for number in (1, 2):
        group.reply(number)
    said = Said("Seul", [PartSaid(group.lots[0], Decimal(1), Decimal(1))])
    with transaction() as writing:
        send_answer(
            writing, group.market.need.id, group.ids[2], group.users[2], said, 0, clock.now()
        )
    session.rollback()
    assert engaged_twice(session, group.market.need.id) == {group.ids[2]}
    with transaction() as writing:
        joining.hand_over(
            writing, group.id, group.ids[0], group.ids[2], group.users[0], clock.now()
        )
    session.rollback()
    assert engaged_twice(session, group.market.need.id) == set()


def test_a_structure_that_leaves_tandem_midway_holds_the_answer_back(session: Session) -> None:
    group = Group(session).ready()
    group.agree(1)
    group.agree(2)
    group.market.structures[2].is_active = False
    session.commit()
    with refused(Why.MEMBER_CLOSED):
        group.send()
    assert group.answer() is None
    group.market.structures[2].is_active = True
    group.market.structures[0].is_active = False
    session.commit()
    with transaction() as writing:  # the lead is gone: a member takes over
        joining.hand_over(
            writing, group.id, group.ids[1], group.ids[1], group.users[1], clock.now()
        )
    assert group.row().lead_id == group.ids[1]


def test_a_need_withdrawn_while_grouping_sends_nothing(session: Session) -> None:
    group = Group(session).ready()
    group.agree(1)
    group.agree(2)
    with transaction() as writing:
        withdraw(writing, group.market.need.id, group.market.buyer.id, clock.now(), "Erreur")
    with refused(Why.FROZEN):
        group.send()
    assert group.answer() is None
    assert group.row().status is ConsortiumStatus.FORMING


def test_a_reserved_lot_goes_to_eligible_kinds_alone(session: Session) -> None:
    group = Group(session)
    group.market.need.lots[0].lever = Lever.RESERVED_HANDICAP
    group.market.structures[1].kind = Kind.ESAT
    session.commit()
    group.reply(1)
    with transaction() as writing:
        joining.remove(writing, group.id, group.ids[0], group.ids[2], group.users[0], clock.now())
    taken = {group.lots[0]: group.ids[0], group.lots[1]: group.ids[1]}
    for lots, is_fine in (
        (taken, False),
        (dict(zip(group.lots, (group.ids[1], group.ids[0]), strict=True)), True),
    ):
        if is_fine:
            _settle_lots(group, lots)
        else:
            with refused(Why.LOT_KIND):
                _settle_lots(group, lots)
    assert {(one.lot_id, one.structure_id) for one in shares_of(group.row())} == set(
        zip(group.lots, (group.ids[1], group.ids[0]), strict=True)
    )
    group.market.need.lever = Lever.RESERVED_HANDICAP
    session.commit()
    with refused(Why.KIND), transaction() as writing:
        grouping.invite(writing, group.id, group.ids[0], group.ids[2], group.users[0], clock.now())


def _settle_lots(group: Group, lots: dict[int, int]) -> None:
    with transaction() as writing:
        sharing.settle_by_lot(
            writing,
            group.id,
            group.ids[0],
            LegalForm.SEVERAL,
            {lot: {taker: HUNDRED} for lot, taker in lots.items()},
            group.users[0],
            clock.now(),
        )


def test_a_lot_is_shared_by_percentages_that_make_exactly_a_hundred(session: Session) -> None:
    """Three share two lots: one lies in two departments."""
    group = Group(session)
    first, second, third = group.ids
    stadium, hall = group.lots

    def settle(*parts: str) -> None:
        shares = dict(zip((first, second), map(Decimal, parts), strict=True))
        with transaction() as writing:
            sharing.settle_by_lot(
                writing,
                group.id,
                first,
                LegalForm.SEVERAL,
                {stadium: shares, hall: {third: HUNDRED}},
                group.users[0],
                clock.now(),
            )

    for parts, why in ((("60", "39.99"), Why.SUM), (("100", "0"), Why.EACH)):
        with refused(why):
            settle(*parts)
        assert shares_of(group.row()) == []
    settle("60", "40")
    assert shares_of(group.row()) == [
        Share(first, stadium, Decimal(60)),
        Share(second, stadium, Decimal(40)),
        Share(third, hall, Decimal(100)),
    ]
    group.reply(1)
    group.reply(2)
    group.write(9000)
    with transaction() as writing:
        joining.leave(writing, group.id, second, group.users[1], clock.now())
    with refused(Why.NO_SHARES):  # what is left makes 60 % of the stadium
        group.agree(2)


def test_a_suggested_group_waits_for_its_lead(session: Session) -> None:
    group = Group(session)
    with transaction() as writing:
        suggested = grouping.open_group(
            writing,
            group.market.need.id,
            group.ids[1],
            [group.ids[0], group.ids[2]],
            group.market.buyer.id,
            Origin.BUYER,
            LegalForm.SEVERAL,
            clock.now(),
            [
                Share(group.ids[1], group.lots[0], HUNDRED),
                Share(group.ids[2], group.lots[1], HUNDRED),
            ],
        ).id
    session.rollback()
    row = session.get_one(Consortium, suggested)
    assert row.status is ConsortiumStatus.SUGGESTED
    assert len(shares_of(row)) == 2
    assert row.share_mode is ShareMode.LOTS
    group.reply(1, group_id=suggested)
    session.rollback()
    assert session.get_one(Consortium, suggested).status is ConsortiumStatus.FORMING
    asked = session.scalars(
        select(OutgoingMail).where(OutgoingMail.kind == "answers/consortium_invitation")
    )
    assert {mail.context["sender"] for mail in asked} == {
        "L'acheteur",
        group.market.structures[0].display_name,
    }


def test_members_of_a_group_do_not_decline_the_need_and_hear_its_outcome(
    session: Session,
) -> None:
    group = Group(session).sent()
    with refused(Refusal.GROUPED), transaction() as writing:
        decline(
            writing,
            group.market.need.id,
            group.ids[1],
            group.users[1],
            clock.now(),
            DeclineReason.PRICE,
            "",
        )
    close(session, group.market.need)
    decided = [
        Decided(group.lots[0], Result.AWARDED, structure_id=group.ids[0], amount=Decimal(9000)),
        Decided(group.lots[1], Result.UNSUCCESSFUL, reason="Aucune offre"),
    ]
    with transaction() as writing:
        record_outcomes(writing, group.market.need.id, group.market.buyer.id, decided, clock.now())
    assert [group.market.match(session, n).status for n in range(3)] == [MatchStatus.RETAINED] * 3
    told = session.scalars(select(OutgoingMail).where(OutgoingMail.kind == "answers/outcome"))
    assert {mail.context["outcome"] for mail in told} == {
        "Lot 1\u00a0: votre structure est retenue."
    }


def test_the_discussion_is_told_to_the_others_and_the_same_words_are_said_once(
    session: Session,
) -> None:
    group = Group(session)
    for _ in range(2):
        with transaction() as writing:
            say(writing, group.id, group.ids[1], group.users[1], "Bonjour", clock.now())
    mails = session.scalars(
        select(OutgoingMail).where(OutgoingMail.kind == "answers/consortium_message")
    )
    assert {mail.user_id for mail in mails} == {group.users[0], group.users[2]}
    assert session.query(ConsortiumEvent).count() == 3


def test_a_second_after_the_deadline_nothing_is_sent(session: Session) -> None:
    group = Group(session).ready()
    group.agree(1)
    group.agree(2)
    deadline = group.market.need.deadline_on
    assert deadline is not None
    late = datetime.combine(deadline + timedelta(days=1), datetime.min.time(), clock.PARIS)
    with refused(Why.FROZEN):
        group.send(late)
    group.send(late - timedelta(seconds=1))
    assert group.row().status is ConsortiumStatus.SENT
