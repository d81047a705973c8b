"""Posts to fill: opened by a desk, told to prescribers, who count candidates and name nobody."""

from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace import clock
from marketplace.accounts.tables import User
from marketplace.clauses.post_tables import CandidateCount, Opening, OpeningShare, Prescriber
from marketplace.clauses.prescribers import ENABLED, ORIENTS, PrescriberKind, capacity
from marketplace.moderation.tables import Desk
from tests.browsing import fill, hidden_of, mailed, sign_in, token_of
from tests.conftest import Visitor
from tests.factories import people
from tests.factories.market import BESANCON, MARSEILLE

SERVICE = "emploi@mission.example.fr"


@pytest.fixture
def desk(session: Session) -> Desk:
    row = people.desk(session, BESANCON)
    session.commit()
    return row


@pytest.fixture
def facilitator(session: Session, client: FlaskClient, desk: Desk) -> User:
    person = people.facilitator(session, desk)
    session.commit()
    sign_in(client, person.email)
    return person


def _said(on: Desk, **changes: object) -> dict[str, object]:
    today = clock.today()
    said: dict[str, object] = {
        "desk": str(on.id),
        "trade": "Peintre en bâtiment",
        "commune": "Besançon (25)",
        "posts": "4",
        "in_qpv": "2",
        "publics": ["young", "rsa"],
        "starts_on": (today + timedelta(days=40)).strftime("%d/%m/%Y"),
        "apply_until": (today + timedelta(days=20)).strftime("%d/%m/%Y"),
    }
    return said | changes


def _opened(client: FlaskClient, session: Session, desk: Desk) -> str:
    """Posts told to one service; its link."""
    added = {"desk": str(desk.id), "name": "Mission locale", "email": SERVICE}
    fill(client, "/postes/prescripteurs", kind="mission_locale", **added)
    fill(client, "/postes/ouvrir", **_said(desk))
    opening, prescriber = session.scalars(select(Opening)).one(), _prescriber(session)
    page = fill(client, f"/postes/{opening.id}", prescribers=[str(prescriber.id)])
    assert "Envoyés à 1 service" in page.text
    return mailed(session, "clauses/posts_shared", SERVICE)


def _prescriber(session: Session) -> Prescriber:
    return session.scalars(select(Prescriber)).one()


def test_a_service_without_an_account_counts_candidates_and_the_desk_sees_the_sums(
    client: FlaskClient, session: Session, desk: Desk, facilitator: User
) -> None:
    link = _opened(client, session, desk)
    visitor = Visitor(client.application, TestResponse)
    page = visitor.get(link)
    assert page.status_code == 200
    assert "jamais de nom" in page.text
    assert "<textarea" not in page.text
    counted = {"young-people": "3", "young-women": "1", "young-in_qpv": "2", "rsa-people": "1"}
    sent = {"csrf_token": token_of(page), "words": "Zinédine Untel, 06 12 34 56 78"}
    assert visitor.post(link, data=counted | sent).status_code == 302
    again = {"csrf_token": sent["csrf_token"], "young-people": "5", "rsa-people": ""}
    assert visitor.post(link, data=again).status_code == 302
    counts = session.scalars(select(CandidateCount)).all()
    assert [(one.public, one.people) for one in counts] == [("young", 5)], "the last one holds"
    opening = session.scalars(select(Opening)).one()
    shown = client.get(f"/postes/{opening.id}").text
    assert "Moins de 26 ans" in shown
    assert "Mission locale" in shown
    assert "Untel" not in shown
    assert "5, par 1 service" in client.get("/postes").text.replace("\u00a0", " ")


def test_a_link_dies_with_its_posts_their_date_or_its_service(
    client: FlaskClient, session: Session, desk: Desk, facilitator: User
) -> None:
    link = _opened(client, session, desk)
    visitor = Visitor(client.application, TestResponse)
    for forged in (link[:-1], link + "x", "/postes/candidats/1.1.x", "/postes/candidats/🎉"):
        assert visitor.get(forged).status_code == 410
    opening, prescriber = session.scalars(select(Opening)).one(), _prescriber(session)
    assert visitor.get(link).status_code == 200
    token = token_of(visitor.get(link))
    opening.apply_until = clock.today() - timedelta(days=1)
    session.commit()
    assert visitor.get(link).status_code == 410
    assert visitor.post(link, data={"csrf_token": token}).status_code == 410
    opening.apply_until = clock.today()
    session.commit()
    assert visitor.get(link).status_code == 200
    hidden = hidden_of(client.get("/postes/prescripteurs"))
    taken_out = client.post(f"/postes/prescripteurs/{prescriber.id}/retirer", data=hidden)
    assert taken_out.status_code == 302
    assert visitor.get(link).status_code == 410
    fill(
        client,
        "/postes/prescripteurs",
        desk=str(desk.id),
        name="Mission locale",
        email=SERVICE,
        kind="mission_locale",
    )
    assert visitor.get(link).status_code == 200, "it came back under the same address"
    client.post(f"/postes/{opening.id}/fermer", data=hidden_of(client.get("/postes/ouvrir")))
    assert visitor.get(link).status_code == 410


