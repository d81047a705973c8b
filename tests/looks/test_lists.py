"""Pages of results, filters, tables: what their links keep."""

from urllib.parse import parse_qs

from flask import Flask

from tests.looks.conftest import Parts
from tests.looks.reading import Page


def query(href: str) -> dict[str, list[str]]:
    assert href.startswith("?"), href
    return parse_qs(href[1:])


def test_a_page_link_keeps_the_search(part: Parts) -> None:
    page = Page(part("lists", "pagination(2, 45)", url="/besoins?q=a%26b&lieu=Dole&page=2"))
    following = next(a for a in page.all("a") if a.attributes.get("rel") == "next")
    assert query(following.attributes["href"]) == {"q": ["a&b"], "lieu": ["Dole"], "page": ["3"]}


def test_the_page_one_is_on_is_marked_and_distant_ones_are_left_out(part: Parts) -> None:
    page = Page(part("lists", "pagination(50, 2000)"))
    numbers = [li.text for li in page.all("li") if li.attributes.get("class") == "page-number"]
    here = [a.text for a in page.all("a") if a.attributes.get("aria-current") == "page"]
    assert numbers == ["Page 1", "Page 49", "Page 50", "Page 51", "Page 100"]
    assert here == ["Page 50"]


def test_a_single_page_needs_no_links(part: Parts) -> None:
    assert part("lists", "pagination(1, 20)").strip() == ""


def test_a_page_beyond_the_last_leads_back_to_it(part: Parts) -> None:
    page = Page(part("lists", "pagination(900, 45)"))
    back = next(a for a in page.all("a") if a.attributes.get("rel") == "prev")
    assert query(back.attributes["href"]) == {"page": ["3"]}


def test_no_query_argument_changes_where_a_link_leads(part: Parts) -> None:
    url = "/besoins?_external=1&_scheme=javascript&_anchor=x&endpoint=y"
    page = Page(part("lists", "pagination(1, 45)", url=url))
    assert all(a.attributes["href"].startswith("?") for a in page.all("a"))


def test_a_filter_is_removed_alone(bare_app: Flask) -> None:
    markup = (
        bare_app.test_client().get("/styleguide?secteur=nettoyage-de-locaux&lieu=25&page=3").text
    )
    page = Page(markup)
    links = {a.text: a.attributes["href"] for a in page.all("a")}
    assert query(links["Retirer le filtre Doubs"]) == {"secteur": ["nettoyage-de-locaux"]}
    assert query(links["Retirer le filtre Nettoyage de locaux"]) == {"lieu": ["25"]}


def test_a_stacked_table_keeps_its_headers(part: Parts) -> None:
    call = (
        'table("Besoins", ["Besoin", {"label": "Montant", "numeric": true}], [["Tonte", "12 €"]])'
    )
    page = Page(part("tables", call))
    assert page.all("caption")[0].text == "Besoins"
    assert [th.attributes["scope"] for th in page.all("th")] == ["col", "col", "row"]
    assert page.all("td")[0].attributes["data-label"] == "Montant"
