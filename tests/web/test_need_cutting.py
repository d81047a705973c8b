"""A buyer cuts a need that was sent whole into lots, and takes a lot out of one that waits for its
desk: whoever knows the need is told once, and nothing changes under an answer to the whole."""

from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace import clock
from marketplace.answers.answering import PartSaid, Said, send_answer
from marketplace.mail import OutgoingMail
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.shortlisting import shortlist_need
from marketplace.matching.tables import LotMatch, Match
from marketplace.moderation import deciding, desks
from marketplace.needs.lifecycle import Status
from marketplace.needs.posting import LotDraft
from marketplace.needs.queries import corrections_of
from marketplace.needs.tables import Need, NeedAmendment, NeedKind
from marketplace.structures.tables import StructureMember
from tests.browsing import fill, hidden_of, sign_in
from tests.factories import people
from tests.factories.market import (
    BESANCON,
    CLEANING,
    GREEN_SPACES,
    offer,
    structure,
    submitted_need,
)
from tests.stepping import main_of

MOWING = {"title": "Tonte des stades", "sectors": [GREEN_SPACES], "place_type": "need"}
CLEANERS = {"title": "Nettoyage des vestiaires", "sectors": [CLEANING], "place_type": "need"}
LOTS = (LotDraft("Tonte des stades"), LotDraft("Taille des haies"), LotDraft("Feuilles mortes"))


@pytest.fixture
def whole(session: Session, client: FlaskClient) -> Need:
    """A published quote that « Les Haies » was told of; its buyer is signed in."""
    told = structure(session, "Les Haies")
    offer(session, told)
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    people.structure_member(session, told)
    need = submitted_need(session, buyer.id, town.id, kind=NeedKind.QUOTE)
    need.status, need.published_at = Status.PUBLISHED, clock.now()
    session.commit()
    shortlist_need(session, need.id, clock.now())
    session.scalars(select(Match)).one().status = MatchStatus.NOTIFIED
    session.commit()
    sign_in(client, buyer.email)
    return need


@pytest.fixture
def waiting(session: Session, client: FlaskClient) -> Need:
    """Three lots, on the desk; its buyer is signed in."""
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    need = submitted_need(session, buyer.id, town.id, sectors=(), lots=LOTS)
    desks.receive_need(session, need, clock.now())
    session.commit()
    sign_in(client, buyer.email)
    return need


def address(need: Need) -> str:
    return f"/besoins/{need.slug}/amender/decouper"


def lot(number: int, said: dict[str, object]) -> dict[str, object]:
    return {f"lot{number}-{name}": value for name, value in said.items()}


def go_on(
    client: FlaskClient, need: Need, page: TestResponse, go: str, **said: object
) -> TestResponse:
    return client.post(
        address(need), data=hidden_of(page) | said | {"go": go}, follow_redirects=True
    )


def both_described(client: FlaskClient, need: Need) -> TestResponse:
    """What changes, shown once two lots are described."""
    first = client.get(address(need))
    second = go_on(client, need, first, "next", **lot(1, MOWING))
    assert "Lot 1 : Tonte des stades" in main_of(second).replace("\u00a0", " ")
    return go_on(client, need, second, "see", **lot(2, CLEANERS))


def test_a_published_need_is_cut_and_who_knows_it_is_told_once(
    session: Session, client: FlaskClient, whole: Need
) -> None:
    assert "Découper en lots" in client.get(f"/besoins/{whole.slug}/amender").text
    seen = both_described(client, whole)
    assert "Voici ce qui change" in main_of(seen)
    for label in ("Lot 1, titre", "Lot 2, secteurs"):
        assert label in main_of(seen)
    session.expire_all()
    assert whole.lots == []  # only shown so far
    done = go_on(client, whole, seen, "confirm")
    assert "découpé en 2 lots. La structure qui le connaissait est prévenue" in main_of(done)
    session.expire_all()
    assert [(one.number, one.title) for one in whole.lots] == [
        (1, "Tonte des stades"),
        (2, "Nettoyage des vestiaires"),
    ]
    mail = session.scalars(select(OutgoingMail).filter_by(kind="needs/amended")).one()
    cleaners = {"label": "Lot 2, titre", "before": "Rien", "after": "Nettoyage des vestiaires"}
    assert cleaners in mail.context["changes"]
    shortlist_need(session, whole.id, clock.now())
    assert {one.lot_id for one in session.scalars(select(LotMatch))} == {whole.lots[0].id}
    again = go_on(client, whole, seen, "confirm")
    assert "Ce besoin est découpé en lots" in main_of(again)
    assert len(session.scalars(select(NeedAmendment)).all()) == 1


