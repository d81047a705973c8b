"""What people are to be told is found in the state of things, each thing once."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers.asking import answer_enquiry, ask
from marketplace.answers.lifecycle import AnswerStatus, DeclineReason
from marketplace.answers.responding import decline, say_interested
from marketplace.answers.tables import Answer
from marketplace.db import transaction
from marketplace.digests import gathering
from marketplace.digests.tables import NoticeKind
from marketplace.digests.topics import Topic
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.shortlisting import shortlist_need
from marketplace.matching.tables import Match, MatchMove
from marketplace.moderation.desks import open_national_desk, receive_need
from marketplace.moderation.escalating import escalate_overdue
from tests.answers.market import Market, market_of
from tests.answers.test_answering import price, send
from tests.digests.readers import (
    mails_to,
    market,
    notices_to,
    published,
    tell,
    titles_in,
    write,
)
from tests.digests.test_writing import TUESDAY_MORNING
from tests.factories import people
from tests.factories.market import MONDAY, offer, structure, submitted_need

DAY = timedelta(days=1)


def gather(now: datetime) -> None:
    with transaction() as session:
        gathering.gather(session, now)


def test_a_buyer_is_told_of_answers_new_matches_and_the_deadline_in_one_digest(
    session: Session,
) -> None:
    place = market(session)
    need = published(session, place, deadline_on=date(2026, 11, 27), title="Tonte")
    for name in ("Jura Vert", "Côte Propre"):
        offer(session, structure(session, name))
    session.add(
        Answer(
            need_id=need.id,
            structure_id=place.structures[0].id,
            author_id=place.members[0].id,
            status=AnswerStatus.SENT,
            saved_at=MONDAY,
            sent_at=MONDAY,
            version=1,
        )
    )
    session.commit()
    with transaction() as writing:
        shortlist_need(writing, need.id, MONDAY + timedelta(hours=13))
    night = datetime(2026, 11, 24, 4, tzinfo=UTC)
    gather(night)
    gather(night + timedelta(minutes=5))
    assert len(notices_to(session, place.buyer, Topic.ANSWERS)) == 4
    write(TUESDAY_MORNING)
    [row] = mails_to(session, place.buyer)
    assert titles_in(row) == [
        "2 structures de plus peuvent répondre à «\u00a0Tonte\u00a0»",
        "Votre besoin «\u00a0Tonte\u00a0» va clore",
        "Les Haies 000 répond à «\u00a0Tonte\u00a0»",
    ]


def test_a_buyer_is_told_when_an_answer_is_sent_amended_and_taken_back(session: Session) -> None:
    market = market_of(session)
    page = f"/besoins/{market.need.slug}/reponses"
    own = f"{page}/{market.structures[0].slug}"
    for deed in (
        lambda: send(market, price(9000)),
        lambda: send(market, price(8000), seen=1),
        lambda: decline_it(market),
    ):
        deed()
        for _ in range(2):  # each is told once
            gather(clock.now())
    told = [(one.title, one.link) for one in notices_to(session, market.buyer, Topic.ANSWERS)]
    who, what = market.structures[0].display_name, f"«\u00a0{market.need.title}\u00a0»"
    assert told == [
        (f"{who} répond à {what}", own),
        (f"{who} modifie sa réponse (version\u00a02) à {what}", own),
        (f"{who} ne répond plus à {what}", f"{page}#refus"),
    ]


def decline_it(market: Market) -> None:
    with transaction() as session:
        who = market.structures[0].id, market.members[0].id
        decline(session, market.need.id, *who, clock.now(), DeclineReason.PRICE, "")


def test_a_facilitator_is_told_of_its_queue_of_what_is_late_and_of_what_nobody_can_answer(
    session: Session,
) -> None:
    place = market(session, count=0)
    published(session, place, title="Sans personne")
    receive_need(
        session,
        submitted_need(session, place.buyer.id, place.organisation_id, title="À relire"),
        MONDAY,
    )
    session.commit()
    for days in (0, 1, 7):
        gather(MONDAY + days * DAY)
    told = [notice.title for notice in notices_to(session, place.facilitator, Topic.QUEUE)]
    assert sorted(told) == [
        "Besoin à relire, «\u00a0À relire\u00a0»",
        "En retard\u00a0: Besoin à relire, «\u00a0À relire\u00a0»",
        "La semaine de votre territoire\u00a0: 1 besoin publié",
        "Personne ne peut répondre à «\u00a0Sans personne\u00a0»",
    ]


def test_what_is_escalated_is_told_as_late_to_the_wider_desk_alone(session: Session) -> None:
    place = market(session, count=0)
    national = people.facilitator(session, open_national_desk(session))
    need = submitted_need(session, place.buyer.id, place.organisation_id, title="À relire")
    receive_need(session, need, MONDAY)
    session.commit()
    gather(MONDAY)
    assert notices_to(session, national, Topic.QUEUE) == []
    escalate_overdue(session, MONDAY + 7 * DAY)
    session.commit()
    gather(MONDAY + 7 * DAY)
    [told] = notices_to(session, national, Topic.QUEUE)
    assert told.title == "En retard\u00a0: Besoin à relire, «\u00a0À relire\u00a0»"
    assert told.link == f"/guichet/besoins/{need.slug}"


def test_a_match_is_recalled_once_when_its_need_is_about_to_close(session: Session) -> None:
    place = market(session)
    need = published(session, place, deadline_on=date(2026, 12, 4))
    tell(need, MONDAY)
    write(TUESDAY_MORNING)
    for days in (2, 8, 9):
        gather(MONDAY + days * DAY)
    recalled = [
        notice
        for notice in notices_to(session, place.members[0])
        if notice.kind is NoticeKind.NEED_CLOSING
    ]
    assert len(recalled) == 1
    write(datetime(2026, 12, 2, 8, tzinfo=UTC))
    last = mails_to(session, place.members[0])[-1]
    assert len(mails_to(session, place.members[0])) == 2
    [item] = last.context["sections"][0]["items"]
    assert item["is_reminder"]


def test_who_knows_a_need_and_is_silent_reads_answered_questions_in_the_digest(
    session: Session,
) -> None:
    place = market(session, 4)
    asker, keen, silent, late = place.members
    need = published(session, place, deadline_on=date(2026, 12, 18), title="Tonte")
    tell(need, MONDAY)
    session.rollback()
    ids = [structure.id for structure in place.structures]
    forgotten = session.query(Match).filter_by(need_id=need.id, structure_id=ids[3]).one()
    forgotten.status = MatchStatus.SUGGESTED
    session.query(MatchMove).filter_by(match_id=forgotten.id).delete()
    session.commit()
    noon = MONDAY + timedelta(hours=3)
    with transaction() as writing:
        say_interested(writing, need.id, ids[1], keen.id, noon)
        asked = [
            ask(writing, need.id, ids[0], asker.id, words, noon).id
            for words in ("Quel accès ?", "Quels jours ?")
        ]
    gather(noon)
    for enquiry in asked:
        with transaction() as writing:
            answer_enquiry(writing, need.id, enquiry, need.author_id, "Oui", noon)
    for _ in range(2):
        gather(noon)
    assert [notice.kind for notice in notices_to(session, silent)].count(
        NoticeKind.ENQUIRY_ANSWERED
    ) == len(asked)
    for other in (asker, keen, late):
        kinds = {notice.kind for notice in notices_to(session, other)}
        assert NoticeKind.ENQUIRY_ANSWERED not in kinds
    write(TUESDAY_MORNING)
    told = [title for row in mails_to(session, silent) for title in titles_in(row)]
    assert "2 questions ont reçu une réponse sur «\u00a0Tonte\u00a0»" in told
