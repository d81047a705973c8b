"""Outgoing mail, for administrators alone: the list, one mail, sending again, the previews."""

import io
import json
import re
from datetime import timedelta
from html import unescape

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock, formats, mail
from marketplace.audit import AuditEntry
from marketplace.cli import main
from marketplace.digests.composing import kinds
from marketplace.digests.examples import example_of
from marketplace.digests.rechecking import PERSONAL
from marketplace.digests.tables import PausedAddress
from marketplace.mail import MailState, OutgoingMail, Promise
from tests.browsing import sign_in, token_of
from tests.digests.readers import market, published, tell
from tests.factories import people
from tests.factories.market import MONDAY

PAGES = ["/admin/courriels/", "/admin/courriels/apercus", "/admin/courriels/1"]


@pytest.fixture
def administrator(session: Session, client: FlaskClient) -> FlaskClient:
    person = people.user(session, is_administrator=True)
    session.commit()
    sign_in(client, person.email)
    return client


def written(session: Session, state: MailState, **context: str) -> OutgoingMail:
    kind = "accounts/verify_email"
    mail.post(
        session,
        key=f"verify:{len(session.scalars(select(OutgoingMail)).all())}",
        kind=kind,
        address="lecteur@example.fr",
        promise=Promise.AT_LEAST_ONCE,
        **example_of(kind) | {"link": "/compte/clef-secrete"} | context,
    )
    row = session.scalars(select(OutgoingMail).order_by(OutgoingMail.id.desc())).first()
    assert row is not None
    row.state = state
    session.commit()
    return row


@pytest.mark.parametrize("url", PAGES)
def test_a_visitor_is_sent_to_sign_in_and_a_buyer_is_refused(
    session: Session, client: FlaskClient, url: str
) -> None:
    person = people.buyer(session)
    session.commit()
    assert client.get(url).status_code == 302
    sign_in(client, person.email)
    assert client.get(url).status_code == 403


def test_the_list_shows_the_mails_in_one_state(
    session: Session, administrator: FlaskClient
) -> None:
    sent = written(session, MailState.SENT)
    failed = written(session, MailState.FAILED)
    every, some = (
        administrator.get(f"/admin/courriels/{query}").text for query in ("", "?etat=failed")
    )
    assert "2 courriels" in every
    assert "1 courriel<" in some
    assert f"/admin/courriels/{failed.id}" in some
    assert f'"/admin/courriels/{sent.id}"' not in some


@pytest.mark.parametrize(
    "query", ["?etat=nothing", "?page=0", "?page=-3", "?page=99999999999999999999", "?page=x"]
)
def test_a_strange_address_still_gives_a_page(
    session: Session, administrator: FlaskClient, query: str
) -> None:
    written(session, MailState.SENT)
    page = administrator.get(f"/admin/courriels/{query}")
    assert page.status_code == 200
    assert "Confirmez votre adresse" in page.text


def test_an_empty_list_says_what_comes(administrator: FlaskClient) -> None:
    assert "Aucun courriel pour l'instant" in administrator.get("/admin/courriels/").text.replace(
        "&#39;", "'"
    )
    assert "Aucun courriel dans cet" in administrator.get("/admin/courriels/?etat=kept").text


@pytest.mark.parametrize("url", ["/admin/courriels/1", "/admin/courriels/1/html"])
def test_a_mail_that_does_not_exist_is_not_found(administrator: FlaskClient, url: str) -> None:
    assert administrator.get(url).status_code == 404
    assert administrator.get(url.replace("1", "9" * 30)).status_code == 404


def test_the_link_of_a_mail_is_its_readers_alone_unless_mails_are_read_here(
    session: Session, administrator: FlaskClient
) -> None:
    for state in MailState:
        row = written(session, state)
        for url in (f"/admin/courriels/{row.id}", f"/admin/courriels/{row.id}/html"):
            page = administrator.get(url)
            assert page.status_code == 200
            assert "Bonjour Camille Martin" in page.text
            assert ("clef-secrete" in page.text) == (state is MailState.KEPT)


