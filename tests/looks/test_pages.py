"""What every page has: language, title, headings, landmarks, a way to skip; and error pages."""

from itertools import pairwise

import pytest
from flask import Flask

from tests.looks.reading import Element, Page

PUBLIC = [
    "/styleguide",
    "/connexion",
    "/connexion/lien",
    "/inscription",
    "/mot-de-passe/oublie",
    "/classement",
    "/mentions-legales",
    "/accessibilite",
    "/donnees-personnelles",
    "/licences",
    "/plan-du-site",
]
ERRORS = [403, 404, 405, 413, 429, 500, 503]


@pytest.mark.parametrize("url", PUBLIC)
def test_a_page_is_well_built(bare_app: Flask, url: str) -> None:
    answer = bare_app.test_client().get(url)
    page = Page(answer.text)
    levels = [int(e.tag[1]) for e in page.all("h1", "h2", "h3", "h4") if not _in_summary(e)]
    first_link = page.all("a")[0]
    assert answer.status_code == 200
    assert page.all("html")[0].attributes["lang"] == "fr"
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert first_link.attributes["href"] == "#contenu"
    assert page.by_id["contenu"].tag == "main"
    assert [len(page.all(tag)) for tag in ("header", "main", "footer")] == [1, 1, 1]


def _in_summary(element: Element) -> bool:
    return any("data-focus" in parent.attributes for parent in element.parents)


@pytest.mark.parametrize("url", PUBLIC)
def test_a_link_within_a_page_leads_somewhere(bare_app: Flask, url: str) -> None:
    page = Page(bare_app.test_client().get(url).text)
    inner = [a.attributes["href"][1:] for a in page.all("a") if a.attributes["href"][:1] == "#"]
    described = [
        id_
        for element in page.elements
        for name in ("aria-describedby", "aria-labelledby")
        for id_ in element.attributes.get(name, "").split()
    ]
    assert set(inner) | set(described) <= set(page.by_id)


def test_a_title_names_page_section_and_site(bare_app: Flask) -> None:
    page = Page(bare_app.test_client().get("/styleguide").text)
    assert page.all("title")[0].text == "Composants - Guide de style - Tandem"


def test_the_title_of_a_form_sent_back_begins_with_error(bare_app: Flask) -> None:
    client = bare_app.test_client()
    token = Page(client.get("/connexion").text).by_id["csrf_token"].attributes["value"]
    page = Page(client.post("/connexion", data={"csrf_token": token}).text)
    assert page.all("title")[0].text == "Erreur : Se connecter - Tandem"
    assert page.by_id["email"].attributes["aria-invalid"] == "true"


def test_the_page_one_is_on_is_marked_in_the_menu(bare_app: Flask) -> None:
    page = Page(bare_app.test_client().get("/classement").text)
    marked = [a.text for a in page.all("a") if a.attributes.get("aria-current") == "page"]
    assert marked == ["Le classement expliqué"]


def test_messages_are_announced(bare_app: Flask) -> None:
    page = Page(bare_app.test_client().get("/styleguide").text)
    box = next(e for e in page.elements if e.attributes.get("role") == "status")
    assert "Votre besoin est déposé." in box.text
    assert "Erreur : Ce besoin ne peut plus être modifié." in box.text


@pytest.mark.parametrize("code", ERRORS)
def test_an_error_page_needs_no_person_and_no_database(bare_app: Flask, code: int) -> None:
    template = bare_app.jinja_env.get_template(f"errors/{code}.html")
    with bare_app.test_request_context():
        page = Page(template.render(reference="a1b2c3d4"))
    main = page.by_id["contenu"]
    ways = [a.attributes["href"] for a in page.all("a") if main in a.parents]
    assert "a1b2c3d4" in main.text
    assert "/" in ways
    assert len(page.all("h1")) == 1
