"""Communes and departments understood however they are written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.resolving import (
    MOST,
    communes_begun,
    resolve_commune,
    resolve_department,
    resolve_siret,
)

FRANCE = Gazetteer.shipped()
TOWNS = [commune for commune in FRANCE.communes if commune.population > 20_000]
UNALIKE = [c for c in TOWNS if len(c.name) >= 9 and c.department < "96"]
"""Towns whose name is long enough for a slip not to make another commune of it."""


def best(query, **context):
    candidates = resolve_commune(query, FRANCE, **context)
    return candidates[0].name if candidates else None


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("BESANCON", "Besançon"),
        ("  besançon ", "Besançon"),
        ("Besanc\u0327on", "Besançon"),
        ("villefranche sur saone", "Villefranche-sur-Saône"),
        ("Villefranche/Saône", "Villefranche-sur-Saône"),
        ("Chalon s/ Saône", "Chalon-sur-Saône"),
        ("St Etienne", "Saint-Étienne"),
        ("STE FOY LES LYON", "Sainte-Foy-lès-Lyon"),
        ("Sainte Foy lez Lyon", "Sainte-Foy-lès-Lyon"),
        ("Villeneuve Ascq", "Villeneuve-d'Ascq"),
        ("Havre", "Le Havre"),
        ("lons saunier", "Lons-le-Saunier"),
        ("Besanson", "Besançon"),
        ("Monbéliar", "Montbéliard"),
        ("Ponttarlierr", "Pontarlier"),
        ("Dôel", "Dole"),
    ],
)
def test_a_name_is_understood_however_it_is_spelt(query, name):
    assert best(query) == name


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("21000 Dijon", "Dijon"),
        ("Dijon (21000)", "Dijon"),
        ("DIJON CEDEX", "Dijon"),
        ("21078 DIJON CEDEX 9", "Dijon"),
        ("69383 Lyon Cedex 03", "Lyon"),
        ("75012 Paris", "Paris"),
        ("Paris 12e", "Paris"),
        ("Marseille 4e arrondissement", "Marseille"),
        ("25000", "Besançon"),
        ("Mairie de Dole", "Dole"),
        ("Commune du Creusot", "Le Creusot"),
        ("École Pasteur, 3 rue de Paris 39100 Dole", "Dole"),
        ("Atelier municipal de Pontarlier", "Pontarlier"),
        ("Communauté d'agglomération de Chaumont", "Chaumont"),
        ("Grand Besançon Métropole", "Besançon"),
        ("Saint-Denis (La Réunion)", "Saint-Denis"),
    ],
)
def test_a_name_is_found_in_an_address_or_a_phrase(query, name):
    assert best(query) == name


def test_the_department_chooses_between_homonyms():
    codes = {
        department: resolve_commune("Saint-Denis", FRANCE, department=department)[0].code
        for department in ("93", "974", "30")
    }
    assert codes == {"93": "93066", "974": "97411", "30": "30247"}
    assert resolve_commune("saint denis (974)", FRANCE)[0].code == "97411"


def test_homonyms_alone_have_equal_scores_and_go_by_population():
    first, second, *_ = resolve_commune("Saint-Denis", FRANCE)
    assert first.score == second.score == 1
    assert (first.code, second.code) == ("97411", "93066")


def test_the_postcode_beside_the_text_chooses_too():
    assert resolve_commune("Saint-Martin", FRANCE, postcode="54450")[0].code == "54480"


def test_a_department_that_is_contradicted_lowers_the_score():
    (found, *_) = resolve_commune("Besançon", FRANCE, department="21")
    assert found.code == "25056"
    assert found.score < resolve_commune("Besançon", FRANCE)[0].score


def test_old_department_codes_are_understood():
    assert best("Ajaccio", department="20") == "Ajaccio"
    assert resolve_commune("St Martin", FRANCE, department="971")[0].code == "97801"
    assert best("Bourg en Bresse", department="1") == "Bourg-en-Bresse"


@pytest.mark.parametrize("department", ["", "R27", "FR", "21231", "242100410", "99", "\x00", "🙂"])
def test_a_department_that_is_none_is_passed_over(department):
    assert best("Dijon", department=department) == "Dijon"
    assert best("Dijon", postcode=department) == "Dijon"


def test_a_former_commune_leads_to_the_one_of_today():
    (found, *_) = resolve_commune("Pierrefitte-sur-Seine", FRANCE)
    assert found.code == "93066"


def test_the_beginning_of_a_long_name_is_enough():
    assert best("Chalette", department="45") == "Châlette-sur-Loing"


@pytest.mark.parametrize(
    "query",
    ["", "   ", "\x00", "🙂", "\u202e", "Qwxzk", "Entretien des espaces verts", "12", "???"],
)
def test_what_names_no_commune_gives_none(query):
    assert resolve_commune(query, FRANCE) == []


@pytest.mark.parametrize("query", ["a" * 100_000, "de " * 50_000, "(" * 100_000, "75001 " * 20_000])
def test_a_very_long_text_does_no_harm(query):
    assert len(resolve_commune(query, FRANCE)) <= MOST
    assert len(resolve_department(query, FRANCE)) <= MOST


@given(st.text(max_size=80), st.text(max_size=4), st.text(max_size=6))
@settings(max_examples=40)
def test_any_text_gives_at_most_five_ordered_candidates_always_the_same(text, department, postcode):
    candidates = resolve_commune(text, FRANCE, department, postcode)
    scores = [candidate.score for candidate in candidates]
    assert scores == sorted(scores, reverse=True)
    assert len(candidates) <= MOST
    assert all(0 < score <= 1 for score in scores)
    assert len({candidate.code for candidate in candidates}) == len(candidates)
    assert candidates == resolve_commune(text, FRANCE, department, postcode)


@given(st.sampled_from(FRANCE.communes))
@settings(max_examples=40)
def test_every_commune_is_found_by_its_own_name_in_its_department(commune):
    same_name = {
        other.code for other in FRANCE.communes_in(commune.department) if other.name == commune.name
    }
    (found, *_) = resolve_commune(
        commune.name.upper().replace("-", " "), FRANCE, department=commune.department
    )
    assert found.code in same_name


@given(st.sampled_from(UNALIKE), st.data())
@settings(max_examples=60)
def test_two_swapped_letters_are_forgiven_in_the_department(commune, data):
    name = commune.name
    letters = [i for i in range(1, len(name) - 1) if name[i : i + 2].isalpha()]
    place = data.draw(st.sampled_from(letters))
    swapped = name[:place] + name[place + 1] + name[place] + name[place + 2 :]
    (found, *_) = resolve_commune(swapped, FRANCE, department=commune.department)
    assert found.code == commune.code


@given(st.sampled_from(UNALIKE), st.data())
@settings(max_examples=60)
def test_two_lost_letters_are_forgiven_in_the_department(commune, data):
    """Lost apart: two neighbours gone may leave the name of another place."""
    first = data.draw(st.integers(1, len(commune.name) - 1))
    once = commune.name[:first] + commune.name[first + 1 :]
    second = data.draw(st.integers(1, len(once) - 1).filter(lambda place: place != first))
    twice = once[:second] + once[second + 1 :]
    codes = [c.code for c in resolve_commune(twice, FRANCE, department=commune.department)]
    assert commune.code in codes


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("21", "21"),
        ("1", "01"),
        ("2a", "2A"),
        ("974", "974"),
        ("Côte d'Or", "21"),
        ("COTE D OR", "21"),
        ("Côte-d'Or (21)", "21"),
        ("25 - Doubs", "25"),
        ("Département du Doubs", "25"),
        ("Conseil départemental de la Haute-Saône", "70"),
        ("Seine St Denis", "93"),
        ("Réunion", "974"),
        ("Haute-Savoi", "74"),
        ("Is&egrave;re", "38"),
    ],
)
def test_a_department_is_understood_however_it_is_written(query, code):
    assert resolve_department(query, FRANCE)[0].code == code


@pytest.mark.parametrize("department", FRANCE.departments, ids=lambda one: one.code)
def test_a_department_survives_a_broken_encoding(department):
    name = department.name
    broken = [
        "".join(c if c.isascii() else "\ufffd" for c in name),
        "".join(c if c.isascii() else "\ufffd\ufffd" for c in name),
        "".join(c if c.isascii() else "?" for c in name),
        name.encode().decode("latin-1"),
        name.encode().decode("cp1252", errors="replace"),
    ]
    assert {resolve_department(text, FRANCE)[0].code for text in broken} == {department.code}


def test_what_names_no_department_gives_none():
    for query in ("", "\x00", "🙂", "Qwxzk", "Bourgogne"):
        assert resolve_department(query, FRANCE) == []


def test_a_siret_is_its_own_candidate_and_a_wrong_one_has_none():
    (found,) = resolve_siret("SIRET : 732 829 320 00074")
    assert (found.code, found.name) == ("73282932000074", "732 829 320 00074")
    assert resolve_siret("732 829 320 00075") == []


def begun(words, limit=5):
    return [candidate.name for candidate in communes_begun(words, FRANCE, limit)]


def test_someone_who_types_sees_the_most_populated_names_that_begin_so():
    assert begun("be")[:2] == ["Besançon", "Béziers"]
    assert begun("la roch")[:2] == ["La Rochelle", "La Roche-sur-Yon"]
    assert begun("rochel")[0] == "La Rochelle"
    assert begun("21000") == ["Dijon"]


def test_then_those_that_resemble_and_nothing_for_nothing():
    assert "Besançon" in begun("besanson")
    assert begun("") == begun("🙂") == []
