"""Each message says the same in both parts, to whoever it speaks, whatever was typed."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError

from marketplace.digests.composing import LONGEST_SUBJECT, compose, kinds
from marketplace.digests.examples import example_of
from tests.looks.reading import Page

BASE = "https://tandem.example.fr"
WITHOUT_A_BUTTON = {"accounts/address_changed", "retention/account_erased"}
TYPED = st.text(max_size=60) | st.sampled_from(
    [
        "\0",
        "\u202egnp.exe",
        "<script>alert(1)</script>",
        "{{ 7 * 7 }}",
        "a\r\nBcc: b@c.fr",
        "\ud800",
    ]
)


@pytest.mark.parametrize("name", ["Camille Martin", ""])
@pytest.mark.parametrize("kind", kinds())
def test_both_parts_of_a_message_give_the_same_link(kind: str, name: str) -> None:
    composed = compose(
        kind, example_of(kind) | {"name": name, "link": "/compte/clef?a=1&b=2"}, BASE
    )
    link = f"{BASE}/compte/clef?a=1&b=2"
    leads_to = [a.attributes["href"] for a in Page(composed.html).all("a")]
    if kind in WITHOUT_A_BUTTON:
        assert link not in composed.text
        assert leads_to == [BASE]
    else:
        assert f"\n{link}\n" in composed.text
        assert (leads_to[0], leads_to[-2:]) == (BASE, [link, link])
        assert all(other.startswith(f"{BASE}/") for other in leads_to[1:-2])
    assert link not in composed.subject


@pytest.mark.parametrize("kind", kinds())
def test_a_message_greets_by_name_or_simply(kind: str) -> None:
    named = compose(kind, example_of(kind), BASE)
    plain = compose(kind, example_of(kind) | {"name": ""}, BASE)
    assert named.text.startswith("Bonjour Camille Martin,\n")
    assert plain.text.startswith("Bonjour,\n")
    assert "<p" in named.html
    assert "Bonjour Camille Martin,</p>" in named.html
    assert "Bonjour,</p>" in plain.html


@pytest.mark.parametrize("kind", kinds())
def test_a_subject_is_one_short_line_and_the_title_of_the_html_part(kind: str) -> None:
    composed = compose(kind, example_of(kind), BASE)
    assert composed.subject == composed.subject.strip()
    assert len(composed.subject.splitlines()) == 1
    assert not re.search(r"[ ][:;?!»]|«[ ]", composed.subject)
    [title] = Page(composed.html).all("h1")
    assert title.text == " ".join(composed.subject.split())


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(kinds()),
    typed=st.fixed_dictionaries(
        dict.fromkeys(["name", "by", "organisation", "structure", "desk", "reason"], TYPED)
    ),
)
def test_whatever_people_type_stays_words(kind: str, typed: dict[str, str]) -> None:
    composed = compose(kind, example_of(kind) | typed, BASE)
    page = Page(composed.html)
    assert len(composed.subject.splitlines()) <= 1
    assert page.all("script") == []
    for a in page.all("a"):
        assert f"{a.attributes['href']}/".startswith(f"{BASE}/")
    for part in (composed.subject, composed.text, composed.html):
        assert not set("\0\u202e\ud800") & set(part)
        part.encode()


def test_a_very_long_name_makes_neither_a_long_subject_nor_an_endless_greeting() -> None:
    context = example_of("accounts/organisation_invitation")
    context |= {"organisation": "Communauté " * 10_000, "name": "a" * 100_000}
    composed = compose("accounts/organisation_invitation", context, BASE)
    assert len(composed.subject) == LONGEST_SUBJECT
    assert composed.text.startswith("Bonjour,\n")


@pytest.mark.parametrize(
    "name", ["Gagnez sur www.piege.fr", "https://piege.fr", "piege.fr/clic", "moi@piege.fr"]
)
def test_a_name_that_mail_readers_would_turn_into_a_link_is_left_out(name: str) -> None:
    kind = "accounts/organisation_invitation"
    composed = compose(kind, example_of(kind) | {"name": name, "by": name}, BASE)
    assert name not in composed.text + composed.html
    assert "Un de ses responsables vous invite" in composed.text


def test_a_link_is_ours_even_when_it_starts_like_another_site() -> None:
    kind = "accounts/verify_email"
    composed = compose(kind, example_of(kind) | {"link": "//ailleurs.example/x"}, BASE + "/")
    assert f"\n{BASE}/ailleurs.example/x\n" in composed.text


def test_a_message_without_what_it_needs_is_a_bug_and_not_a_mail_with_a_hole() -> None:
    with pytest.raises(UndefinedError):
        compose("accounts/verify_email", {"name": "Camille"}, BASE)


def test_the_html_part_fetches_nothing_and_wears_its_styles() -> None:
    html = compose("accounts/verify_email", example_of("accounts/verify_email"), BASE).html
    assert "src=" not in html
    assert "url(" not in html
    assert "background-color: #0b5c66" in html
    assert "<link" not in html


def test_a_refusal_without_a_reason_gives_none() -> None:
    kind = "structures/claim_refused"
    context = example_of(kind)
    assert context["reason"] in compose(kind, context, BASE).text
    assert "pourquoi" not in compose(kind, context | {"reason": ""}, BASE).text