def test_the_html_part_is_shown_where_it_can_do_nothing(
    session: Session, administrator: FlaskClient
) -> None:
    row = written(session, MailState.SENT, name="<script>alert(1)</script>")
    page = administrator.get(f"/admin/courriels/{row.id}/html")
    assert page.headers["Content-Security-Policy"].endswith("sandbox")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text


def test_a_mail_that_cannot_be_composed_is_shown_all_the_same(
    session: Session, administrator: FlaskClient
) -> None:
    row = written(session, MailState.FAILED)
    row.kind = "accounts/gone"
    session.commit()
    assert "Message impossible à composer" in administrator.get("/admin/courriels/").text
    page = administrator.get(f"/admin/courriels/{row.id}")
    assert page.status_code == 200
    assert "accounts/gone" in page.text
    assert administrator.get(f"/admin/courriels/{row.id}/html").status_code == 404


def test_an_uncertain_mail_is_sent_again_once_and_the_trail_says_by_whom(
    session: Session, administrator: FlaskClient
) -> None:
    row = written(session, MailState.UNCERTAIN)
    page = administrator.get(f"/admin/courriels/{row.id}")
    again = f"/admin/courriels/{row.id}/renvoyer"
    token = {"csrf_token": token_of(page)}
    assert "Renvoyer" in page.text

    first = administrator.post(again, data=token, follow_redirects=True)
    second = administrator.post(again, data=token, follow_redirects=True)
    session.expire_all()
    assert "repart dans un instant" in first.text
    assert row.state is MailState.PENDING
    assert "plus d" in second.text
    assert f'action="{again}"' not in second.text
    [entry] = session.scalars(select(AuditEntry).filter_by(object_kind="mail", object_id=row.id))
    assert entry.actor_id is not None


def test_sending_again_asks_for_a_post_with_its_token(
    session: Session, administrator: FlaskClient
) -> None:
    row = written(session, MailState.UNCERTAIN)
    again = f"/admin/courriels/{row.id}/renvoyer"
    assert administrator.get(again).status_code == 405
    assert administrator.post(again).status_code == 400
    session.expire_all()
    assert row.state is MailState.UNCERTAIN


def test_every_message_can_be_seen_before_it_is_ever_sent(administrator: FlaskClient) -> None:
    listed = administrator.get("/admin/courriels/apercus").text
    for kind in kinds():
        assert f'href="/admin/courriels/apercus/{kind}"' in listed
        assert administrator.get(f"/admin/courriels/apercus/{kind}").status_code == 200
        mail_itself = administrator.get(f"/admin/courriels/apercus/{kind}/html")
        assert mail_itself.text.startswith("<!DOCTYPE html>")
        assert mail_itself.headers["Content-Security-Policy"].endswith("sandbox")


@pytest.mark.parametrize("kind", ["accounts", "accounts/none", "../layout", "x/html"])
def test_a_message_that_does_not_exist_is_not_found(administrator: FlaskClient, kind: str) -> None:
    assert administrator.get(f"/admin/courriels/apercus/{kind}").status_code == 404


