"""What every answer of every route carries, whoever asks."""

import re

import pytest

from marketplace.app import CACHEABLE
from tests.guards.matrix import Row, path_to, rows, someone_allowed
from tests.guards.world import VISITOR, World

MAILS_SHOWN = {"mails.show_html", "mails.preview_html"}
"""A mail brings its own styles: its policy shuts it in a sandbox instead."""

FORBIDDEN_IN_A_PAGE = {
    "a handler": r"<[^>]+\son[a-z]+\s*=",
    "a style": r"<style|<[^>]+\sstyle\s*=",
    "a script": r"<script(?![^>]*(?:\ssrc=|type=\"application/(?:ld\+)?json\"))[^>]*>",
    "an address that runs": r"(?:href|src|action)\s*=\s*[\"']?\s*(?:javascript|data|vbscript):",
    "a trace": r"Traceback \(most recent call last\)",
}


@pytest.mark.parametrize("row", rows(), ids=str)
def test_every_answer_says_what_a_browser_may_do_with_it(world: World, row: Row) -> None:
    for role in {VISITOR, someone_allowed(row)}:
        browser, path = world.browsers[role], path_to(world, row)
        answer = browser.post(path) if row.method == "POST" else browser.open(row.method, path)
        policy = answer.headers["Content-Security-Policy"]
        directives = {part.split()[0]: part.split()[1:] for part in policy.split(";")}
        assert directives["default-src"] == ["'none'"]
        assert directives["base-uri"] == ["'none'"]
        assert directives["frame-ancestors"] == ["'none'"]
        assert directives["form-action"] in (["'self'"], ["'none'"])
        assert "unsafe-eval" not in policy
        assert "unsafe-inline" not in policy or row.endpoint in MAILS_SHOWN
        assert (
            row.endpoint not in MAILS_SHOWN
            or answer.status_code != 200
            or ("sandbox" in directives and "script-src" not in directives)
        )
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert row.endpoint in CACHEABLE or answer.headers["Cache-Control"] == "no-store"
        assert "Server-Timing" not in answer.headers
        assert "X-Powered-By" not in answer.headers
    world.what_changed()


@pytest.mark.parametrize("row", [row for row in rows() if row.method == "GET"], ids=str)
def test_no_page_runs_anything_but_our_own_files(world: World, row: Row) -> None:
    answer = world.browsers[someone_allowed(row)].open("GET", path_to(world, row))
    if answer.mimetype != "text/html" or row.endpoint in MAILS_SHOWN:
        return
    found = {
        what for what, written in FORBIDDEN_IN_A_PAGE.items() if re.search(written, answer.text)
    }
    assert found == set()
    for source in re.findall(
        r"<(?:script|link(?! rel=\"canonical\")|img)[^>]+(?:src|href)=\"([^\"]*)\"", answer.text
    ):
        assert source.startswith("/"), source
