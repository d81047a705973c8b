import random
import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.sectors.nomenclature import GROUPS, SECTORS
from marketplace.sectors.suggesting import (
    in_words,
    probabilities,
    sectors_of_naf,
    suggest,
)
from marketplace.text import without_accents
from tests.sectors.sentences import OUT_OF_SCOPE, SENTENCES

sentences = st.sampled_from(sorted(SENTENCES))
without_a_lot = sentences.filter(lambda sentence: "lot" not in sentence.lower())


def first(text: str) -> str | None:
    suggestions = suggest(text)
    return suggestions[0].slug if suggestions else None


def top_three(text: str) -> list[str]:
    return [suggestion.slug for suggestion in suggest(text, top=3)]


@pytest.mark.parametrize(("sentence", "sector"), SENTENCES.items())
def test_the_sector_that_the_words_name_comes_first(sentence: str, sector: str) -> None:
    assert first(sentence) == sector


@pytest.mark.parametrize("sentence", OUT_OF_SCOPE)
def test_nothing_is_suggested_for_what_no_inclusive_supplier_sells(sentence: str) -> None:
    assert suggest(sentence) == []


@pytest.mark.parametrize("sector", SECTORS, ids=lambda s: s.slug)
def test_a_sector_is_among_the_first_three_for_its_own_name(sector) -> None:
    if sector.name.startswith("Autre ("):
        group = {s.group for s in suggest(sector.group.name, top=3)}
        assert sector.group.name in group
    else:
        assert sector.slug in top_three(sector.name)


@given(sentences)
@settings(max_examples=40, deadline=None)
def test_capitals_without_accents_change_nothing(sentence: str) -> None:
    assert top_three(without_accents(sentence).upper()) == top_three(sentence)


@given(without_a_lot, st.integers(1, 60), st.sampled_from(["Lot {} : {}", "LOT N°{} - {}"]))
@settings(max_examples=40, deadline=None)
def test_the_number_of_a_lot_changes_nothing(sentence: str, number: int, form: str) -> None:
    assert top_three(form.format(number, sentence)) == top_three(sentence)


@given(
    sentences,
    st.sampled_from(
        [
            "{} pour les besoins du SDIS de la Vendée",
            "{} pour le compte de la commune de Saint-Léger",
            "{} - Ville de Quimper - 2024",
            "Accord-cadre à bons de commande : {}",
            "Marché public n° 2024-17 - {}",
        ]
    ),
)
@settings(max_examples=60, deadline=None)
def test_the_name_of_the_buyer_and_the_boilerplate_do_not_change_the_first_sector(
    sentence: str, form: str
) -> None:
    assert first(form.format(sentence)) == SENTENCES[sentence]


def test_one_slip_in_a_long_word_of_each_sentence_is_forgiven() -> None:
    """A letter doubled, dropped or swapped; nine sentences of ten keep their sector in view."""
    chance = random.Random(7)  # noqa: S311 - any slips will do, the same at each run
    kept = [sector in top_three(_with_a_slip(text, chance)) for text, sector in SENTENCES.items()]
    assert np.mean(kept) > 0.9


def _with_a_slip(text: str, chance: random.Random) -> str:
    words = text.split()
    at = max(range(len(words)), key=lambda i: len(words[i]))
    word, place = words[at], chance.randrange(1, len(words[at]) - 1)
    words[at] = chance.choice(
        [
            word[:place] + word[place + 1 :],
            word[:place] + word[place] + word[place:],
            word[:place] + word[place + 1] + word[place] + word[place + 2 :],
        ]
    )
    return " ".join(words)


def test_letters_lost_by_a_wrong_encoding_are_found_again() -> None:
    for broken in ("R\ufffdfection des fa\ufffdades", "D?m?nagement", "D\ufffdm\ufffdnagement"):
        assert first(broken) in ("demenagement", "peinture-revetement-des-murs")
    assert first("CrÃ©ation de sites internet") == "creation-de-sites-internets-webmastering"
    assert suggest("Mission de ma\ufffdtrise d'\ufffduvre") == []


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_sorted_confidences_and_the_same_answer_twice(text: str) -> None:
    suggestions = suggest(text, top=154)
    confidences = [suggestion.confidence for suggestion in suggestions]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 <= confidence <= 1 for confidence in confidences)
    assert len({suggestion.slug for suggestion in suggestions}) == len(suggestions)
    assert suggestions == suggest(text, top=154)
    total = probabilities(text).sum()
    assert total == 0 or total == pytest.approx(1)


@pytest.mark.parametrize(
    "text",
    ["", " \n\t", "\0", "😀" * 50, "\u202e\u200f", "42", "x" * 100_000, "- lot 1 -" * 9_000],
    ids=["empty", "blank", "null", "emoji", "marks", "digits", "long word", "long list"],
)
def test_a_text_that_says_nothing_is_answered_by_nothing(text: str) -> None:
    assert suggest(text) == []
    assert not probabilities(text).any()


def test_a_long_pasted_document_is_read_to_its_limit() -> None:
    document = "Nettoyage des locaux de la mairie. " + string.ascii_lowercase * 4_000
    assert first(document) == "nettoyage-de-locaux"


def test_the_lot_weighs_more_than_the_operation_around_it() -> None:
    operation = "Construction d'un groupe scolaire et de sa cantine"
    assert first(operation) == "travaux-de-chantiers"
    assert first(f"{operation} - lot 9 : peinture") == "peinture-revetement-des-murs"


def test_a_lot_that_names_no_trade_leaves_the_operation_to_speak() -> None:
    assert first("Tonte des pelouses - lot 2 : secteur nord") == first("Tonte des pelouses")


def test_what_a_building_is_for_says_little_of_the_works() -> None:
    assert first("Réhabilitation de la blanchisserie de l'hôpital") == "travaux-de-chantiers"
    assert first("Blanchisserie de l'hôpital") == "blanchisserie"


def test_a_cpv_code_speaks_for_a_vague_title_and_not_against_a_clear_one() -> None:
    assert suggest("Prestations diverses 2024", cpv="90910000-9")[0].slug == "nettoyage-de-locaux"
    clear = "Blanchissage du linge de l'hôpital"
    assert suggest(clear, cpv="90910000-9")[0].slug == "blanchisserie"
    assert suggest("Prestations diverses 2024", cpv="66510000-8") == []
    assert suggest("Prestations diverses 2024", cpv="unknown") == []


def test_every_sector_can_be_listed_and_groups_are_the_names_that_people_read() -> None:
    suggestions = suggest("Peinture", top=154)
    assert len(suggestions) == 154
    assert {suggestion.group for suggestion in suggestions} == {group.name for group in GROUPS}
    assert len(suggest("Peinture")) == 5


def test_a_naf_code_tells_what_a_firm_may_sell() -> None:
    assert sectors_of_naf("81.21Z") == sectors_of_naf("8121z") == ("nettoyage-de-locaux",)
    assert sectors_of_naf("4332B")[0] == "ouvrages-metalliques"
    assert sectors_of_naf("4332A")[0] == "menuiserie"
    assert sectors_of_naf("7830Z") == ("ressources-humaines",)
    assert sectors_of_naf("8899B") == ()
    assert sectors_of_naf("") == sectors_of_naf("\0" * 40) == ()


def test_a_confidence_is_told_in_words() -> None:
    first, *_, last = suggest("Nettoyage des locaux de la mairie")
    assert in_words(first.confidence) == "très probable"
    assert in_words(last.confidence) == "possible"