def test_the_command_lists_every_mail_for_a_machine(session: Session) -> None:
    row = written(session, MailState.PENDING)
    result = CliRunner().invoke(main, ["mail", "list", "--format", "json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == [
        {
            "id": row.id,
            "kind": "accounts/verify_email",
            "to": "lecteur@example.fr",
            "subject": "Confirmez votre adresse électronique",
            "state": "pending",
            "created_at": row.created_at.isoformat(),
            "sent_at": None,
        }
    ]


def test_a_mail_that_waits_too_long_rings_and_can_be_kept_from_leaving(
    session: Session, administrator: FlaskClient
) -> None:
    row = written(session, MailState.PENDING)
    row.created_at = clock.now() - timedelta(minutes=11)
    session.commit()
    assert "Les courriels ne partent plus" in administrator.get("/admin/courriels/").text
    page = administrator.get(f"/admin/courriels/{row.id}")
    token = {"csrf_token": token_of(page)}
    cancel = f"/admin/courriels/{row.id}/annuler"
    assert "ne partira pas" in administrator.post(cancel, data=token, follow_redirects=True).text
    again = administrator.post(cancel, data=token, follow_redirects=True).text
    assert "attend plus de partir" in again
    session.expire_all()
    assert row.state is MailState.CANCELLED
    assert "Les courriels ne partent plus" not in administrator.get("/admin/courriels/").text


def test_mails_are_counted_by_day(session: Session, administrator: FlaskClient) -> None:
    for state in (MailState.SENT, MailState.KEPT, MailState.UNCERTAIN):
        written(session, state)
    page = administrator.get("/admin/courriels/par-jour").text
    today = formats.short_date(clock.today())
    row = page[page.index(today) :].split("</tr>")[0]
    assert re.findall(r">\s*(\d+)\s*<", row)[:4] == ["2", "0", "1", "0"]


def test_the_next_digest_of_a_person_is_seen_before_it_leaves(
    session: Session, administrator: FlaskClient
) -> None:
    place = market(session)
    need = published(session, place)
    tell(need, MONDAY)
    member = place.members[0]
    listed = administrator.get("/admin/courriels/prochains").text
    assert member.email in listed
    page = administrator.get(f"/admin/courriels/prochains/{member.id}").text
    assert "un besoin pour Les Haies 000" in page
    assert "Même secteur" in page
    assert session.scalars(select(OutgoingMail).where(OutgoingMail.kind == PERSONAL)).all() == []
    buyer = administrator.get(f"/admin/courriels/prochains/{place.buyer.id}").text
    assert "Rien à lui dire" in buyer


def test_addresses_in_a_file_are_paused_and_its_bad_lines_named(
    session: Session, administrator: FlaskClient
) -> None:
    page = administrator.get("/admin/courriels/refuses")
    assert "Aucune adresse en pause" in page.text
    file = b"address;type;said\nA@example.fr;bounce;550\npersonne;bounce;\nb@example.fr;open;\n"
    answer = administrator.post(
        "/admin/courriels/refuses",
        data={"csrf_token": token_of(page), "file": (io.BytesIO(file), "refus.csv")},
    )
    assert answer.status_code == 422
    assert "Ligne 3" in answer.text
    assert "Ligne 4" in answer.text
    assert [row.address for row in session.scalars(select(PausedAddress))] == ["a@example.fr"]
    token = {"csrf_token": token_of(answer), "address": "a@example.fr"}
    administrator.post("/admin/courriels/refuses/reprendre", data=token)
    session.rollback()
    assert session.scalars(select(PausedAddress)).all() == []


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (b"PK\x03\x04\x00", "Ce fichier ne se lit pas"),
        (b"\x00\xff\xfe", "Ce fichier ne se lit pas"),
        (b"address;said\na@example.fr;550\n", "Il manque la colonne « type »"),
    ],
)
def test_a_file_of_refusals_that_does_not_read_is_said_in_french(
    administrator: FlaskClient, file: bytes, told: str
) -> None:
    address = "/admin/courriels/refuses"
    data = {
        "csrf_token": token_of(administrator.get(address)),
        "file": (io.BytesIO(file), "refus.csv"),
    }
    answer = administrator.post(address, data=data)
    assert answer.status_code == 422
    assert told in unescape(answer.text).replace("\u00a0", " ")


def test_a_link_that_only_its_reader_may_open_is_not_one_on_this_page(
    session: Session, administrator: FlaskClient
) -> None:
    conversation = written(session, MailState.KEPT, link="/besoins/tonte/messages/les-haies")
    confirming = written(session, MailState.KEPT, link="/lien/verify_email/clef")
    masked = written(session, MailState.SENT)
    for row, is_link in ((conversation, False), (confirming, True), (masked, False)):
        html = administrator.get(f"/admin/courriels/{row.id}/html").text
        assert ("href=" in html) is is_link, row.context["link"]
