"""The styleguide and the public pages in a real browser, at 320 and 1280 px."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from tests.looks.test_pages import PUBLIC

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
pytestmark = pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: make assets")


@pytest.fixture(scope="module")
def address(bare_app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, bare_app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=[320, 1280])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": request.param, "height": 900}, reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("url", PUBLIC)
def test_axe_and_the_console_find_nothing_and_nothing_overflows(
    page: Page, address: str, url: str
) -> None:
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address + url)
    page.wait_for_load_state("networkidle")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run({runOnly: rules})", RULES)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []
    assert complaints == []
    assert width <= page.viewport_size["width"]


def test_a_form_sent_back_is_read_from_its_summary(page: Page, address: str) -> None:
    page.goto(address + "/styleguide")
    focused = "document.activeElement.id || document.activeElement.className"
    assert page.evaluate(focused) == "error-summary"
    page.get_by_role("link", name="Choisissez ce que vous cherchez").click()
    assert page.evaluate(focused) == "sent-kind-0"


def test_a_password_is_shown_and_hidden_again(page: Page, address: str) -> None:
    page.goto(address + "/connexion")
    page.get_by_role("button", name="Afficher le mot de passe").click()
    assert page.locator("#password").get_attribute("type") == "text"
    page.get_by_role("button", name="Masquer le mot de passe").click()
    assert page.locator("#password").get_attribute("type") == "password"


def test_the_keyboard_skips_to_the_content(page: Page, address: str) -> None:
    page.goto(address + "/classement")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenu"


def test_the_menu_of_a_small_screen_opens_and_closes_without_javascript(
    browser: Browser, address: str
) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    page.goto(address + "/classement")
    menu = page.locator("#menu")
    assert not menu.is_visible()
    page.get_by_role("button", name="Menu").click()
    assert menu.is_visible()
    page.keyboard.press("Escape")
    assert not menu.is_visible()
    context.close()
