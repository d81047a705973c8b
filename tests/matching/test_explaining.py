"""Reasons in French, from both sides."""

import pytest

from marketplace.matching import explaining
from marketplace.matching.explaining import at, listed, of, sentence, whole
from marketplace.matching.index import Index
from marketplace.matching.ranking import rank
from marketplace.matching.reasons import is_telling
from marketplace.matching.weights import combined
from marketplace.territories.gazetteer import Gazetteer
from tests.matching import cases

GAZETTEER = Gazetteer.shipped()
ZONE = {"code": "covers_zone", "zone": "25", "level": "department", "name": "Doubs"}


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("reason", "to_buyer", "to_structure"),
    [
        (
            {"code": "within_radius", "km": 12.3, "limit_km": 50.0},
            "À 12 km, intervient jusqu'à 50 km",
            "À 12 km, vous intervenez jusqu'à 50 km",
        ),
        (
            {"code": "just_outside_radius", "km": 1250.0, "limit_km": 900.0, "to_zone": True},
            "À 1 250 km de la zone, un peu au-delà des 900 km où elle intervient",
            "À 1 250 km de la zone, un peu au-delà des 900 km où vous intervenez",
        ),
        (
            {"code": "same_sector", "ticked": True, "names": ["Blanchisserie"]},
            "Même secteur : blanchisserie",
            "Même secteur : blanchisserie",
        ),
        (
            {"code": "implied_sector", "names": ["Menuiserie", "Plomberie"]},
            "Secteurs que son offre évoque sans les déclarer : menuiserie ; plomberie",
            "Secteurs que votre offre évoque sans les déclarer : menuiserie ; plomberie",
        ),
        (
            {"code": "same_group", "group": "Propreté", "names": ["Nettoyage urbain"]},
            "Secteur voisin, du groupe « Propreté » : nettoyage urbain",
            "Secteur voisin, du groupe « Propreté » : nettoyage urbain",
        ),
        (
            ZONE | {"seat": "Besançon"},
            "Basée à Besançon, intervient dans tout le Doubs",
            "Vous intervenez dans tout le Doubs",
        ),
        (
            {"code": "country", "seat": "Le Mans"},
            "Basée au Mans, intervient dans toute la France",
            "Vous intervenez dans toute la France",
        ),
        (
            {"code": "seated_within", "km": 0.4, "limit_km": 20.0},
            "À moins de 1 km, dans les 20 km demandés",
            "À moins de 1 km, dans les 20 km demandés",
        ),
        (
            {"code": "seated_in", "seat": "Dole", "zone": "39", "level": "department"}
            | {"name": "Jura"},
            "Basée à Dole, dans le Jura",
            "Vous êtes à Dole, dans le Jura",
        ),
        (
            {"code": "words", "words": ["entretien", "tonte", "haies"]},
            "Son offre parle d'entretien, tonte et haies",
            "Votre offre parle d'entretien, tonte et haies",
        ),
        (
            {"code": "kind", "kind": "EA"},
            "Type de structure demandé : entreprise adaptée (EA)",
            "Type de structure demandé : entreprise adaptée (EA)",
        ),
        (
            {"code": "add_sector", "name": "Nettoyage urbain", "adds": 1},
            "En ajoutant le secteur « nettoyage urbain » : une structure de plus",
            "En ajoutant le secteur « nettoyage urbain » : une structure de plus",
        ),
        (
            {"code": "wider_radius", "limit_km": 45.0, "adds": 12},
            "Jusqu'à 45 km : 12 structures de plus",
            "Jusqu'à 45 km : 12 structures de plus",
        ),
    ],
)
def test_a_reason_is_said_to_each_side(reason, to_buyer, to_structure):
    assert plain(sentence(reason)) == to_buyer
    assert plain(sentence(reason, "structure")) == to_structure


def test_a_code_of_another_version_is_left_unsaid():
    assert sentence({"code": "unheard-of"}) == ""


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("01", "dans tout l'Ain"),
        ("07", "dans toute l'Ardèche"),
        ("21", "dans toute la Côte-d'Or"),
        ("34", "dans tout l'Hérault"),
        ("52", "dans toute la Haute-Marne"),
        ("75", "dans tout Paris"),
        ("88", "dans toutes les Vosges"),
        ("92", "dans tous les Hauts-de-Seine"),
        ("974", "dans toute La Réunion"),
    ],
)
def test_a_department_takes_its_article(zone, said):
    assert whole(zone, "department", GAZETTEER.name(zone)) == said


def test_every_department_can_be_said():
    for department in GAZETTEER.departments:
        said = whole(department.code, "department", department.name)
        assert said.startswith(("dans tout ", "dans toute ", "dans tous ", "dans toutes "))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("tonte", "de tonte"),
        ("élagage", "d'élagage"),
        ("hôtellerie", "d'hôtellerie"),
        ("haies", "de haies"),
        ("", "de "),
    ],
)
def test_de_is_elided_before_a_vowel_and_a_silent_h(words, said):
    assert of(words) == said


def test_a_commune_takes_its_contracted_article():
    assert [at(n) for n in ("Dole", "Le Mans", "Les Ulis", "La Rochelle")] == [
        "à Dole",
        "au Mans",
        "aux Ulis",
        "à La Rochelle",
    ]


def test_a_list_ends_with_and():
    assert [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a et b",
        "a, b et c",
    ]


def test_every_reason_that_a_ranking_gives_has_a_sentence_and_every_part_a_name():
    said = set()
    for seed in range(60):
        dice = cases.dice_of(seed)
        index = Index(GAZETTEER)
        index.upsert(cases.offer(dice, number) for number in range(20))
        for match in rank(index, cases.need(dice), 50).matches:
            assert match.parts.keys() == explaining.PARTS.keys()
            assert all(near in explaining.NEAR for near in match.near)
            assert combined(match.parts) >= 0
            for reason in match.reasons:
                said.add(reason["code"])
                for viewer in ("buyer", "structure"):
                    sentence_said = sentence(reason, viewer)
                    assert sentence_said[:1].isupper(), reason
                    assert "None" not in sentence_said
    assert {"same_sector", "same_group", "country", "covers_zone", "within_radius"} <= said
    assert {"amount_outside", "lead_outside", "qpv", "tags", "team", "absent", "stale"} <= said


def test_numbers_months_and_units_are_not_told_as_words_in_common():
    said = "encombrants quatre avril an jours 2026 m3 lots haies".split()
    assert [word for word in said if is_telling(word)] == ["encombrants", "haies"]
