"""What came of a need: recorded once, lot by lot, told to everyone who answered."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, true
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers import links, queries
from marketplace.answers.awarding import correct_outcome, record_outcomes
from marketplace.answers.choosing import remind_unopened, shortlist, take_off_shortlist
from marketplace.answers.lifecycle import (
    Decided,
    DeclineReason,
    Help,
    Refusal,
    Refused,
    Result,
    Side,
)
from marketplace.answers.reminding import remind_outcomes
from marketplace.answers.responding import decline, say_interested
from marketplace.answers.surveying import FEWEST, opinions, say_whether_it_helped
from marketplace.answers.telling import hearing_of
from marketplace.answers.wording import refusals_counted
from marketplace.audit import Action, AuditEntry
from marketplace.db import transaction
from marketplace.mail import OutgoingMail
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.moving import match_for_update, move_match
from marketplace.needs.lifecycle import Move, Status
from marketplace.needs.posting import make_move, need_for_update
from tests.answers.market import Market, close, market_of
from tests.answers.test_answering import price, send


def award(market: Market, *decided: Decided) -> None:
    with transaction() as session:
        record_outcomes(session, market.need.id, market.buyer.id, decided, clock.now())


def correct(
    market: Market, outcome_id: int, decided: Decided, own: dict[int, str] | None = None
) -> int:
    with transaction() as session:
        return correct_outcome(
            session,
            market.need.id,
            outcome_id,
            market.buyer.id,
            decided,
            "Erreur de saisie",
            clock.now(),
            own_reasons=own or {},
        ).structures


def mails(session: Session, kind: str) -> list[OutgoingMail]:
    session.rollback()
    rows = select(OutgoingMail).filter_by(kind=kind).order_by(OutgoingMail.id)
    return list(session.scalars(rows))


def test_both_outcomes_are_told_with_the_reason_to_who_is_not_retained(session: Session) -> None:
    market = market_of(session, structures=3)
    for number in range(2):
        send(market, price(9000 + number), number=number)
    close(session, market.need)
    holder = market.structures[0].id
    reason = "Prix plus élevé"
    award(market, Decided(None, Result.AWARDED, holder, amount=Decimal(9000), reason=reason))
    assert [market.match(session, n).status for n in range(3)] == [
        MatchStatus.RETAINED,
        MatchStatus.NOT_RETAINED,
        MatchStatus.SUGGESTED,
    ]
    assert market.need.status == Status.AWARDED
    told = {mail.user_id: mail.context for mail in mails(session, "answers/outcome")}
    retained, refused = (told[market.members[n].id] for n in range(2))
    assert (retained["outcome"], retained["reason"]) == ("Votre structure est retenue.", "")
    assert refused["outcome"] == "Votre structure n'est pas retenue."
    assert refused["reason"] == reason
    assert len(told) == 2  # the third had answered nothing
    with pytest.raises(Refused) as twice:
        award(market, Decided(None, Result.ABANDONED))
    assert twice.value.why is Refusal.NOT_CLOSED
    assert len(mails(session, "answers/outcome")) == 2


def test_lots_are_decided_one_after_the_other_and_told_to_who_answered_them(
    session: Session,
) -> None:
    market = market_of(session, lots=2)
    first, second = (lot.id for lot in market.need.lots)
    send(market, price(100, first), number=0)
    send(market, price(200, second), number=1)
    close(session, market.need)
    award(market, Decided(first, Result.AWARDED, market.structures[0].id))
    session.refresh(market.need)
    assert market.need.status == Status.CLOSED
    assert market.match(session, 0).status == MatchStatus.INTERESTED
    assert queries.has_outcome(session, market.need.id)
    (told,) = mails(session, "answers/outcome")
    assert told.context["outcome"] == "Lot 1\u00a0: votre structure est retenue."

    outside = Decided(
        second, Result.AWARDED, holder_name="Vertigo SARL", holder_siret="21250056500016"
    )
    award(market, outside)
    session.refresh(market.need)
    assert market.need.status == Status.AWARDED
    assert [market.match(session, n).status for n in range(2)] == [
        MatchStatus.RETAINED,
        MatchStatus.NOT_RETAINED,
    ]
    assert [mail.user_id for mail in mails(session, "answers/outcome")] == [
        member.id for member in market.members
    ]


@pytest.mark.parametrize(
    ("results", "status"),
    [
        ((Result.ABANDONED, Result.ABANDONED), Status.ABANDONED),
        ((Result.ABANDONED, Result.UNSUCCESSFUL), Status.UNSUCCESSFUL),
    ],
)
def test_a_need_ends_as_its_lots_do(
    session: Session, results: tuple[Result, Result], status: Status
) -> None:
    market = market_of(session, lots=2, structures=1)
    close(session, market.need)
    lots = [lot.id for lot in market.need.lots]
    award(market, *(Decided(lot, result) for lot, result in zip(lots, results, strict=True)))
    session.refresh(market.need)
    assert market.need.status == status


def test_an_outcome_is_refused_before_closing_for_another_s_lot_and_to_who_did_not_answer(
    session: Session,
) -> None:
    market, other = market_of(session, lots=1), market_of(session, lots=1)
    lot, foreign = market.need.lots[0].id, other.need.lots[0].id
    for decided in ([Decided(lot, Result.ABANDONED)], []):
        with pytest.raises(Refused):
            award(market, *decided)
    close(session, market.need)
    idle = market.structures[0].id
    for wrong in (
        [Decided(foreign, Result.ABANDONED)],
        [Decided(None, Result.ABANDONED)],
        [Decided(lot, Result.ABANDONED), Decided(lot, Result.ABANDONED)],
        [Decided(lot, Result.AWARDED, idle)],
    ):
        with pytest.raises(Refused):
            award(market, *wrong)
    session.refresh(market.need)
    assert market.need.status == Status.CLOSED
    assert not queries.has_outcome(session, market.need.id)


def test_a_buyer_shortlists_only_who_is_interested_and_may_change_its_mind(
    session: Session,
) -> None:
    market = market_of(session)
    need, first, second = market.need.id, *(one.id for one in market.structures)
    with transaction() as writing:
        say_interested(writing, need, first, market.members[0].id, clock.now())
    for deed, expected in (
        (shortlist, MatchStatus.SHORTLISTED),
        (shortlist, MatchStatus.SHORTLISTED),
        (take_off_shortlist, MatchStatus.INTERESTED),
        (take_off_shortlist, MatchStatus.INTERESTED),
    ):
        with transaction() as writing:
            deed(writing, need, first, market.buyer.id, clock.now())
        assert market.match(session).status == expected
    with pytest.raises(Refused), transaction() as writing:
        shortlist(writing, need, second, market.buyer.id, clock.now())


def test_who_was_told_and_has_not_opened_is_reminded_once(session: Session) -> None:
    market = market_of(session, structures=3)
    with transaction() as writing:
        for one in market.structures[:2]:
            match = match_for_update(writing, market.need.id, one.id)
            assert match is not None
            move_match(writing, match, MatchStatus.NOTIFIED, None, clock.now())
        say_interested(
            writing, market.need.id, market.structures[1].id, market.members[1].id, clock.now()
        )
    for expected in (1, 0):
        with transaction() as writing:
            buyer = market.buyer.id
            found = remind_unopened(writing, market.need.id, buyer, clock.now(), "secret")
            assert found == expected
    (mail,) = mails(session, "answers/reminder")
    assert mail.user_id == market.members[0].id
    invited = links.invited_by("secret", mail.context["link"].removeprefix("/reponse/"))
    assert invited == links.Invited(market.members[0].id, market.need.id, market.structures[0].id)


def test_declines_are_counted_by_reason_most_frequent_first(session: Session) -> None:
    market = market_of(session, structures=4)
    reasons = (DeclineReason.PRICE, DeclineReason.DELAY, DeclineReason.DELAY)
    for number, reason in enumerate(reasons):
        with transaction() as writing:
            decline(
                writing,
                market.need.id,
                market.structures[number].id,
                market.members[number].id,
                clock.now(),
                reason,
                "",
            )
    declines = queries.declines_of(session, market.need.id)
    assert refusals_counted(declines) == (
        "3\u00a0refus\u00a0: délai trop court (2), budget trop bas (1)"
    )
    with transaction() as writing:
        say_interested(
            writing, market.need.id, market.structures[0].id, market.members[0].id, clock.now()
        )
    assert queries.declines_of(session, market.need.id) == {DeclineReason.DELAY: 2}


def test_a_buyer_is_reminded_at_the_deadline_and_four_weeks_later_and_no_more(
    session: Session,
) -> None:
    market = market_of(session)
    closed_at = clock.now()
    with transaction() as writing:
        need = need_for_update(writing, market.need.id)
        make_move(writing, need, Move.CLOSE, None, closed_at)
    counts = []
    for days in (0, 1, 10, 28, 29, 60):
        with transaction() as writing:
            remind_outcomes(writing, closed_at + timedelta(days=days, hours=1))
        counts.append(len(mails(session, "answers/outcome_due")))
    assert counts == [1, 1, 1, 2, 2, 2]
    award(market, Decided(None, Result.ABANDONED))
    with transaction() as writing:
        remind_outcomes(writing, closed_at + timedelta(hours=2))
    assert len(mails(session, "answers/outcome_due")) == 2


def test_each_structure_hears_of_its_own_lots_and_of_its_own_reason(session: Session) -> None:
    market = market_of(session, structures=3, lots=2)
    first, second = (lot.id for lot in market.need.lots)
    ids = [one.id for one in market.structures]
    send(market, price(100, first), number=0)
    send(market, price(200, second), number=1)
    send(market, price(300, second), number=2)
    close(session, market.need)
    decided = (
        Decided(first, Result.UNSUCCESSFUL, reason="Trop cher"),
        Decided(second, Result.AWARDED, ids[1], reason="Délai plus long"),
    )
    with transaction() as writing:
        need, buyer = market.need.id, market.buyer.id
        own = {ids[2]: "Références trop anciennes", ids[1]: "Sans objet"}
        record_outcomes(writing, need, buyer, decided, clock.now(), own_reasons=own)
    told = {mail.user_id: mail.context for mail in mails(session, "answers/outcome")}
    assert [told[member.id]["reason"] for member in market.members] == [
        "Trop cher",
        "",
        "Références trop anciennes",
    ]
    assert "Lot 2" not in told[market.members[0].id]["outcome"]
    kept = [queries.last_words_of(session, market.match(session, n).id) for n in range(3)]
    assert [move.reason for move in kept if move] == ["Trop cher", "", "Références trop anciennes"]
    hearing = hearing_of(session, market.need.id, ids)
    assert [
        [(heard.outcome.lot_id, heard.is_holder, heard.reason) for heard in hearing.of(one)]
        for one in ids
    ] == [
        [(first, False, "Trop cher")],
        [(second, True, "")],
        [(second, False, "Références trop anciennes")],
    ]


def test_a_wrong_holder_is_put_right_and_only_those_concerned_are_told(session: Session) -> None:
    market = market_of(session, structures=3)
    for number in range(3):
        send(market, price(9000 + number), number=number)
    close(session, market.need)
    ids = [one.id for one in market.structures]
    award(market, Decided(None, Result.AWARDED, ids[0], reason="Prix"))
    (outcome,) = queries.outcomes_of(session, market.need.id)
    same = Decided(None, Result.AWARDED, ids[0], reason="Prix")
    with pytest.raises(Refused) as unchanged:
        correct(market, outcome.id, same)
    assert unchanged.value.why is Refusal.NOTHING_CHANGES

    right = Decided(None, Result.AWARDED, ids[1], amount=Decimal(9001), reason="Prix")
    assert correct(market, outcome.id, right) == 2
    told = {mail.user_id: mail.context for mail in mails(session, "answers/outcome_corrected")}
    assert {member: context["outcome"] for member, context in told.items()} == {
        market.members[0].id: "Votre structure n'est pas retenue.",
        market.members[1].id: "Votre structure est retenue.",
    }
    assert {context["why"] for context in told.values()} == {"Erreur de saisie"}
    assert [market.match(session, n).status for n in range(3)] == [
        MatchStatus.NOT_RETAINED,
        MatchStatus.RETAINED,
        MatchStatus.NOT_RETAINED,
    ]
    session.refresh(outcome)
    assert (outcome.structure_id, outcome.amount, outcome.correction) == (
        ids[1],
        Decimal(9001),
        "Erreur de saisie",
    )
    put_right = select(AuditEntry).filter_by(action=Action.OUTCOME_CORRECTED)
    entry = session.scalars(put_right.filter_by(object_id=market.need.id)).one()
    assert (entry.details["before"], entry.details["after"]) == (
        ["awarded", ids[0]],
        ["awarded", ids[1]],
    )

    assert correct(market, outcome.id, Decided(None, Result.ABANDONED)) == 3
    session.refresh(market.need)
    assert market.need.status == Status.ABANDONED
    assert market.match(session, 1).status == MatchStatus.NOT_RETAINED


def test_only_enough_opinions_are_counted(session: Session) -> None:
    for number in range(FEWEST):
        market = market_of(session, structures=1)
        with transaction() as writing:
            for side in (None, market.structures[0].id) if number else (None,):
                helped = Help.YES if number else Help.NO
                need, who = market.need.id, market.buyer.id
                say_whether_it_helped(writing, need, side, who, helped, "", clock.now())
    session.rollback()
    said = opinions(session, true())
    assert said[Side.BUYER].counts == {Help.YES: FEWEST - 1, Help.NO: 1}
    assert (said[Side.STRUCTURE].total, said[Side.STRUCTURE].counts) == (FEWEST - 1, {})
