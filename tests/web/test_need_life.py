"""A buyer changes, puts off, closes, opens again and copies a need; those who know it are told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import User
from marketplace.answers.lifecycle import Result
from marketplace.answers.tables import Outcome
from marketplace.digests.tables import Notice, NoticeKind
from marketplace.digests.topics import Topic
from marketplace.mail import OutgoingMail
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.shortlisting import shortlist_need
from marketplace.matching.tables import Match
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need, NeedNotice
from marketplace.structures.tables import Structure
from tests.browsing import fill, hidden_of, send, sign_in, token_of
from tests.factories import people
from tests.factories.market import offer, structure, submitted_need

LATER = clock.today() + timedelta(days=60)


@dataclass
class Market:
    """A published need, with the people of a structure that was told of it and of one that
    was only found."""

    need: Need
    buyer: User
    told: Structure
    member: User
    other_member: User


@pytest.fixture
def market(session: Session, client: FlaskClient) -> Market:
    told, found = structure(session, "Les Haies"), structure(session, "Le Bocage")
    for one in (told, found):
        offer(session, one)
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    member = people.structure_member(session, told)
    other = people.structure_member(session, found)
    need = submitted_need(session, buyer.id, town.id, questions=("Quels délais ?",))
    need.status, need.published_at = Status.PUBLISHED, clock.now()
    session.commit()
    shortlist_need(session, need.id, clock.now())
    match = session.scalars(select(Match).filter_by(structure_id=told.id)).one()
    match.status = MatchStatus.NOTIFIED
    session.commit()
    sign_in(client, buyer.email)
    return Market(need, buyer, told, member, other)


def mails(session: Session, kind: str) -> Sequence[OutgoingMail]:
    session.rollback()
    return session.scalars(select(OutgoingMail).where(OutgoingMail.kind == kind)).all()


def typed(day: date) -> str:
    return day.strftime("%d/%m/%Y")


def amend(client: FlaskClient, need: Need, **said: str) -> str:
    """The title's part, changed and confirmed; the text of the page where it leads."""
    address = f"/besoins/{need.slug}/amender/quoi"
    page = client.get(address)
    assert page.status_code == 200
    fields: dict[str, object] = {
        **hidden_of(page),
        "title": need.title,
        "description": need.description,
        "sectors": [one.sector_slug for one in need.sectors],
        "is_amount_shared": "y",
    }
    asked = client.post(address, data=fields | said | {"go": "see"})
    assert asked.status_code == 200
    confirmed = client.post(
        address, data=hidden_of(asked) | {"go": "confirm"}, follow_redirects=True
    )
    return confirmed.text


def test_an_amendment_is_shown_before_it_is_confirmed_then_told_to_those_who_know_the_need(
    session: Session, client: FlaskClient, market: Market
) -> None:
    page = amend(client, market.need, title="Tonte et taille de haies")
    assert "Votre besoin est modifié. La structure qui le connaissait est prévenue" in page
    assert "<del>Entretien des espaces verts</del>" in page
    assert "<ins>Tonte et taille de haies</ins>" in page
    (mail,) = mails(session, "needs/amended")
    assert (mail.address, mail.topic) == (market.member.email, "amendments")
    amendment = market.need.amendments[0]
    assert mail.key == f"need_amended:{amendment.id}:{market.told.id}:{market.member.id}"
    assert mail.context["changes"] == [
        {
            "label": "Titre",
            "before": "Entretien des espaces verts",
            "after": "Tonte et taille de haies",
        }
    ]
    notice = session.scalars(select(NeedNotice)).one()
    assert (notice.structure_id, notice.people) == (market.told.id, 1)


def test_nothing_is_kept_nor_told_of_a_form_without_a_change(
    session: Session, client: FlaskClient, market: Market
) -> None:
    address = f"/besoins/{market.need.slug}/amender/quoi"
    fields = {"title": market.need.title, "description": market.need.description}
    said = fields | {"sectors": [one.sector_slug for one in market.need.sectors]}
    page = fill(client, address, **said, is_amount_shared="y", go="see")
    assert "n&#39;avez rien changé" in page.text
    assert market.need.amendments == []


