"""The suggestions of places that open under a field while it is filled."""

import re

from playwright.sync_api import Page, Route, expect

DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def test_suggestions_open_while_typing_but_not_over_the_page_once_the_field_is_left(
    page: Page,
) -> None:
    page.goto("/structures")
    where = page.get_by_role("combobox", name=re.compile("Où"))
    where.fill("Besan")
    besancon = page.get_by_role("option", name="Besançon (25)")
    expect(besancon).to_be_visible(timeout=30_000)

    with page.expect_response(re.compile("q=Dole")):
        where.fill("Dole")
        where.press("Tab")
    page.evaluate(DRAWN)
    expect(page.locator(".suggestions").get_by_role("option")).to_have_count(0)


def test_what_is_typed_before_the_suggestions_are_there_stays_and_goes_on(page: Page) -> None:
    held: list[Route] = []

    def hold(asked: Route) -> None:
        held.append(asked)

    page.route(re.compile("accessible-autocomplete.*js"), hold)
    page.goto("/structures", wait_until="domcontentloaded")
    where = page.get_by_label(re.compile("Où"))
    where.press_sequentially("Besn")
    page.keyboard.press("ArrowLeft")

    held[0].continue_()
    expect(page.get_by_role("combobox", name=re.compile("Où"))).to_be_focused()
    page.keyboard.type("anço")

    expect(where).to_have_value("Besançon")
    expect(page.get_by_role("option", name="Besançon (25)")).to_be_visible()
