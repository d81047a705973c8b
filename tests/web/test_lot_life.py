"""A buyer changes the lots of a published need; whoever knows it is told, who answered first."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace import clock
from marketplace.accounts.tables import User
from marketplace.answers.answering import PartSaid, Said, send_answer
from marketplace.answers.awarding import Decided, record_outcomes
from marketplace.answers.lifecycle import Result
from marketplace.answers.tables import Answer
from marketplace.mail import OutgoingMail
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.shortlisting import shortlist_need
from marketplace.matching.tables import Match
from marketplace.needs.lifecycle import Status
from marketplace.needs.posting import LotDraft
from marketplace.needs.tables import LotEnding, Need, NeedKind
from marketplace.structures.tables import Structure
from tests.browsing import fill, hidden_of, sign_in
from tests.conftest import Visitor
from tests.factories import people
from tests.factories.market import CLEANING, GREEN_SPACES, offer, structure, submitted_need
from tests.stepping import main_of

PRICE = Decimal(100)
LOTS = (
    LotDraft("Tonte des stades", sectors=(GREEN_SPACES,)),
    LotDraft("Nettoyage des vestiaires", sectors=(CLEANING,)),
)


@dataclass
class Market:
    need: Need
    buyer: User
    told: Structure
    member: User


@pytest.fixture
def market(session: Session, client: FlaskClient) -> Market:
    told = structure(session, "Les Haies")
    offer(session, told)
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    member = people.structure_member(session, told)
    need = submitted_need(session, buyer.id, town.id, kind=NeedKind.QUOTE, sectors=(), lots=LOTS)
    need.status, need.published_at = Status.PUBLISHED, clock.now()
    session.commit()
    shortlist_need(session, need.id, clock.now())
    session.scalars(select(Match)).one().status = MatchStatus.NOTIFIED
    session.commit()
    sign_in(client, buyer.email)
    return Market(need, buyer, told, member)


def as_member(client: FlaskClient, market: Market) -> FlaskClient:
    theirs = Visitor(client.application, client.response_wrapper)
    sign_in(theirs, market.member.email)
    return theirs


def answered(session: Session, market: Market, *numbers: int) -> None:
    parts = [PartSaid(market.need.lots[n - 1].id, PRICE, PRICE) for n in numbers]
    who, now = market.member.id, clock.now()
    send_answer(session, market.need.id, market.told.id, who, Said("Oui", parts), 0, now)
    session.commit()


def change(client: FlaskClient, address: str, **said: object) -> TestResponse:
    """The lot's form, then what changes, then it is confirmed."""
    page = client.get(address)
    assert page.status_code == 200
    seen = client.post(address, data=hidden_of(page) | said | {"go": "see"})
    assert seen.status_code == 200, main_of(seen)
    assert "Voici ce qui change" in main_of(seen)
    return client.post(address, data=hidden_of(seen) | {"go": "confirm"}, follow_redirects=True)


def of_lot(market: Market, number: int, end: str = "") -> str:
    return f"/besoins/{market.need.slug}/amender/lots/{market.need.lots[number - 1].id}{end}"


def last_mail(session: Session) -> OutgoingMail:
    session.rollback()
    found = select(OutgoingMail).where(OutgoingMail.kind == "needs/amended")
    return session.scalars(found.order_by(OutgoingMail.id.desc()).limit(1)).one()


def test_a_lot_is_changed_and_who_answered_it_is_told_so_and_sees_it_beside_its_answer(
    session: Session, client: FlaskClient, market: Market
) -> None:
    answered(session, market, 1)
    said = {"title": "Tonte de trois stades", "sectors": [GREEN_SPACES], "place_type": "need"}
    page = change(client, of_lot(market, 1), **said)
    assert "Le lot 1 est modifié. La structure qui le connaissait est prévenue" in main_of(page)
    assert "Lot 1, titre" in main_of(page)
    mail = last_mail(session)
    assert mail.address == market.member.email
    assert [one["label"] for one in mail.context["changes"]] == ["Lot 1, titre"]
    assert "Vous avez répondu au lot 1, qui change" in mail.context["answered"]
    member = as_member(client, market)
    theirs = f"/besoins/{market.need.slug}/reponse/{market.told.slug}"
    page = member.get(theirs)
    assert "Ce besoin a changé depuis votre réponse" in main_of(page)
    assert "Tonte de trois stades" in main_of(page)
    edit = f"/besoins/{market.need.slug}/repondre/{market.told.slug}"
    lot = f"lot_{market.need.lots[0].id}"
    sent = fill(member, edit, **{f"{lot}-price": "120", "message": "Oui", "action": "send"})
    assert "Votre réponse est envoyée" in main_of(sent)
    assert "Ce besoin a changé depuis votre réponse" not in main_of(member.get(theirs))


