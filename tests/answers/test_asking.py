"""Questions in public and messages in private."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers import links, queries
from marketplace.answers.asking import MOST_WAITING, answer_enquiry, ask
from marketplace.answers.choosing import shortlist
from marketplace.answers.lifecycle import Help, Refusal, Refused, Side
from marketplace.answers.links import DeadLink, Invited
from marketplace.answers.responding import say_interested
from marketplace.answers.surveying import say_whether_it_helped
from marketplace.answers.tables import Message, Survey
from marketplace.answers.talking import stamp_read, write, write_to_all
from marketplace.db import transaction
from tests.answers.market import Market, market_of
from tests.answers.test_awarding import mails


def ask_as(market: Market, words: str, days: int = 0) -> int:
    at = clock.now() + timedelta(days=days)
    with transaction() as session:
        structure, member = market.structures[0].id, market.members[0].id
        return ask(session, market.need.id, structure, member, words, at).id


def test_a_question_is_told_to_the_buyer_and_its_answer_to_the_interested_without_names(
    session: Session,
) -> None:
    market = market_of(session, structures=3)
    enquiry = ask_as(market, "Quel accès\u00a0?")
    assert ask_as(market, "Quel accès\u00a0?") == enquiry  # sent twice
    with transaction() as writing:
        say_interested(
            writing, market.need.id, market.structures[1].id, market.members[1].id, clock.now()
        )
    (received,) = mails(session, "answers/enquiry_received")
    assert received.user_id == market.buyer.id
    assert market.structures[0].name not in str(received.context)
    for words in ("Par la cour", "Par la grande cour"):
        with transaction() as writing:
            answer_enquiry(writing, market.need.id, enquiry, market.buyer.id, words, clock.now())
    told = mails(session, "answers/enquiry_answered")
    assert [mail.user_id for mail in told] == [market.members[0].id, market.members[1].id]
    (kept,) = queries.enquiries_of(session, market.need.id)
    assert kept.answer == "Par la grande cour"


def test_questions_end_on_their_last_day_and_are_not_piled_up(session: Session) -> None:
    market = market_of(session)
    market.need.asking_until = clock.today() + timedelta(days=2)
    session.commit()
    ask_as(market, "Avant", days=2)
    with pytest.raises(Refused) as late:
        ask_as(market, "Après", days=3)
    assert late.value.why is Refusal.ASKING_OVER
    for number in range(MOST_WAITING - 1):
        ask_as(market, f"Question {number}")
    with pytest.raises(Refused) as many:
        ask_as(market, "Encore une")
    assert many.value.why is Refusal.ASKED_ENOUGH


def say(market: Market, side: Side, words: str) -> None:
    who = market.buyer if side is Side.BUYER else market.members[0]
    with transaction() as session:
        write(session, market.need.id, market.structures[0].id, side, who.id, words, clock.now())


def test_a_message_is_announced_without_its_words_nor_addresses_and_read_once(
    session: Session,
) -> None:
    market = market_of(session)
    say(market, Side.STRUCTURE, "Appelez-moi au 03 81 00 00 00")
    say(market, Side.STRUCTURE, "Appelez-moi au 03 81 00 00 00")  # sent twice
    (mail,) = mails(session, "answers/message")
    assert mail.user_id == market.buyer.id
    assert "03 81" not in str(mail.context)
    assert market.members[0].email not in str(mail.context)
    assert len(session.scalars(select(Message)).all()) == 1
    thread = queries.thread_of(session, market.need.id, market.structures[0].id)
    assert thread is not None
    assert thread.buyer_read_at is None
    for is_new in (True, False):
        assert stamp_read(session, thread, Side.BUYER, clock.now()) is is_new


def test_an_anonymous_buyer_is_not_named_to_the_structure_that_it_writes_to(
    session: Session,
) -> None:
    market = market_of(session)
    market.need.is_anonymous = True
    session.commit()
    say(market, Side.BUYER, "Bonjour")
    (mail,) = mails(session, "answers/message")
    assert market.need.organisation.name not in str(mail.context)


def test_addresses_are_shown_once_interest_is_mutual(session: Session) -> None:
    market = market_of(session)
    need, first, second = market.need.id, *(one.id for one in market.structures)
    say(market, Side.BUYER, "Êtes-vous disponible\u00a0?")
    assert queries.mutual_structures(session, need) == set()  # not interested so far
    for structure, member in zip(market.structures, market.members, strict=True):
        with transaction() as writing:
            say_interested(writing, need, structure.id, member.id, clock.now())
    assert queries.mutual_structures(session, need) == {first}
    with transaction() as writing:
        shortlist(writing, need, second, market.buyer.id, clock.now())
    assert queries.mutual_structures(session, need) == {first, second}


def test_writing_to_all_makes_a_conversation_with_each(session: Session) -> None:
    market = market_of(session, structures=3)
    ids = {one.id for one in market.structures}
    with transaction() as writing:
        assert write_to_all(writing, market.need.id, ids, market.buyer.id, "À tous", clock.now())
    assert {mail.user_id for mail in mails(session, "answers/message")} == {
        member.id for member in market.members
    }


def test_each_side_says_once_whether_tandem_helped(session: Session) -> None:
    market = market_of(session)
    need, structure = market.need.id, market.structures[0].id
    for of in (None, structure):
        for is_first in (True, False):
            try:
                with transaction() as writing:
                    say_whether_it_helped(
                        writing, need, of, market.buyer.id, Help.PARTLY, "", clock.now()
                    )
            except Refused:
                assert not is_first
            else:
                assert is_first
    assert len(session.scalars(select(Survey)).all()) == 2


def test_a_link_speaks_to_one_person_about_one_need_and_cannot_be_forged() -> None:
    invited = Invited(user_id=3, need_id=14, structure_id=15)
    token = links.token_of("secret", invited)
    assert links.invited_by("secret", token) == invited
    for forged in (token.replace("3.14", "4.14"), token[:-1], "", "é.1.2", "a.b.c.d", token + "A"):
        with pytest.raises(DeadLink):
            links.invited_by("secret", forged)
    with pytest.raises(DeadLink):
        links.invited_by("another secret", token)
