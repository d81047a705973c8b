"""A person's browser without JavaScript, over the test client: signs in, fills forms."""

import re
from html import unescape
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace.mail import OutgoingMail
from tests.factories.people import PASSWORD

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def token_of(page: TestResponse) -> str:
    found = _TOKEN.search(page.text)
    assert found, "the page has no form to send"
    return unescape(found[1])


def send(client: FlaskClient, url: str, **fields: Any) -> TestResponse:
    """Open a page and send its form, following where it leads."""
    page = client.get(url)
    assert page.status_code == 200, f"{url} answered {page.status_code}"
    fields["csrf_token"] = token_of(page)
    return client.post(url, data=fields, follow_redirects=True)


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD) -> TestResponse:
    return send(client, "/connexion", email=email, password=password)


def mailed(session: Session, kind: str, address: str) -> str:
    """The link of the last mail of a kind to an address, as its reader follows it."""
    session.rollback()  # what the server has committed since this session last looked
    link = session.scalar(
        select(OutgoingMail.context["link"].astext)
        .where(OutgoingMail.kind == kind, OutgoingMail.address == address)
        .order_by(OutgoingMail.id.desc())
        .limit(1)
    )
    assert link, f"no mail of the kind {kind} went to {address}"
    return str(link)


_HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
_ATTRIBUTE = re.compile(r'\b(name|value)="([^"]*)"')


def hidden_of(page: TestResponse) -> dict[str, str]:
    """What a page's form sends without anybody typing it."""
    inputs = (dict(_ATTRIBUTE.findall(tag)) for tag in _HIDDEN.findall(page.text.split("<main")[1]))
    return {one["name"]: unescape(one.get("value", "")) for one in inputs}


def post_in_steps(client: FlaskClient, **said: Any) -> TestResponse:
    """A need from its first step to its desk; stops at the first step that is refused."""
    page = fill(client, "/besoins/deposer", **said)
    while page.status_code == 200 and "/etapes/" in page.request.path:
        page = fill(client, page.request.path, **said)
    return page


def fill(client: FlaskClient, url: str, **fields: Any) -> TestResponse:
    """As `send`, with the form's hidden inputs as the page gives them."""
    page = client.get(url)
    assert page.status_code == 200, f"{url} answered {page.status_code}"
    return client.post(url, data=hidden_of(page) | fields, follow_redirects=True)


def chosen_in(page: TestResponse) -> dict[str, str]:
    """What each list of choices says before anybody touches it, as its form would send it."""
    chosen = {}
    for part in page.text.split("<select")[1:]:
        name = part.split('name="')[1].split('"')[0]
        options = part.split("</select>")[0].split("<option")[1:]
        values = [option.split('value="')[1].split('"')[0] for option in options]
        marked = [v for v, option in zip(values, options, strict=True) if " selected" in option]
        chosen[name] = marked[0] if marked else values[0]
    return chosen
