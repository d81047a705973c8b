"""Fields: label, hint, error, and what ties them together."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import escape
from wtforms import Form, StringField

from tests.looks.conftest import Parts
from tests.looks.reading import Page
from tests.looks.styleguide import GROUPS, SUGGESTIONS, EveryField, sent_back

EACH_FIELD = [
    ("field", name)
    for name in ("title", "description", "buyer_kind", "email", "password", "attachment", "agreed")
] + [
    ("number", "radius_km"),
    ("money", "amount"),
    ("date", "deadline"),
    ("place", "place"),
    ("password", "password"),
    ("file", "attachment"),
]


@pytest.fixture
def empty(part: Parts) -> EveryField:
    with part.app.test_request_context():
        return EveryField(formdata=None)


@pytest.fixture
def wrong(part: Parts) -> EveryField:
    with part.app.test_request_context():
        return sent_back()


@pytest.mark.parametrize(("macro", "name"), EACH_FIELD)
def test_each_field_has_a_label_of_its_own(
    part: Parts, empty: EveryField, macro: str, name: str
) -> None:
    page = Page(part("fields", f"{macro}(f)", f=empty[name]))
    label = page.all("label")[0]
    assert label.attributes["for"] in page.by_id
    assert label.text.startswith(empty[name].label.text)


@pytest.mark.parametrize(("macro", "name"), EACH_FIELD)
def test_hint_and_error_are_read_with_the_control(
    part: Parts, wrong: EveryField, macro: str, name: str
) -> None:
    f = wrong[name]
    f.errors = ["Dites-en plus"]
    page = Page(part("fields", f"{macro}(f, hint='Par exemple : ceci')", f=f))
    control = page.by_id[f.id]
    read = [page.by_id[id_] for id_ in control.attributes["aria-describedby"].split()]
    assert control.attributes["aria-invalid"] == "true"
    assert any("Par exemple : ceci" in element.text for element in read)
    assert any("Dites-en plus" in element.text for element in read)


def test_only_optional_fields_say_that_they_are(part: Parts, empty: EveryField) -> None:
    assert "(facultatif)" in part("fields", "field(f)", f=empty.description)
    assert "(facultatif)" not in part("fields", "field(f)", f=empty.title)
    assert "(facultatif)" not in part(
        "fields", "field(f, optional_mark=false)", f=empty.description
    )


@pytest.mark.parametrize(("name", "type_"), [("kind", "radio"), ("service_types", "checkbox")])
def test_choices_stand_in_a_named_group(
    part: Parts, wrong: EveryField, name: str, type_: str
) -> None:
    f = wrong[name]
    page = Page(part("fields", "field(f)", f=f))
    group = page.by_id[f.id]
    assert group.tag == "fieldset"
    assert page.all("legend")[0].text.startswith(" ".join(f.label.text.split()))
    assert [e.attributes["type"] for e in page.all("input")] == [type_, type_]
    assert f.id + "-error" in group.attributes["aria-describedby"].split()


def test_a_ticked_sector_opens_its_group_and_a_suggested_one_stands_once(
    part: Parts, wrong: EveryField
) -> None:
    suggestions = (*SUGGESTIONS, GROUPS[0].sectors[0])
    page = Page(part("fields", "sectors(f, g, s)", f=wrong.sectors, g=GROUPS, s=suggestions))
    is_open = ["open" in details.attributes for details in page.all("details")]
    values = [box.attributes["value"] for box in page.all("input")]
    ticked = [b.attributes["value"] for b in page.all("input") if "checked" in b.attributes]
    assert is_open == [False, True]
    assert len(values) == len(set(values)) == 4
    assert ticked == ["nettoyage-de-locaux"]


def test_passwords_tell_the_browser_which_one_is_meant(part: Parts, empty: EveryField) -> None:
    assert 'autocomplete="current-password"' in part("fields", "password(f)", f=empty.password)
    assert 'autocomplete="new-password"' in part(
        "fields", "password(f, new=true)", f=empty.password
    )


def test_the_error_summary_counts_and_leads_to_each_field(part: Parts, wrong: EveryField) -> None:
    page = Page(part.app.test_client().get("/styleguide").text)
    summary = next(e for e in page.elements if "data-focus" in e.attributes)
    links = [e for e in page.all("a") if summary in e.parents]
    heading = next(e for e in page.all("h2") if summary in e.parents)
    assert {link.attributes["href"][1:] for link in links} == {wrong[n].id for n in wrong.errors}
    assert heading.text == f"Il y a {len(wrong.errors)} erreurs dans le formulaire"
    assert summary.attributes["tabindex"] == "-1"


def test_a_form_without_error_has_no_summary(part: Parts, empty: EveryField) -> None:
    assert part("fields", "error_summary(f)", f=empty).strip() == ""


def test_an_error_of_the_whole_form_is_told_without_a_link(part: Parts, empty: EveryField) -> None:
    empty.form_errors.append("Adresse ou mot de passe inconnu.")
    page = Page(part("fields", "error_summary(f)", f=empty))
    assert page.all("h2")[0].text == "Il y a 1 erreur dans le formulaire"
    assert page.all("li")[0].text == "Adresse ou mot de passe inconnu."
    assert page.all("a") == []


class OneField(Form):
    said = StringField("Titre")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(typed=st.text(max_size=60) | st.just("<script>alert(1)</script>\"'&\u202e\0😀"))
def test_what_a_person_types_is_never_markup(part: Parts, typed: str) -> None:
    form = OneField(data={"said": typed})
    form.said.errors = [typed]
    shown = part("fields", "field(f, hint=t)", f=form.said, t=typed)
    assert str(escape(typed)) in shown
    assert Page(shown).by_id["said"].tag == "input"


def test_a_very_long_text_is_shown_whole(part: Parts) -> None:
    assert "x" * 100_000 in part("panels", "text(t)", t="x" * 100_000)
