"""Administrators' pages are theirs alone; their home says what there is."""

from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers.lifecycle import Help
from marketplace.answers.surveying import say_whether_it_helped
from marketplace.db import transaction
from tests.answers.market import market_of
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


def test_why_tandem_helped_or_not_is_read_without_the_names_of_who_says_it(
    session: Session, client: FlaskClient
) -> None:
    market = market_of(session)
    said = (
        (None, market.buyer, Help.YES, "Réponse en deux jours"),
        (market.structures[0].id, market.members[0], Help.NO, "Trop loin <b>de nous</b>"),
        (market.structures[1].id, market.members[1], Help.NO, ""),
    )
    with transaction() as writing:
        for side, who, helped, words in said:
            say_whether_it_helped(writing, market.need.id, side, who.id, helped, words, clock.now())
    admin = people.user(session, "Ada Admin", is_administrator=True)
    session.commit()
    sign_in(client, admin.email)
    assert "/admin/avis" in client.get("/admin/").text
    page = client.get("/admin/avis").text
    assert "Réponse en deux jours" in page
    assert "Trop loin &lt;b&gt;de nous&lt;/b&gt;" in page
    assert "2 avis" in page
    for secret in (market.buyer.full_name, market.need.title, market.structures[0].name):
        assert secret not in page
    only = client.get("/admin/avis?utile=no").text
    assert "Trop loin" in only
    assert "Réponse en deux jours" not in only
    assert "Aucun avis de ce genre" in client.get("/admin/avis?utile=partly").text
    assert "2 avis" in client.get("/admin/avis?utile=%00").text