def test_a_service_is_told_once_however_often_the_button_is_pressed(
    client: FlaskClient, session: Session, desk: Desk, facilitator: User
) -> None:
    _opened(client, session, desk)
    opening, prescriber = session.scalars(select(Opening)).one(), _prescriber(session)
    token = hidden_of(client.get("/postes/ouvrir"))
    again = client.post(f"/postes/{opening.id}", data=token | {"prescribers": [str(prescriber.id)]})
    assert again.status_code == 422, "it is not proposed any more"
    assert session.scalar(select(func.count()).select_from(OpeningShare)) == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"trade": ""}, "Donnez le métier"),
        ({"trade": "Peintre, voir Mme Untel"}, "N'écrivez ni nom"),
        ({"conditions": "appeler le 06 12 34 56 78"}, "N'écrivez ni nom"),
        ({"conditions": "chef@chantier.fr"}, "N'écrivez ni nom"),
        ({"trade": "x" * 100_000}, "120"),
        ({"posts": "0"}, "de 1 à 500"),
        ({"posts": "-1"}, "de 1 à 500"),
        ({"posts": "9" * 30}, "de 1 à 500"),
        ({"posts": "🎉"}, "Donnez un nombre entier"),
        ({"in_qpv": "5"}, "plus que de postes"),
        ({"commune": "Doubs (département)"}, "Commune introuvable"),
        ({"publics": ["nobody"]}, "Choisissez une des réponses"),
        ({"apply_until": "01/01/2020"}, "passé"),
        ({"apply_until": "01/01/9999"}, "après le début du travail"),
        ({"starts_on": "01/01/2020"}, "passé"),
        ({"starts_on": "01/01/9999"}, "lointain"),
        ({"starts_on": "demain"}, "Donnez une date"),
        ({"trade": "🎉"}, "Donnez le métier"),
        ({"desk": "0"}, "Choisissez une des réponses"),
    ],
)
def test_posts_that_cannot_be_opened_are_told_why(
    client: FlaskClient,
    session: Session,
    desk: Desk,
    facilitator: User,
    wrong: dict[str, object],
    told: str,
) -> None:
    page = fill(client, "/postes/ouvrir", **_said(desk, **wrong))
    assert page.status_code == 422
    assert any(words in unescape(page.text) for words in told.split("|"))
    assert session.scalars(select(Opening)).all() == []


@pytest.mark.parametrize(
    "counts",
    [
        {"young-people": "1", "young-women": "2"},
        {"young-people": "1", "young-in_qpv": "2"},
        {"young-people": "-1"},
        {"young-people": "9" * 30},
        {"young-people": "Zinédine"},
    ],
)
def test_counts_that_cannot_be_are_refused_and_nothing_is_kept(
    client: FlaskClient, session: Session, desk: Desk, facilitator: User, counts: dict[str, str]
) -> None:
    link = _opened(client, session, desk)
    visitor = Visitor(client.application, TestResponse)
    page = visitor.post(link, data=counts | {"csrf_token": token_of(visitor.get(link))})
    assert page.status_code == 422
    assert "erreur" in page.text
    assert session.scalars(select(CandidateCount)).all() == []


def test_posts_and_services_of_another_desk_are_not_there(
    client: FlaskClient, session: Session, desk: Desk, facilitator: User
) -> None:
    other = people.desk(session, MARSEILLE, name="Guichet d'ailleurs")
    foreign = Prescriber(
        desk_id=other.id, name="Ailleurs", kind=PrescriberKind.TAPAJ, email="a@b.fr"
    )
    session.add(foreign)
    session.commit()
    assert "Ailleurs" not in client.get("/postes/prescripteurs").text
    fill(client, "/postes/ouvrir", **_said(desk))
    opening = session.scalars(select(Opening)).one()
    token = hidden_of(client.get("/postes/ouvrir"))
    told = client.post(f"/postes/{opening.id}", data=token | {"prescribers": str(foreign.id)})
    assert told.status_code == 422
    assert client.post(f"/postes/prescripteurs/{foreign.id}/retirer", data=token).status_code == 404
    assert client.get("/postes/ouvrir?contrat=1").status_code == 404
    assert client.get("/postes/ouvrir?contrat=🎉").status_code == 404


def test_tapaj_points_people_out_and_does_not_prescribe() -> None:
    assert capacity(PrescriberKind.TAPAJ) == ORIENTS
    assert capacity(PrescriberKind.MISSION_LOCALE) == ENABLED
