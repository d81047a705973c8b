"""Administrators read the audit trail, and take it away in a file; both leave a trace."""

import csv
import io
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import audit, clock
from marketplace.accounts.tables import User
from marketplace.admin.trail import ACTIONS
from marketplace.audit import Action, AuditEntry
from tests.browsing import sign_in, token_of
from tests.factories import people
from tests.factories.market import structure, submitted_need


@pytest.fixture
def administrator(session: Session, client: FlaskClient) -> User:
    person = people.user(session, "=Anne()", is_administrator=True)
    session.commit()
    sign_in(client, person.email)
    return person


@pytest.fixture
def actor(session: Session) -> User:
    """Somebody who decided thirty times, on one desk but once."""
    person = people.user(session, "Louis Acteur")
    for number in range(30):
        audit.note(
            session,
            Action.DECIDED if number else Action.CHANGED,
            actor_id=person.id,
            about=("desk", person.id + bool(number)),
            ip="192.0.2.1",
            move=f"=cmd {number}",
        )
    session.commit()
    return person


def test_every_action_has_its_words() -> None:
    assert set(ACTIONS) == set(Action)


@pytest.mark.usefixtures("administrator")
def test_the_trail_is_narrowed_by_who_what_on_what_and_when(
    session: Session, client: FlaskClient, actor: User
) -> None:
    today = clock.today()
    yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)
    for query, total in (
        (f"acteur={actor.id}", 30),
        (f"acteur={actor.email.upper()}", 30),
        (f"acteur={actor.id}&action=decided", 29),
        (f"acteur={actor.id}&objet=desk&numero={actor.id}", 1),
        (f"acteur={actor.id}&objet=mail", 0),
        (f"acteur={actor.id}&du={yesterday:%d/%m/%Y}&au={tomorrow:%d/%m/%Y}", 30),
        (f"acteur={actor.id}&du={tomorrow:%d/%m/%Y}", 0),
        (f"acteur={actor.id}&au={yesterday:%d/%m/%Y}", 0),
    ):
        page = client.get(f"/admin/journal/?{query}")
        assert page.status_code == 200
        told = f"{total} ligne{'s' * (total > 1)}" if total else "Aucune ligne"
        assert told in page.text, query
    page = client.get(f"/admin/journal/?acteur={actor.id}&page=2").text
    assert page.count("192.0.2.1") == 10
    assert "Louis Acteur" in page


@pytest.mark.usefixtures("administrator")
@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("acteur=personne@nulle.part", "Personne n'a cette adresse"),
        ("acteur=99999999999999999999", "Personne n'a cette adresse"),
        ("acteur=\0", ""),
        ("numero=99999999999999999999", "nombre entier"),
        ("numero=x", ""),
        ("du=31/12/9999", "entre 2000 et 2199"),
        ("au=01/01/0001", "entre 2000 et 2199"),
        ("du=hier", ""),
        ("action=rien&objet=rien", ""),
    ],
)
def test_a_filter_that_means_nothing_is_explained(
    client: FlaskClient, query: str, told: str
) -> None:
    page = client.get(f"/admin/journal/?{query}")
    assert page.status_code in (200, 422)
    assert told in unescape(page.text)


def test_an_export_holds_what_the_filters_show_and_no_formula_and_is_noted(
    session: Session, client: FlaskClient, administrator: User, actor: User
) -> None:
    filters = {"acteur": str(actor.id), "action": "decided"}
    token = token_of(client.get("/admin/journal/"))
    answer = client.post("/admin/journal/exporter", data={"csrf_token": token, **filters})
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=journal-")
    file = answer.data.decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(file, newline=""), delimiter=";")
    assert header[0] == "Ligne"
    assert len(rows) == 29
    assert {(row[2], row[3], row[7]) for row in rows} == {("Décision", "Louis Acteur", "192.0.2.1")}
    exported = select(AuditEntry).filter_by(action=Action.EXPORTED, actor_id=administrator.id)
    entry = session.scalars(exported).one()
    assert entry.details == {"what": "trail", "filters": ["action", "acteur"]}

    by_name = client.post(
        "/admin/journal/exporter", data={"csrf_token": token, "acteur": administrator.email}
    )
    assert ";'=Anne();" in by_name.text


def test_a_row_is_told_in_sentences_with_the_names_of_what_it_speaks_of(
    session: Session, client: FlaskClient, administrator: User
) -> None:
    town = people.organisation(session, "Ville de Dole")
    need = submitted_need(session, administrator.id, town.id, title="Tonte des stades")
    hedges = structure(session, "Les Haies")
    colleague = people.user(session, "Louise Martin")
    rows: list[tuple[tuple[str, int] | None, dict[str, Any], tuple[str, ...]]] = [
        (
            ("need", need.id),
            {"move": "approve"},
            ("Besoin « Tonte des stades »", "Validé et publié"),
        ),
        (
            ("need", need.id),
            {"fields": ["lots.2.title", "zones"]},
            ("titre du lot 2, territoires",),
        ),
        (
            ("need", need.id),
            {"before": ["awarded", hedges.id], "after": ["unsuccessful", None], "why": "Erreur"},
            ("Attribué, Structure « Les Haies » devient Infructueux", "Raison : Erreur"),
        ),
        (
            ("organisation", town.id),
            {"user_id": colleague.id, "before": "member", "role": "manager"},
            ("Personne « Louise Martin »", "Auparavant : membre", "Rôle : responsable"),
        ),
        (("desk", 1), {"what": "opened", "territories": ["25"]}, ("Ouvert", "Doubs")),
        (("user", colleague.id), {"page": "need_life.amend_part"}, ("Page /besoins/…/amender/…",)),
        (("user", colleague.id), {"administrator": True}, ("Devient administrateur",)),
        (None, {"what": "structures", "rows": 12}, ("Les structures trouvées", "12 lignes")),
        (None, {"unheard_of": [1, 2]}, ("Unheard of : 1, 2",)),
    ]
    for about, details, _ in rows:
        audit.note(session, Action.CHANGED, actor_id=colleague.id, about=about, **details)
    session.commit()
    page = client.get(f"/admin/journal/?acteur={colleague.id}")
    text = unescape(page.text).replace("\u00a0", " ")
    for _, _, sentences in rows:
        for sentence in sentences:
            assert sentence in text
    assert f'href="/besoins/{need.slug}"' in page.text


@pytest.mark.usefixtures("administrator")
def test_only_a_post_with_its_token_exports(session: Session, client: FlaskClient) -> None:
    before = len(session.scalars(select(AuditEntry).filter_by(action=Action.EXPORTED)).all())
    assert client.get("/admin/journal/exporter").status_code == 405
    assert client.post("/admin/journal/exporter").status_code == 400
    token = token_of(client.get("/admin/journal/"))
    refused = client.post("/admin/journal/exporter", data={"csrf_token": token, "du": "hier"})
    assert refused.status_code == 302
    after = len(session.scalars(select(AuditEntry).filter_by(action=Action.EXPORTED)).all())
    assert after == before
