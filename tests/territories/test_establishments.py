"""Establishments found by name in a small invented register."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.territories.establishments import Establishment, Register, resolve_structure


def row(siret, name, kind="EI", brand="", city="", department="21"):
    return Establishment(siret, name, brand, kind, city, department)


REGISTER = Register(
    [
        row("S1", "ASSOC LES JARDINS DE L'OUCHE", "ACI", city="Dijon"),
        row("S2", "ESAT Le Moulin des Prés", "ESAT"),
        row("S3", "EA Le Moulin des Prés", "EA"),
        row("S4", "SARL MULTI TRAVAUX PROPRES", brand="Brille", city="Beaune"),
        row("S5", "ATELIERS DE LA VALLEE VERTE", "ACI"),
        row("S6", "GEIQ BTP HAUTS-DE-FRANCE", "GEIQ", department="62"),
        row("S7", "ASSOC TREMPLIN", "AI", department="25"),
        row("S8", "ASSOC TREMPLIN", "AI", department="39"),
        row("S9", "ESAT Saint-Antoine", "ESAT", department="25"),
        row("S10", "ETAPE 21", "ETTI"),
        row("S11", "ETAPE 39", "ETTI", department="39"),
        row("S12", "RECUP'ACTION", "EI", city="Dole", department="39"),
    ]
)


def best(query, department=None):
    candidates = resolve_structure(query, REGISTER, department)
    return candidates[0].code if candidates else None


@pytest.mark.parametrize(
    ("query", "siret"),
    [
        ("Jardins de l'Ouche", "S1"),
        ("Association les jardins de l'ouche", "S1"),
        ("Chantier d'insertion Les Jardins de l'Ouche", "S1"),
        ("l'ouche les jardins de assoc", "S1"),
        ("Les Jardns de l'Ouhce", "S1"),
        ("E.S.A.T. Moulin des Prés", "S2"),
        ("Établissement et service d'aide par le travail Moulin des Prés", "S2"),
        ("CAT le moulin des pres", "S2"),
        ("Entreprise adaptée Moulin des Prés", "S3"),
        ("Multi Travaux Propres", "S4"),
        ("BRILLE", "S4"),
        ("A.V.V. Ateliers Vallée Verte", "S5"),
        ("ADLVV", "S5"),
        ("GEIQ BTP HDF", "S6"),
        ("ESAT St Antoine", "S9"),
        ("Étape 39", "S11"),
        ("Récup Action Dole", "S12"),
        ("RÃ©cup'Action", "S12"),
    ],
)
def test_an_establishment_is_found_however_its_name_is_written(query, siret):
    assert best(query) == siret


def test_the_department_chooses_between_namesakes():
    assert best("Tremplin", "25") == "S7"
    assert best("Tremplin", "39") == "S8"


def test_without_it_namesakes_have_equal_scores_and_go_by_identifier():
    first, second = resolve_structure("Tremplin", REGISTER)
    assert (first.code, second.code) == ("S7", "S8")
    assert first.score == second.score


def test_another_department_is_searched_when_none_there_fits():
    assert best("GEIQ BTP HDF", "21") == "S6"


@pytest.mark.parametrize("query", ["", "\x00", "🙂", "ESAT", "Association", "Nettoyage Dupont"])
def test_what_names_no_establishment_gives_none(query):
    assert best(query) is None


def test_an_empty_register_gives_none():
    assert resolve_structure("Tremplin", Register([])) == []
    nameless = [row("S1", "\x00"), row("S2", "&nbsp;"), row("S3", "", brand="…")]
    assert resolve_structure("Tremplin", Register(nameless)) == []


@given(st.text(max_size=60), st.none() | st.text(max_size=3))
@settings(max_examples=100)
def test_any_text_gives_at_most_five_ordered_candidates(text, department):
    candidates = resolve_structure(text, REGISTER, department)
    scores = [candidate.score for candidate in candidates]
    assert scores == sorted(scores, reverse=True)
    assert len(candidates) <= 5
    assert all(0 < score <= 1 for score in scores)


def test_a_very_long_name_does_no_harm():
    assert len(resolve_structure("tremplin " * 20_000, REGISTER)) <= 5
    assert resolve_structure("a" * 100_000, REGISTER) == []