def test_lots_are_described_in_any_order_and_what_was_typed_is_never_lost(
    client: FlaskClient, whole: Need
) -> None:
    second = go_on(client, whole, client.get(address(whole)), "next", **lot(1, MOWING))
    wrong = {"title": "", "amount": "beaucoup", "place_type": "point", "commune": "Nulle-Part"}
    page = go_on(client, whole, second, "see", **lot(2, wrong))
    assert page.status_code == 422
    for sentence in ("Donnez un titre", "Montant illisible", "Commune introuvable", "beaucoup"):
        assert sentence in main_of(page)
    third = go_on(client, whole, page, "next", **lot(2, CLEANERS))
    assert "Lot 3" in main_of(third)
    back = go_on(client, whole, third, "previous", **lot(3, {"title": ""}))
    assert 'value="Nettoyage des vestiaires"' in main_of(back)
    back = go_on(client, whole, back, "previous", **lot(2, CLEANERS))
    assert 'value="Tonte des stades"' in main_of(back)
    seen = go_on(client, whole, back, "see", **lot(1, MOWING | {"title": "Tonte de trois stades"}))
    assert "Tonte de trois stades" in main_of(seen)
    assert "Lot 3" not in main_of(seen)
    corrected = go_on(client, whole, seen, "back")
    assert 'value="Nettoyage des vestiaires"' in main_of(corrected)


def test_one_lot_is_no_cut(client: FlaskClient, whole: Need) -> None:
    page = go_on(client, whole, client.get(address(whole)), "see", **lot(1, MOWING))
    assert "Lot 2" in main_of(page)
    page = go_on(client, whole, page, "confirm", **lot(2, {"title": " "}))
    assert page.status_code == 422


def test_nothing_is_cut_under_an_answer_to_the_whole(
    session: Session, client: FlaskClient, whole: Need
) -> None:
    seen = both_described(client, whole)
    member = session.scalars(select(StructureMember)).one()
    said = Said("Oui", [PartSaid(None, Decimal(900), Decimal(900))])
    send_answer(session, whole.id, member.structure_id, member.user_id, said, 0, clock.now())
    session.commit()
    page = go_on(client, whole, seen, "confirm")
    assert "Une structure a déjà répondu à l'ensemble" in main_of(page)
    session.expire_all()
    assert whole.lots == []


def test_a_need_that_waits_is_cut_and_loses_a_lot_and_only_its_desk_learns_it(
    session: Session, client: FlaskClient, waiting: Need
) -> None:
    page = client.get(f"/besoins/{waiting.slug}/amender")
    out = f"/besoins/{waiting.slug}/amender/lots/{waiting.lots[1].id}/retirer"
    assert out in page.text
    asked = client.get(out)
    assert "Les lots suivants prennent le numéro d'avant" in main_of(asked)
    done = client.post(out, data=hidden_of(asked), follow_redirects=True)
    assert "Le lot est retiré. Le guichet le relit" in main_of(done)
    session.expire_all()
    assert [(one.number, one.title) for one in waiting.lots] == [
        (1, "Tonte des stades"),
        (2, "Feuilles mortes"),
    ]
    assert corrections_of(session, waiting.id)[0].changes["lots.2.title"] == [
        "Taille des haies",
        None,
    ]
    assert client.post(out, data=hidden_of(asked)).status_code == 404
    assert session.scalars(select(OutgoingMail)).all() == []
    for one in list(waiting.lots):
        last = f"/besoins/{waiting.slug}/amender/lots/{one.id}/retirer"
        fill(client, last)
    session.expire_all()
    assert waiting.lots == []
    done = go_on(client, waiting, both_described(client, waiting), "confirm")
    assert "découpé en 2 lots. Le guichet le relit" in main_of(done)
    session.expire_all()
    assert len(waiting.lots) == 2


def test_a_lot_is_not_taken_out_of_what_the_desk_published_meanwhile(
    session: Session, client: FlaskClient, waiting: Need
) -> None:
    out = f"/besoins/{waiting.slug}/amender/lots/{waiting.lots[1].id}/retirer"
    asked = client.get(out)
    facilitator = people.facilitator(session, people.desk(session, BESANCON))
    deciding.approve(session, waiting.id, facilitator.id, clock.now())
    session.commit()
    page = client.post(out, data=hidden_of(asked), follow_redirects=True)
    assert "Le guichet vient de décider de ce besoin" in main_of(page)
    assert client.get(out).location.endswith("/terminer")
    session.expire_all()
    assert len(waiting.lots) == 3


def test_a_lot_that_a_colleague_changed_is_shown_before_it_is_taken_out(
    session: Session, client: FlaskClient, waiting: Need
) -> None:
    out = f"/besoins/{waiting.slug}/amender/lots/{waiting.lots[1].id}/retirer"
    asked = client.get(out)
    waiting.lots[1].title = "Taille de toutes les haies"
    session.commit()
    page = client.post(out, data=hidden_of(asked))
    assert page.status_code == 409
    assert "Taille de toutes les haies" in main_of(page)
