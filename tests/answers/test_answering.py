"""A structure's answer: drafted, sent once whatever happens, amended until the deadline."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import OrganisationMember
from marketplace.answers.answering import PartSaid, Said, save_answer, send_answer
from marketplace.answers.eligibility import Eligibility, eligibility_of
from marketplace.answers.lifecycle import AnswerStatus, DeclineReason, Refusal, Refused
from marketplace.answers.responding import decline, say_interested, stamp_opened
from marketplace.answers.tables import Answer, AnswerVersion
from marketplace.db import db, transaction
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.shortlisting import shortlist_need
from marketplace.matching.tables import MatchMove
from marketplace.moderation.deciding import withdraw
from marketplace.needs.tables import Lever, NeedKind
from marketplace.structures.kinds import Kind
from marketplace.structures.tables import StructureMember
from tests.answers.market import Market, market_of
from tests.factories import people
from tests.factories.market import MARSEILLE, offer, structure


def price(euros: int, lot_id: int | None = None, **more: object) -> Said:
    part = PartSaid(lot_id, Decimal(euros), Decimal(euros))
    return Said(parts=[part], **more)  # type: ignore[arg-type]  # a test's own values


def send(
    market: Market, said: Said, seen: int = 0, number: int = 0, at: datetime | None = None
) -> None:
    with transaction() as session:
        send_answer(
            session,
            market.need.id,
            market.structures[number].id,
            market.members[number].id,
            said,
            seen,
            at or clock.now(),
        )


def answers(session: Session) -> list[Answer]:
    session.rollback()
    return list(session.scalars(select(Answer).order_by(Answer.id)))


def test_an_answer_is_drafted_sent_and_amended_each_version_kept(session: Session) -> None:
    market = market_of(session, lots=2, questions=("Avez-vous un véhicule ?",))
    first, second = (lot.id for lot in market.need.lots)
    question = market.need.questions[0].id
    with transaction() as writing:
        save_answer(
            writing,
            market.need.id,
            market.structures[0].id,
            market.members[0].id,
            price(9000, first),
            0,
            clock.now(),
        )
    assert answers(session)[0].status == AnswerStatus.DRAFT
    assert market.match(session).status == MatchStatus.SUGGESTED  # nobody was told

    send(market, price(9000, first, message="Bonjour", replies={question: "Deux"}))
    send(market, price(8000, second, message="Mieux"), seen=1)

    answer = answers(session)[0]
    assert (answer.status, answer.version) == (AnswerStatus.SENT, 2)
    assert [(part.lot_id, part.price_min) for part in answer.parts] == [(second, Decimal(8000))]
    assert answer.replies == []
    kept = session.scalars(select(AnswerVersion).order_by(AnswerVersion.number)).all()
    assert [version.content["message"] for version in kept] == ["Bonjour", "Mieux"]
    assert kept[0].content["replies"] == {str(question): "Deux"}
    assert kept[0].content["parts"][0]["price_min"] == "9000.00"
    assert market.match(session).status == MatchStatus.INTERESTED


def test_the_same_words_sent_twice_are_one_version(session: Session) -> None:
    market = market_of(session)
    send(market, price(9000))
    send(market, price(9000))
    assert answers(session)[0].version == 1


def test_a_colleague_who_was_overtaken_is_told_and_overwrites_nothing(session: Session) -> None:
    market = market_of(session)
    send(market, price(9000))
    send(market, price(8000), seen=1)
    with pytest.raises(Refused) as refused:
        send(market, price(7000), seen=1)
    assert refused.value.why is Refusal.OVERTAKEN
    assert answers(session)[0].parts[0].price_min == Decimal(8000)


def test_twenty_at_once_for_one_structure_leave_one_answer(app: Flask, session: Session) -> None:
    market = market_of(session)
    who = market.need.id, market.structures[0].id, market.members[0].id

    def answer(number: int) -> bool:
        with app.app_context():
            try:
                with transaction() as writing:
                    send_answer(writing, *who, price(9000 + number), 0, clock.now())
            except Refused:
                return False
            finally:
                db.session.remove()
            return True

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(answer, range(20)))
    assert sum(done) == 1
    assert [(a.version, a.status) for a in answers(session)] == [(1, AnswerStatus.SENT)]
    moves = session.scalar(select(func.count(MatchMove.id)))
    assert moves == 1


def test_an_answer_counts_until_the_last_second_of_the_day_and_not_one_later(
    session: Session,
) -> None:
    market = market_of(session, deadline_on=clock.today() + timedelta(days=2))
    assert market.need.deadline_on is not None
    end = clock.end_of_day(market.need.deadline_on)
    send(market, price(9000), at=end)
    with pytest.raises(Refused) as refused:
        send(market, price(8000), seen=1, at=end + timedelta(seconds=1))
    assert refused.value.why is Refusal.CLOSED
    assert answers(session)[0].version == 1


def test_paris_closes_a_day_not_utc(session: Session) -> None:
    market = market_of(session, deadline_on=datetime(2027, 1, 10, tzinfo=UTC).date())
    with pytest.raises(Refused):  # 23:30 in UTC, half past midnight in Paris
        send(market, price(1), at=datetime(2027, 1, 10, 23, 30, tzinfo=UTC))


def test_a_need_withdrawn_while_somebody_answers_takes_the_answer_or_refuses_it_whole(
    session: Session,
) -> None:
    market = market_of(session)
    with transaction() as writing:
        withdraw(writing, market.need.id, market.buyer.id, clock.now(), "Budget")
    with pytest.raises(Refused) as refused:
        send(market, price(9000))
    assert refused.value.why is Refusal.CLOSED
    assert answers(session) == []
    assert market.match(session).status == MatchStatus.SUGGESTED


def test_whoever_answers_while_the_buyer_withdraws_waits_and_is_refused(
    app: Flask, session: Session
) -> None:
    market = market_of(session)
    who = market.need.id, market.structures[0].id, market.members[0].id

    def answer() -> Refusal | None:
        with app.app_context():
            try:
                with transaction() as writing:
                    send_answer(writing, *who, price(9000), 0, clock.now())
            except Refused as refused:
                return refused.why
            finally:
                db.session.remove()
            return None

    with ThreadPoolExecutor(1) as pool:
        with transaction() as writing:
            withdraw(writing, market.need.id, market.buyer.id, clock.now(), "Budget")
            writing.flush()
            answering = pool.submit(answer)
            with pytest.raises(TimeoutError):
                answering.result(timeout=1)
        assert answering.result(timeout=30) is Refusal.CLOSED
    assert answers(session) == []


def test_a_structure_closed_midway_answers_no_more(session: Session) -> None:
    market = market_of(session)
    market.structures[0].is_active = False
    session.commit()
    with pytest.raises(Refused) as refused:
        send(market, price(9000))
    assert refused.value.why is Refusal.STRUCTURE_CLOSED


def test_nobody_answers_its_own_need_but_its_colleague_may(session: Session) -> None:
    market = market_of(session)
    both = market.members[0]
    session.add(OrganisationMember(organisation_id=market.need.organisation_id, user_id=both.id))
    colleague = people.user(session)
    session.add(StructureMember(structure_id=market.structures[0].id, user_id=colleague.id))
    session.commit()
    for deed in (send, lambda m, _: interested(m)):
        with pytest.raises(Refused) as refused:
            deed(market, price(9000))
        assert refused.value.why is Refusal.BOTH_SIDES
    market.members[0] = colleague
    send(market, price(9000))
    assert len(answers(session)) == 1


def interested(market: Market) -> None:
    with transaction() as session:
        say_interested(
            session, market.need.id, market.structures[0].id, market.members[0].id, clock.now()
        )


def test_an_answer_without_a_price_is_refused_except_to_a_tender(session: Session) -> None:
    market = market_of(session, lots=1)
    for said in (Said(message="Bonjour"), price(100, lot_id=10**9)):
        with pytest.raises(Refused) as refused:
            send(market, said)
        assert refused.value.why is Refusal.EMPTY
    tender = market_of(session, kind=NeedKind.TENDER)
    send(tender, Said())
    assert [a.need_id for a in answers(session)] == [tender.need.id]


def test_a_reserved_need_is_not_answered_by_another_kind(session: Session) -> None:
    market = market_of(session)
    market.need.kinds = [Kind.ESAT]
    session.commit()
    with pytest.raises(Refused) as refused:
        send(market, price(9000))
    assert refused.value.why is Refusal.KIND


def test_a_structure_that_no_ranking_found_may_come_by_itself_and_stays(session: Session) -> None:
    market = market_of(session)
    far = structure(session, "Calanques Insertion", MARSEILLE)
    member = people.structure_member(session, far)
    session.commit()
    stranger = Market(market.buyer, market.need, [far], [member])
    with pytest.raises(Refused) as refused:
        interested(stranger)
    assert refused.value.why is Refusal.NO_OFFER
    offer(session, far)
    session.commit()
    interested(stranger)
    shortlist_need(session, market.need.id, clock.now())
    session.commit()
    assert stranger.match(session).status == MatchStatus.INTERESTED
    assert stranger.match(session).reasons == [{"code": "volunteered"}]


def test_declining_withdraws_the_answer_keeps_the_reason_and_may_be_taken_back(
    session: Session,
) -> None:
    market = market_of(session)
    send(market, price(9000))
    for _ in range(2):
        with transaction() as writing:
            decline(
                writing,
                market.need.id,
                market.structures[0].id,
                market.members[0].id,
                clock.now(),
                DeclineReason.DELAY,
                "Trop court",
            )
    assert market.match(session).status == MatchStatus.DECLINED
    answer = answers(session)[0]
    assert answer.status == AnswerStatus.WITHDRAWN
    declined = select(MatchMove).filter_by(status=MatchStatus.DECLINED)
    (move,) = session.scalars(declined)
    assert (move.reason_code, move.reason) == ("delay", "Trop court")
    send(market, price(8500), seen=1)
    assert answers(session)[0].status == AnswerStatus.SENT
    assert market.match(session).status == MatchStatus.INTERESTED


def test_what_a_member_looks_at_is_opened_once_and_only_its_own(session: Session) -> None:
    market = market_of(session)
    for expected in (True, False):
        with transaction() as writing:
            own = {market.structures[0].id}
            member = market.members[0].id
            assert stamp_opened(writing, market.need.id, own, member, clock.now()) is expected
    assert market.match(session, 0).status == MatchStatus.OPENED
    assert market.match(session, 1).status == MatchStatus.SUGGESTED
    late = clock.now() + timedelta(days=60)
    with transaction() as writing:
        others = {market.structures[1].id}
        assert not stamp_opened(writing, market.need.id, others, market.members[1].id, late)


def test_a_lever_reserves_a_need_whose_kinds_were_left_empty(session: Session) -> None:
    market = market_of(session)
    market.need.lever = Lever.RESERVED_HANDICAP
    session.commit()
    for answer in (partial(send, market, price(9000)), partial(interested, market)):
        with pytest.raises(Refused) as refused:
            answer()
        assert refused.value.why is Refusal.KIND
    assert eligibility_of(market.need, Kind.ACI).sentence == (
        "Ce besoin est réservé à ces types de structures\u00a0: EA, EATT, ESAT. Le vôtre (ACI)"
        " n'en est pas."
    )
    assert eligibility_of(market.need, Kind.ESAT) == Eligibility(may_answer=True, sentence="")


def test_a_lot_reserved_to_others_is_not_answered_and_the_rest_is(session: Session) -> None:
    market = market_of(session, lots=2)
    open_lot, closed = market.need.lots
    closed.lever = Lever.RESERVED_HANDICAP
    session.commit()
    both = Said(parts=[*price(9000, open_lot.id).parts, *price(800, closed.id).parts])
    with pytest.raises(Refused) as refused:
        send(market, both)
    assert refused.value.why is Refusal.LOT_KIND
    send(market, price(9000, open_lot.id))
    assert [part.lot_id for part in answers(session)[0].parts] == [open_lot.id]
    assert "lot 2 est réservé" in eligibility_of(market.need, Kind.ACI).sentence

    open_lot.lever = Lever.RESERVED_PRISON
    session.commit()
    with pytest.raises(Refused) as refused:
        interested(market)
    assert refused.value.why is Refusal.KIND
    told = eligibility_of(market.need, Kind.ACI)
    assert not told.may_answer
    assert "lot 1 est réservé" in told.sentence