def test_a_lot_is_added_and_what_is_wrong_in_it_is_said(
    session: Session, client: FlaskClient, market: Market
) -> None:
    address = f"/besoins/{market.need.slug}/amender/lots/ajouter"
    wrong = {"title": "", "amount": "beaucoup", "place_type": "point", "commune": "Nulle-Part"}
    page = fill(client, address, **wrong, go="see")
    assert page.status_code == 422
    for sentence in ("Donnez un titre", "Montant illisible", "Commune introuvable"):
        assert sentence in main_of(page)
    page = change(client, address, title="Taille des haies", place_type="need", amount="9 000")
    assert "Le lot est ajouté." in main_of(page)
    session.expire_all()
    assert [lot.title for lot in market.need.lots][2:] == ["Taille des haies"]
    assert last_mail(session).context["answered"] == ""


def test_a_lot_without_an_answer_is_withdrawn_with_its_reason(
    session: Session, client: FlaskClient, market: Market
) -> None:
    asked = client.get(of_lot(market, 2, "/terminer"))
    assert "Retirer le lot 2" in main_of(asked)
    address = of_lot(market, 2, "/terminer")
    assert fill(client, address, reason=" ").status_code == 422
    page = fill(client, address, reason="Fait en régie")
    assert "Le lot 2 ne prend plus de réponses." in main_of(page)
    assert "Fait en régie" in main_of(page)
    session.expire_all()
    assert market.need.lots[1].ending is LotEnding.WITHDRAWN
    for again in (address, of_lot(market, 2)):
        page = client.get(again, follow_redirects=True)
        assert "il reste tel qu'il est" in main_of(page)
    page = client.get(of_lot(market, 1, "/terminer"), follow_redirects=True)
    assert "C'est le dernier lot ouvert" in main_of(page)
    edit = f"/besoins/{market.need.slug}/repondre/{market.told.slug}"
    assert "Nettoyage des vestiaires" not in main_of(as_member(client, market).get(edit))


def test_a_lot_with_an_answer_is_closed_and_what_was_answered_stays_when_the_rest_changes(
    session: Session, client: FlaskClient, market: Market
) -> None:
    answered(session, market, 1, 2)
    assert "Clore le lot 2" in main_of(client.get(of_lot(market, 2, "/terminer")))
    fill(client, of_lot(market, 2, "/terminer"), reason="Fait en régie")
    session.expire_all()
    assert market.need.lots[1].ending is LotEnding.CLOSED
    edit = f"/besoins/{market.need.slug}/repondre/{market.told.slug}"
    price = f"lot_{market.need.lots[0].id}-price"
    fill(as_member(client, market), edit, **{price: "150", "message": "Oui", "action": "send"})
    session.expire_all()
    answer = session.scalars(select(Answer)).one()
    assert {part.lot_id: int(part.price_max or 0) for part in answer.parts} == {
        market.need.lots[0].id: 150,
        market.need.lots[1].id: 100,
    }
    market.need.status = Status.CLOSED
    session.commit()
    outcome = main_of(client.get(f"/besoins/{market.need.slug}/issue"))
    assert "Nettoyage des vestiaires" in outcome


def test_of_a_withdrawn_lot_no_outcome_is_asked(
    session: Session, client: FlaskClient, market: Market
) -> None:
    fill(client, of_lot(market, 2, "/terminer"), reason="Fait en régie")
    market.need.status = Status.CLOSED
    session.commit()
    page = client.get(f"/besoins/{market.need.slug}/issue")
    assert "Nettoyage des vestiaires" not in main_of(page)
    decided = [Decided(market.need.lots[0].id, Result.UNSUCCESSFUL, reason="Trop cher")]
    record_outcomes(session, market.need.id, market.buyer.id, decided, clock.now())
    session.commit()
    assert market.need.status is Status.UNSUCCESSFUL


def test_a_need_published_whole_and_a_lot_of_another_need_lead_nowhere(
    session: Session, client: FlaskClient, market: Market
) -> None:
    whole = submitted_need(session, market.buyer.id, market.need.organisation_id)
    whole.status = Status.PUBLISHED
    session.commit()
    page = client.get(f"/besoins/{whole.slug}/amender/lots/ajouter", follow_redirects=True)
    assert "Découper «" in main_of(page)
    foreign = f"/besoins/{whole.slug}/amender/lots/{market.need.lots[0].id}"
    assert client.get(foreign).status_code == 404
    assert client.get(f"{foreign}/terminer").status_code == 404