@pytest.mark.parametrize(
    ("part", "said", "sentence"),
    [
        ("ou-et-quand", {"deadline_on": "32/13/2026"}, "date"),
        ("ou-et-quand", {"deadline_on": typed(clock.today() + timedelta(days=1))}, "comptent sur"),
        ("comment", {"questions": "Quel prix ?", "here": "y"}, "laissez-la"),
        ("quoi", {"title": ""}, "Donnez un titre"),
        ("quoi", {"title": "\0\u202e🙂" * 250}, "5 à 200"),
        ("quoi", {"title": "x" * 100_000}, "5 à 200"),
        ("quoi", {"amount": "-3"}, "ontant"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_typed_is_lost(
    session: Session,
    client: FlaskClient,
    market: Market,
    part: str,
    said: dict[str, str],
    sentence: str,
) -> None:
    need = market.need
    whole = {
        "title": need.title,
        "place_type": "point",
        "commune": "Besançon (25)",
        "deadline_on": typed(LATER),
        "reserved_for": "any",
    }
    address = f"/besoins/{need.slug}/amender/{part}"
    page = client.get(address)
    answer = client.post(address, data=hidden_of(page) | whole | said | {"go": "see"})
    assert answer.status_code == 422
    assert sentence in answer.text.split("<form")[0] + answer.text
    assert "error-summary" in answer.text
    assert session.scalar(select(Need.amended_at)) is None


def test_a_second_tab_sees_what_changed_before_it_confirms(
    session: Session, client: FlaskClient, market: Market
) -> None:
    address = f"/besoins/{market.need.slug}/amender/quoi"
    first = client.get(address)
    amend(client, market.need, title="Première modification")
    fields = hidden_of(first) | {"title": "Seconde modification", "description": ""}
    refused = client.post(address, data=fields | {"go": "confirm"})
    assert refused.status_code == 409
    assert "modifié ailleurs" in refused.text
    page = client.post(address, data=hidden_of(refused) | {"go": "confirm"}, follow_redirects=True)
    assert "Seconde modification" in page.text


def test_the_deadline_is_put_off_in_one_page_and_told(
    session: Session, client: FlaskClient, market: Market
) -> None:
    address = f"/besoins/{market.need.slug}/prolonger"
    earlier = typed(clock.today() + timedelta(days=2))
    refused = fill(client, address, deadline_on=earlier)
    assert refused.status_code == 422
    assert earlier in refused.text
    page = fill(client, address, deadline_on=typed(LATER))
    assert "La date limite est repoussée. La structure" in page.text
    assert len(mails(session, "needs/amended")) == 1
    assert session.scalar(select(Need.deadline_on)) == LATER


def test_a_need_closed_early_is_told_with_the_reason_and_opens_again_once(
    session: Session, client: FlaskClient, market: Market
) -> None:
    slug = market.need.slug
    assert fill(client, f"/besoins/{slug}/clore", reason=" ").status_code == 422
    page = fill(client, f"/besoins/{slug}/clore", reason="Trois réponses nous suffisent.")
    assert "Votre besoin est clos" in page.text
    (mail,) = mails(session, "needs/closed")
    assert mail.context["why"] == "Trois réponses nous suffisent."
    assert "/rouvrir" in page.text
    page = fill(client, f"/besoins/{slug}/rouvrir", deadline_on=typed(LATER))
    assert "Votre besoin est rouvert" in page.text
    assert len(mails(session, "needs/reopened")) == 1
    page = fill(client, f"/besoins/{slug}/clore", reason="Cette fois c'est fini.")
    assert "/rouvrir" not in page.text
    page = fill(client, f"/besoins/{slug}/rouvrir", deadline_on=typed(LATER))
    assert "déjà été rouvert une fois" in page.text
    assert len(mails(session, "needs/closed")) == 2


def test_a_need_whose_lot_has_an_outcome_stays_closed(
    session: Session, client: FlaskClient, market: Market
) -> None:
    market.need.status = Status.CLOSED
    session.add(
        Outcome(
            need_id=market.need.id,
            result=Result.UNSUCCESSFUL,
            decided_at=clock.now(),
            decided_by_id=market.buyer.id,
        )
    )
    session.commit()
    page = fill(client, f"/besoins/{market.need.slug}/rouvrir", deadline_on=typed(LATER))
    assert "dont la suite n&#39;est pas donnée" in page.text


def test_a_withdrawal_is_told_to_those_who_knew_the_need(
    session: Session, client: FlaskClient, market: Market
) -> None:
    address = f"/besoins/{market.need.slug}/retirer"
    page = send(client, address, reason="Budget reporté")
    assert "Votre besoin est retiré" in page.text
    assert "Budget reporté" in page.text
    (mail,) = mails(session, "needs/withdrawn")
    assert mail.address == market.member.email


def test_a_copy_is_made_once_of_two_clicks(
    session: Session, client: FlaskClient, market: Market
) -> None:
    address = f"/besoins/{market.need.slug}/dupliquer"
    fields = hidden_of(client.get(address))
    for _ in range(2):
        page = client.post(address, data=fields, follow_redirects=True)
        assert "/etapes/" in page.request.path
    drafts = session.scalars(select(Need).where(Need.status == Status.DRAFT)).all()
    assert [draft.title for draft in drafts] == [market.need.title]


@pytest.mark.parametrize("deed", ["amender", "amender/quoi", "prolonger", "clore"])
def test_nothing_of_a_need_past_its_deadline_is_changed(
    session: Session, client: FlaskClient, market: Market, deed: str
) -> None:
    market.need.deadline_on = clock.today() - timedelta(days=1)
    session.commit()
    page = client.get(f"/besoins/{market.need.slug}/{deed}", follow_redirects=True)
    assert "ne prend plus de réponses" in page.text
    assert token_of(client.get("/mes-besoins"))


def test_who_is_still_to_be_told_of_the_need_is_not_told_that_it_changed(
    session: Session, client: FlaskClient, market: Market
) -> None:
    match = session.scalars(select(Match).filter_by(structure_id=market.told.id)).one()
    notice = Notice(
        user_id=market.member.id,
        topic=Topic.NEEDS,
        kind=NoticeKind.NEED_MATCHED,
        subject_id=match.id,
        need_id=market.need.id,
        title=market.need.title,
        link="/",
        ready_at=clock.now(),
    )
    session.add(notice)
    session.commit()
    page = amend(client, market.need, title="Tonte et taille de haies")
    assert "Aucune structure n&#39;en avait encore été prévenue" in page
    assert mails(session, "needs/amended") == []
    notice.read_at = clock.now()
    session.commit()
    amend(client, market.need, title="Tonte seulement")
    assert len(mails(session, "needs/amended")) == 1
