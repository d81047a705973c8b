"""The ranked card, and the words on both sides of it."""

import re
from enum import StrEnum

import pytest

from marketplace.matching.lifecycle import MatchStatus
from marketplace.needs.lifecycle import Status
from marketplace.offers.lifecycle import OfferStatus
from tests.looks.conftest import Parts
from tests.looks.reading import Page

CARD = (
    'match_card(1, "Les Jardins", "/structures/les-jardins", "ACI", '
    '["Même secteur", ("Une partie du montant", "partly")], [("Secteur", 0.964)], distance_km=3.2)'
)


def test_a_card_says_rank_kind_distance_and_reasons_in_words(part: Parts) -> None:
    page = Page(part("matches", CARD))
    article = page.all("article")[0]
    for words in (
        "Rang 1",
        "ACI · atelier et chantier d'insertion",
        "à 3 km",
    ):
        assert words in article.text
    assert [li.text for li in page.all("li")] == [
        "Même secteur",
        "En partie : Une partie du montant",
    ]


def test_a_bar_is_drawn_without_inline_style(part: Parts) -> None:
    page = Page(part("matches", CARD))
    assert page.all("rect")[0].attributes["width"] == "96"
    assert page.all("dd")[0].text == "96 %"


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 structure peut répondre."),
        (1, "1 structure peut répondre."),
        (37, "37 structures peuvent répondre."),
    ],
)
def test_how_many_can_answer_agrees_with_its_verb(part: Parts, count: int, words: str) -> None:
    assert words in Page(part("matches", "what_if(n)", n=count)).all("section")[0].text


@pytest.mark.parametrize(
    ("macro", "statuses"),
    [("need_status", Status), ("offer_status", OfferStatus), ("match_status", MatchStatus)],
)
def test_each_status_has_words_and_an_icon(
    part: Parts, macro: str, statuses: type[StrEnum]
) -> None:
    for status in statuses:
        tag = Page(part("badges", f"{macro}(s)", s=status.value))
        assert tag.all("i"), status
        assert re.fullmatch(r"[A-ZÀ][a-zéà ]+", tag.all("span")[0].text), status


@pytest.mark.parametrize("href", ["javascript:alert(1)", "data:text/html,x", "//evil.example"])
def test_an_address_that_is_not_of_the_web_is_text(part: Parts, href: str) -> None:
    assert Page(part("actions", "external(h)", h=href)).all("a") == []


def test_map_data_cannot_leave_its_script(part: Parts) -> None:
    shown = part(
        "maps",
        'map([{"lat": 47.2, "lon": 6, "name": name}], "Carte", "suite")',
        name="</script><script>alert(1)</script>",
    )
    assert len(Page(shown).all("script")) == 1
