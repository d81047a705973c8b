"""What the territory of a facilitator lived in a week: the page, and the mail that leads to it."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import User
from marketplace.answers.lifecycle import AnswerStatus, Result
from marketplace.answers.tables import Answer, Outcome
from marketplace.clauses.reported import Public
from marketplace.clauses.reporting import send_report
from marketplace.db import transaction
from marketplace.digests import gathering
from marketplace.digests.composing import compose
from marketplace.digests.tables import NoticeKind
from marketplace.digests.topics import Topic
from marketplace.insights.watching import silent
from marketplace.insights.weeks import Week, counts, last_monday
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.tables import Match
from marketplace.moderation.tables import DeskMember
from marketplace.needs.lifecycle import Move, Status
from marketplace.needs.tables import Need, NeedMove
from tests.browsing import sign_in
from tests.digests.readers import mails_to, market, notices_to, published, titles_in, write
from tests.factories import contracts, people
from tests.factories.market import DIJON, MONDAY, offer, structure

DAY = timedelta(days=1)
SUNDAY_NIGHT = datetime(2026, 11, 29, 22, 59, tzinfo=MONDAY.tzinfo)
NEXT_MONDAY = MONDAY + 7 * DAY
TUESDAY_AFTER = datetime(2026, 12, 1, 8, tzinfo=MONDAY.tzinfo)


@dataclass
class Lived:
    facilitator: User
    need: Need


def gather(now: datetime) -> None:
    with transaction() as session:
        gathering.gather(session, now)


def told(session: Session, facilitator: User) -> list[str]:
    notices = notices_to(session, facilitator, Topic.QUEUE)
    return [one.title for one in notices if one.kind is NoticeKind.DESK_WEEK]


@pytest.fixture
def lived(session: Session) -> Lived:
    """A week in Besançon, from 23 to 29 November 2026, and a need of the week before."""
    place = market(session, count=1)
    one = place.structures[0]
    need = published(session, place, MONDAY - 6 * DAY, title="Tonte du stade")
    answered = published(session, place, MONDAY, title="Taille des haies")
    ended = published(session, place, MONDAY - 8 * DAY, title="Nettoyage des écoles")
    offered = offer(session, one, title="Élagage")
    offered.published_at = SUNDAY_NIGHT
    one.created_at = MONDAY - 40 * DAY
    for newcomer in (structure(session, "La Neuve"), structure(session, "Loin d'ici", DIJON)):
        newcomer.created_at = MONDAY + DAY
    session.add_all(
        [
            Answer(
                need_id=answered.id,
                structure_id=one.id,
                author_id=place.members[0].id,
                status=AnswerStatus.SENT,
                saved_at=MONDAY,
                sent_at=MONDAY + DAY,
                version=1,
            ),
            NeedMove(
                need_id=ended.id, move=Move.CLOSE, status=Status.CLOSED, moved_at=MONDAY + DAY
            ),
            Outcome(
                need_id=ended.id,
                result=Result.AWARDED,
                structure_id=one.id,
                decided_at=MONDAY + 2 * DAY,
                decided_by_id=place.buyer.id,
            ),
        ]
    )
    ended.status = Status.AWARDED
    contract = contracts.contract(session, place.buyer.id, place.organisation_id)
    session.flush()
    send_report(
        session,
        contract.lots[0].id,
        contract.holder.id,
        contracts.OCTOBER,
        [contracts.line(70), contracts.line(30.5, public=Public.REFUGEE)],
        None,
        MONDAY + DAY,
    )
    session.commit()
    return Lived(place.facilitator, need)


def test_the_weeks_mail_says_all_that_the_territory_lived_each_with_its_page(
    session: Session, client: FlaskClient, lived: Lived
) -> None:
    gather(NEXT_MONDAY)
    gather(NEXT_MONDAY + timedelta(minutes=5))
    [title] = told(session, lived.facilitator)
    assert title == (
        "La semaine de votre territoire\u00a0: 1 besoin publié, 1 besoin qui a reçu une réponse, "
        "1 besoin clos…"
    )
    write(TUESDAY_AFTER)
    [row] = mails_to(session, lived.facilitator)
    assert "La semaine de votre territoire" in titles_in(row)
    [links] = [
        item["links"]
        for section in row.context["sections"]
        for item in section["items"]
        if item["links"]
    ]
    assert [words for words, _ in links] == [
        "1 besoin publié",
        "1 besoin qui a reçu une réponse",
        "1 besoin clos",
        "1 besoin attribué",
        "1 besoin encore sans réponse",
        "1 nouvelle structure",
        "1 nouvelle prestation",
        "100,5 heures d'insertion déclarées",
    ]
    composed = compose(row.kind, row.context, "https://tandem.example.fr")
    for _, link in links:
        assert f'href="https://tandem.example.fr{link}"' in composed.html
        assert f"https://tandem.example.fr{link}" in composed.text

    sign_in(client, lived.facilitator.email)
    page = client.get("/guichet/semaine?du=2026-11-25").text
    for words, link in links:
        assert f'id="{link.partition("#")[2]}"' in page
        assert words.replace("'", "&#39;") in page
    for named in ("Tonte du stade", "Taille des haies", "Nettoyage des écoles", "La Neuve"):
        assert named in page
    assert "Élagage" in page
    assert "octobre 2026" in page
    assert "Loin d" not in page


def test_a_week_in_which_nothing_happened_is_not_told(session: Session) -> None:
    elsewhere = people.facilitator(session, people.desk(session, DIJON))
    session.commit()
    gather(NEXT_MONDAY)
    assert told(session, elsewhere) == []


def test_a_week_is_no_news_from_wednesday_on(session: Session, lived: Lived) -> None:
    gather(NEXT_MONDAY + 2 * DAY)
    assert told(session, lived.facilitator) == []
    gather(NEXT_MONDAY + DAY)
    assert len(told(session, lived.facilitator)) == 1


def test_silent_structures_are_said_along_with_the_rest_but_are_no_news_alone(
    session: Session, lived: Lived
) -> None:
    session.execute(update(Match).values(status=MatchStatus.NOTIFIED))
    session.commit()
    gather(NEXT_MONDAY)
    write(TUESDAY_AFTER)
    [row] = mails_to(session, lived.facilitator)
    assert ["1 structure silencieuse", "/guichet/semaine?du=2026-11-23#silencieuses"] in [
        link
        for section in row.context["sections"]
        for item in section["items"]
        for link in item["links"]
    ]
    later = MONDAY + 56 * DAY
    desk_ids = session.scalars(select(DeskMember.desk_id)).all()
    assert session.execute(silent(desk_ids, later)).all() != []
    assert counts(session, Week(desk_ids, later.date(), later)) == {}


@pytest.mark.parametrize("day", ["", "hier", "2026-13-45", "0001-01-01", "9999-12-31", "\0"])
def test_the_page_of_a_week_that_is_none_shows_the_nearest(
    session: Session, client: FlaskClient, lived: Lived, day: str
) -> None:
    sign_in(client, lived.facilitator.email)
    page = client.get("/guichet/semaine", query_string={"du": day})
    assert page.status_code == 200
    assert "La semaine de votre territoire" in page.text


def test_one_walks_from_week_to_week_up_to_this_one(
    session: Session, client: FlaskClient, lived: Lived
) -> None:
    sign_in(client, lived.facilitator.email)
    last = last_monday(clock.now())
    page = client.get("/guichet/semaine").text
    asked = re.findall(r"/guichet/semaine\?du=(\d{4}-\d\d-\d\d)", page)
    assert [date.fromisoformat(day) for day in asked] == [last - 7 * DAY, last + 7 * DAY]
    page = client.get(f"/guichet/semaine?du={last + 7 * DAY}").text
    assert "jusqu&#39;à maintenant" in page
    assert "Semaine suivante" not in page
