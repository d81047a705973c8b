"""The account of a sourcing: who was found and why, told what, did what; and the conclusion."""

import csv
import io
import re
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers import announcing
from marketplace.digests.tables import Notice, NoticeKind
from marketplace.digests.topics import Topic
from marketplace.mail import MailState, OutgoingMail, Promise
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.moving import match_for_update, move_match
from marketplace.matching.shortlisting import shortlist_need
from marketplace.matching.tables import Match
from marketplace.needs.amending import extend
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need, SourcingReport
from tests.browsing import fill, send, sign_in
from tests.factories import people
from tests.factories.market import offer, structure, submitted_need
from tests.web.test_need_life import LATER


@pytest.fixture
def need(session: Session) -> Need:
    """Published, put off, with a structure that declined after it was told."""
    told, found = structure(session, "=Les Haies"), structure(session, "Le Bocage")
    for one in (told, found):
        offer(session, one)
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    member = people.structure_member(session, told)
    need = submitted_need(session, buyer.id, town.id)
    need.status, need.published_at = Status.PUBLISHED, clock.now()
    session.commit()
    shortlist_need(session, need.id, clock.now())
    session.commit()
    match = match_for_update(session, need.id, told.id)
    assert match is not None
    move_match(session, match, MatchStatus.NOTIFIED, None, clock.now())
    amendment = extend(session, need.id, buyer.id, LATER, clock.now())
    assert amendment is not None
    announcing.tell_amended(session, need, amendment, clock.now())
    move_match(
        session, match, MatchStatus.DECLINED, member.id, clock.now(), "delay", "Trop tôt pour nous"
    )
    session.commit()
    return need


def test_the_report_says_whom_was_told_what_and_what_each_did(
    client: FlaskClient, need: Need
) -> None:
    sign_in(client, need.author.email)
    page = client.get(f"/besoins/{need.slug}/compte-rendu")
    assert page.status_code == 200
    words = page.text
    for said in (
        "Le besoin, version 2",
        "=Les Haies (ACI",
        "Prévenue d&#39;une modification",
        "A décliné",
        "Délai trop court\u00a0: Trop tôt pour nous",
        "Trouvée par le classement",
    ):
        assert said in words, said


def test_its_file_has_a_row_a_step_and_no_formula(client: FlaskClient, need: Need) -> None:
    sign_in(client, need.author.email)
    file = client.get(f"/besoins/{need.slug}/compte-rendu.csv")
    rows = list(csv.reader(io.StringIO(file.data.decode("utf-8-sig")), delimiter=";"))
    steps = [(row[0], row[9]) for row in rows[1:]]
    assert steps == [
        ("'=Les Haies", "Trouvée par le classement"),
        ("'=Les Haies", "Prévenue"),
        ("'=Les Haies", "Prévenue d'une modification"),
        ("'=Les Haies", "A décliné"),
        ("Le Bocage", "Trouvée par le classement"),
    ]


def test_the_ranking_is_exported_with_its_reasons(client: FlaskClient, need: Need) -> None:
    sign_in(client, need.author.email)
    file = client.get(f"/besoins/{need.slug}/classement.csv")
    rows = list(csv.reader(io.StringIO(file.data.decode("utf-8-sig")), delimiter=";"))
    assert {row[2] for row in rows[1:]} == {"'=Les Haies", "Le Bocage"}
    assert all("espaces verts" in row[9] for row in rows[1:])


def test_a_buyer_writes_a_conclusion_that_nobody_else_changes(
    session: Session, client: FlaskClient, need: Need
) -> None:
    address = f"/besoins/{need.slug}/compte-rendu"
    sign_in(client, need.author.email)
    page = send(client, address, conclusion="Deux lots,\0 et <b>un délai</b> plus long. 🙂")
    assert "Votre conclusion est enregistrée" in page.text
    assert "&lt;b&gt;un délai&lt;/b&gt;" in page.text
    assert fill(client, address, conclusion="x" * 20_001).status_code == 422
    said = session.scalars(select(SourcingReport.conclusion)).one()
    assert said == "Deux lots, et <b>un délai</b> plus long. 🙂"


def test_a_stranger_to_the_need_is_told_nothing(
    session: Session, client: FlaskClient, need: Need
) -> None:
    other = people.buyer(session)
    session.commit()
    sign_in(client, other.email)
    for page in ("compte-rendu", "compte-rendu.csv", "classement.csv"):
        assert client.get(f"/besoins/{need.slug}/{page}").status_code == 404


def test_it_proves_what_left_and_says_what_has_not(
    session: Session, client: FlaskClient, need: Need
) -> None:
    match = session.scalars(
        select(Match).where(Match.need_id == need.id, Match.status == MatchStatus.DECLINED)
    ).one()
    sent = OutgoingMail(
        key="digest",
        kind="digests/personal",
        promise=Promise.AT_MOST_ONCE,
        address="a@exemple.fr",
        state=MailState.SENT,
        sent_at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
    )
    session.add(sent)
    session.flush()
    for mail_id in (sent.id, None):
        session.add(
            Notice(
                user_id=people.user(session).id,
                topic=Topic.NEEDS,
                kind=NoticeKind.NEED_MATCHED,
                subject_id=match.id,
                need_id=need.id,
                title=need.title,
                link="/",
                ready_at=clock.now(),
                mail_id=mail_id,
            )
        )
    session.commit()
    sign_in(client, need.author.email)
    words = client.get(f"/besoins/{need.slug}/compte-rendu").text.replace("\u00a0", " ")
    assert "Courriel parti le 02/03/2026 à 10 h 30, à 1 personne" in words
    assert "par courriel au prochain récapitulatif" in words


def test_who_opens_the_need_before_its_turn_counts_among_those_who_know_it(
    session: Session, client: FlaskClient, need: Need
) -> None:
    unasked = session.scalars(
        select(Match).where(Match.need_id == need.id, Match.status == MatchStatus.SUGGESTED)
    ).one()
    move_match(session, unasked, MatchStatus.OPENED, None, clock.now())
    session.commit()
    sign_in(client, need.author.email)
    words = " ".join(client.get(f"/besoins/{need.slug}/compte-rendu").text.split())
    assert re.search(r">2<.{0,60}prévenues", words)
