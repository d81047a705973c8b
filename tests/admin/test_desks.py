"""Administrators open, change and close desks."""

from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import Invitation
from marketplace.audit import AuditEntry
from marketplace.moderation import desks
from marketplace.moderation.tables import Desk, DeskMember, QueueEntry
from tests.browsing import send, sign_in
from tests.factories import people
from tests.factories.market import BESANCON, MONDAY, submitted_need

GIVEN = {
    "name": "Guichet du Doubs",
    "bearer": "Maison de l'emploi",
    "email": "clause@exemple.fr",
    "phone": "03 81 00 00 00",
    "website": "https://www.exemple.fr",
    "territories": "Doubs ; jura\nDijon (21)",
}


@pytest.fixture(autouse=True)
def _administrator(session: Session, client: FlaskClient) -> None:
    person = people.user(session, is_administrator=True)
    session.commit()
    sign_in(client, person.email)


def local_desks(session: Session) -> list[Desk]:
    session.expire_all()
    return list(session.scalars(select(Desk).where(~Desk.is_national)))


def codes(desk: Desk) -> set[str]:
    return {row.territory_code for row in desk.territories}


def test_a_desk_is_opened_with_territories_by_their_names(
    session: Session, client: FlaskClient
) -> None:
    page = send(client, "/admin/guichets/nouveau", **GIVEN)
    [desk] = local_desks(session)
    assert page.request.path == f"/guichet/equipe/{desk.id}"  # its people come next
    assert codes(desk) == {"25", "39", "21231"}
    assert (desk.name, desk.bearer) == ("Guichet du Doubs", "Maison de l'emploi")
    assert (desk.email, desk.phone) == ("clause@exemple.fr", "03 81 00 00 00")
    entry = session.scalars(
        select(AuditEntry).filter_by(object_kind="desk", object_id=desk.id)
    ).one()
    assert entry.details == {"what": "opened", "territories": ["25", "39", "21231"]}
    listed = unescape(client.get("/admin/guichets/?q=maison+DOUBS").text)
    assert "Dijon (21), Doubs (département), Jura (département)" in listed


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": ""}, "Donnez un nom"),
        ({"name": "x" * 10_000}, "de 3 à 200"),
        ({"name": "\u200b\u202e\0"}, "de 3 à 200"),
        ({"name": desks.NATIONAL}, "porte ou a porté ce nom"),
        ({"territories": ""}, "au moins un territoire"),
        ({"territories": "Doubs ; Pays imaginaire"}, "Pays imaginaire"),
        ({"territories": "France"}, "France"),
        ({"territories": "x;" * 10_000}, "5 000"),
        ({"email": "clause"}, "adresse complète"),
        ({"website": "javascript:alert(1)"}, "https://"),
        ({"phone": "0" * 10_000}, "30 caractères"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_opened(
    session: Session, client: FlaskClient, changes: dict[str, str], told: str
) -> None:
    page = send(client, "/admin/guichets/nouveau", **GIVEN | changes)
    assert page.status_code == 422
    assert told in unescape(page.text)
    assert "Maison de l'emploi" in unescape(page.text)  # nothing typed is lost
    assert local_desks(session) == []


def test_a_territory_belongs_to_one_desk_only(session: Session, client: FlaskClient) -> None:
    people.desk(session, "39", name="Guichet du Jura")
    session.commit()
    page = send(client, "/admin/guichets/nouveau", **GIVEN)
    assert page.status_code == 422
    told = unescape(page.text).replace("\u00a0", " ")
    assert "Jura (département) est déjà suivi par « Guichet du Jura »" in told
    assert len(local_desks(session)) == 1


def test_a_desk_is_changed_and_keeps_what_waits_there(
    session: Session, client: FlaskClient
) -> None:
    desk = people.desk(session, "25", "39")
    people.facilitator(session, desk)
    session.commit()
    url = f"/admin/guichets/{desk.id}/modifier"
    assert "Doubs (département) ; Jura (département)" in unescape(client.get(url).text)
    send(client, url, **GIVEN | {"territories": "Doubs", "is_national": "1"})
    [changed] = local_desks(session)
    assert (changed.name, codes(changed)) == ("Guichet du Doubs", {"25"})
    assert not changed.is_national


def test_a_closed_desk_hands_on_what_waits_and_lets_its_people_and_territories_go(
    session: Session, client: FlaskClient
) -> None:
    region = people.desk(session, "R27", name="Région")
    people.facilitator(session, region)
    desk = people.desk(session, BESANCON, name="Guichet local")
    moderator = people.facilitator(session, desk)
    buyer_of = people.organisation(session)
    need = submitted_need(session, people.buyer(session, buyer_of.id).id, buyer_of.id)
    due_at = desks.receive_need(session, need, MONDAY).due_at
    session.commit()
    send(client, f"/guichet/equipe/{desk.id}", email="a@exemple.invalid", role="lead")

    url = f"/admin/guichets/{desk.id}/fermer"
    assert "Une décision y est attendue" in client.get(url).text
    page = send(client, url)
    assert "Une décision attendue passe à un autre guichet" in page.text
    session.expire_all()
    [entry] = session.scalars(select(QueueEntry))
    assert (entry.desk_id, entry.due_at) == (region.id, due_at)
    assert session.scalars(select(DeskMember).filter_by(user_id=moderator.id)).all() == []
    assert session.scalars(select(Invitation)).one().withdrawn_at is not None
    assert codes(desk) == set()
    for action in ("fermer", "modifier"):
        assert client.get(f"/admin/guichets/{desk.id}/{action}").status_code == 404
    assert client.get(f"/guichet/equipe/{desk.id}").status_code == 404
    assert client.get(f"/admin/guichets/{desk.id}").status_code == 200
    assert "Guichet local" not in client.get("/admin/guichets/").text
    assert "Guichet local" in client.get("/admin/guichets/?etat=fermes").text
    assert send(
        client, "/admin/guichets/nouveau", **GIVEN | {"territories": "Besançon (25)"}
    ).request.path.startswith("/guichet/equipe/")


def test_the_national_desk_stays_open_and_has_no_territory_to_give(
    session: Session, client: FlaskClient
) -> None:
    national = session.scalars(select(Desk).where(Desk.is_national)).one()
    edit = f"/admin/guichets/{national.id}/modifier"
    assert 'name="territories"' not in client.get(edit).text
    send(client, edit, **GIVEN | {"name": desks.NATIONAL})
    session.expire_all()
    assert (national.email, codes(national)) == ("clause@exemple.fr", set())
    send(client, edit, name=desks.NATIONAL, email="")
    page = client.get(f"/admin/guichets/{national.id}/fermer", follow_redirects=True)
    assert "ne ferme pas" in page.text
    session.expire_all()
    assert (national.email, national.closed_at) == ("", None)


@pytest.mark.parametrize("url", ["999999", "999999/modifier", "999999/fermer"])
def test_a_desk_that_is_not_there_is_not_found(client: FlaskClient, url: str) -> None:
    assert client.get(f"/admin/guichets/{url}").status_code == 404
