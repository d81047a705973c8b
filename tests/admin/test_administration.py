"""Administrators' pages are theirs alone; their home says what there is."""

from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.browsing import sign_in
from tests.factories import people


def test_every_page_under_admin_is_for_administrators_alone(app: Flask) -> None:
    guards = {
        rule.endpoint: getattr(app.view_functions[rule.endpoint], "guard", None)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/admin/")
    }
    assert len(guards) > 20
    assert set(guards.values()) == {"administrator"}


def test_a_visitor_is_sent_to_sign_in_and_a_lead_is_refused(
    session: Session, client: FlaskClient
) -> None:
    lead = people.lead(session, people.desk(session))
    session.commit()
    assert client.get("/admin/").status_code == 302
    sign_in(client, lead.email)
    assert client.get("/admin/").status_code == 403
    assert "/admin/" not in client.get("/tableau-de-bord").text


def test_the_home_counts_what_there_is_and_leads_everywhere(
    session: Session, client: FlaskClient
) -> None:
    people.buyer(session)
    people.desk(session)
    administrator = people.user(session, is_administrator=True)
    session.commit()
    assert 'href="/admin/"' in sign_in(client, administrator.email).text
    page = unescape(client.get("/admin/").text)
    assert "2 guichets n'ont personne" in page  # ours, and the national one
    for name in ("personnes", "organismes", "guichets", "secteurs", "courriels", "journal"):
        assert f'href="/admin/{name}/"' in page
        assert client.get(f"/admin/{name}/").status_code == 200


STRANGE = (
    "q=\0",
    "q=%25_%27",
    "q=" + "a" * 100_000,
    "page=-1",
    "page=99999999999999999",
    "profil=x&compte=y&type=z&etat=w&groupe=v",
)


@pytest.mark.parametrize("name", ["personnes", "organismes", "guichets", "secteurs"])
def test_a_strange_search_still_gives_a_page(
    session: Session, client: FlaskClient, name: str
) -> None:
    administrator = people.user(session, is_administrator=True)
    session.commit()
    sign_in(client, administrator.email)
    for query in STRANGE:
        assert client.get(f"/admin/{name}/?{query}").status_code == 200
