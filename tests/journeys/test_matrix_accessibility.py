"""axe-core finds nothing on the pages that no other test of it sees (`-k axe`)."""

import pytest
from flask import Flask
from playwright.sync_api import Browser

from marketplace.db import db
from tests.conftest import emptied
from tests.guards.matrix import path_to, rows
from tests.guards.world import World, populated
from tests.journeys.everything import Site
from tests.journeys.seeing import WIDTHS, too_wide, violations

EYES = ("buyer", "member", "facilitator", "colleague", "visitor", "administrator")


@pytest.mark.timeout(400)
def test_axe_finds_nothing_on_any_other_page_of_the_matrix(
    browser: Browser, site: str, app: Flask
) -> None:
    """A page that a later issue adds is in the matrix, and so comes here by itself."""
    with app.app_context():
        seen = endpoints_of(app, Site(db.session()).pages)
    emptied(app)
    world = populated(app)
    wrong = []
    for role, addresses in other_pages(world, seen).items():
        context = browser.new_context(base_url=site, locale="fr-FR")
        name, value = app.config["SESSION_COOKIE_NAME"], world.browsers[role].cookie
        context.add_cookies([{"name": name, "value": value, "url": site}])
        page = context.new_page()
        for address in addresses:
            answer = page.goto(address)
            assert answer is not None
            assert answer.status == 200, address
            for width in reversed(WIDTHS):
                page.set_viewport_size({"width": width, "height": 900})
                if too_wide(page):
                    wrong.append(f"{address} is wider than {width} px for the {role}")
            wrong += [f"{role}: {found}" for found in violations(page)]
        context.close()
    assert wrong == []


def endpoints_of(app: Flask, pages: dict[str, list[str]]) -> set[str]:
    found = app.url_map.bind("tandem.invalid")
    addresses = [address for each in pages.values() for address in each]
    known = [address.split("?")[0] for address in addresses if address != "/nulle-part"]
    return {found.match(address)[0] for address in known}


def other_pages(world: World, seen: set[str]) -> dict[str, list[str]]:
    """For each role, one page of each endpoint that it is the first to see; but what is shut in
    a sandbox, where axe-core cannot run: mails, and files that people handed in."""
    found: dict[str, list[str]] = {}
    for row in rows():
        role = next((role for role in EYES if row.answers[role] == "200"), None)
        if row.method != "GET" or row.endpoint in seen or role is None:
            continue
        address = path_to(world, row)
        answer = world.browsers[role].open("GET", address)
        is_shut_in = "sandbox" in answer.headers["Content-Security-Policy"]
        if answer.status_code == 200 and answer.mimetype == "text/html" and not is_shut_in:
            seen.add(row.endpoint)
            found.setdefault(role, []).append(address)
    return found
