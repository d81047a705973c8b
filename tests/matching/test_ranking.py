"""Rankings against the plain reading of the contracts, and what must always hold of them."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.matching.index import Index
from marketplace.matching.ranking import rank
from marketplace.matching.shapes import Need, Offer, Ranking
from marketplace.matching.weights import combined
from marketplace.territories.coverage import Coverage, Place
from marketplace.territories.gazetteer import Gazetteer
from tests.matching import cases, oracle

GAZETTEER = Gazetteer.shipped()
EVERYONE = 1_000_000


def index_of(*offers: Offer) -> Index:
    index = Index(GAZETTEER)
    index.upsert(offers)
    return index


@pytest.mark.parametrize("seed", range(100))
def test_the_index_finds_what_the_contracts_say_on_random_small_cases(seed):
    dice = cases.dice_of(seed)
    offers = [cases.offer(dice, number) for number in range(14)]
    by_id = {offer.id: offer for offer in offers}
    index = index_of(*offers)
    for _ in range(20):
        need = cases.need(dice)
        expected = oracle.verdicts(offers, need)
        ranking = rank(index, need, EVERYONE)
        found = {m.structure_id: set(m.near or ["eligible"]) for m in ranking.matches}
        assert found.keys() == expected.keys(), need
        assert all(found[structure] <= expected[structure] for structure in found), need
        assert ranking.eligible == list(expected.values()).count({"eligible"})
        for match in ranking.matches:
            km = oracle.distance_km(by_id[match.offer_id], need)
            assert match.distance_km == (None if km is None else pytest.approx(km, abs=6e-3))


DIJON = Place("point", commune="21231")
BESANCON = Place("point", commune="25056")
CLEANING = Offer(
    id="o1",
    structure_id="s1",
    kind="EI",
    coverage=Coverage("radius", km=50),
    title="Nettoyage de bureaux",
    sectors=("nettoyage-de-locaux",),
    service_types=("PREST",),
    lat=47.32,
    lon=5.04,
    commune="21231",
)
NEED = Need(id="n1", title="Nettoyage de la mairie", place=DIJON, sectors=("nettoyage-de-locaux",))


def order(ranking: Ranking) -> list[str]:
    return [match.structure_id for match in ranking.matches]


def test_a_structure_is_listed_once_by_its_best_offer():
    far = replace(CLEANING, id="o2", lat=47.0, lon=5.04, commune=None)
    ranking = rank(index_of(far, CLEANING), NEED)
    assert [(m.structure_id, m.offer_id) for m in ranking.matches] == [("s1", "o1")]
    assert ranking.eligible == 1


def test_equal_scores_go_by_structure_id():
    offers = [replace(CLEANING, id=f"o{n}", structure_id=s) for n, s in enumerate("cab")]
    assert order(rank(index_of(*offers), NEED)) == ["a", "b", "c"]


def test_who_is_out_of_reach_is_never_listed_however_well_its_words_fit():
    paris = replace(CLEANING, lat=48.85, lon=2.35, commune="75056", title=NEED.title)
    assert rank(index_of(paris), NEED) == Ranking(0, [])


def test_top_zero_lists_all_the_eligible_and_them_alone():
    near = replace(CLEANING, id="o2", structure_id="s2", sectors=("nettoyage-urbain",))
    index = index_of(CLEANING, near)
    assert order(rank(index, NEED, 0)) == ["s1"]
    assert order(rank(index, NEED, 50)) == ["s1", "s2"]
    assert rank(index, NEED, 50).matches[1].near == ["sector"]


def test_an_unknown_kind_sector_service_or_zone_never_matches():
    index = index_of(
        replace(CLEANING, id="1", structure_id="1", kind="OPCS"),
        replace(CLEANING, id="2", structure_id="2", sectors=("unheard-of",)),
        replace(CLEANING, id="3", structure_id="3", service_types=("GIFT",)),
        replace(
            CLEANING, id="4", structure_id="4", commune="39198", coverage=Coverage("zones", ("Z",))
        ),
    )
    asked = replace(NEED, service_types=("PREST",))
    assert rank(index, asked) == Ranking(0, [])
    assert rank(index_of(CLEANING), replace(NEED, sectors=("unheard-of",))) == Ranking(0, [])
    assert rank(index_of(CLEANING), replace(NEED, kinds=("OPCS",))) == Ranking(0, [])


def test_a_need_without_sectors_is_understood_by_its_words():
    gardens = replace(
        CLEANING,
        id="o2",
        structure_id="s2",
        title="Jardins",
        sectors=("creation-et-entretien-des-espaces-verts",),
    )
    index = index_of(CLEANING, gardens)
    mowing = Need(id="n", title="Tonte des pelouses et taille des haies", place=DIJON)
    assert order(rank(index, mowing))[0] == "s2"
    assert rank(index, mowing).eligible == 1
    assert rank(index, Need(id="n", title="", place=DIJON)).eligible == 2


def test_an_offer_without_sectors_is_understood_by_its_words_and_comes_after_who_declares():
    silent = replace(CLEANING, id="o2", structure_id="a", sectors=())
    ranking = rank(index_of(CLEANING, silent), NEED)
    assert order(ranking) == ["s1", "a"]
    assert ranking.matches[1].reasons[0]["code"] == "implied_sector"


def test_missing_coordinates_and_service_types_keep_a_structure_in():
    silent = replace(CLEANING, lat=None, lon=None, commune=None, postcode="21000", service_types=())
    ranking = rank(index_of(silent), replace(NEED, service_types=("BUILD",)))
    assert ranking.eligible == 1
    assert ranking.matches[0].distance_km is None


def test_a_distance_at_the_limit_is_that_of_the_ellipsoid():
    """One degree of the equator is 111.3195 km on WGS84 and 111.1949 km on the sphere."""
    seat = replace(CLEANING, lat=0.0, lon=0.0, commune=None)
    need = replace(NEED, place=Place("point", lat=0.0, lon=1.0))
    just_short = replace(seat, coverage=Coverage("radius", km=111.31))
    just_enough = replace(seat, coverage=Coverage("radius", km=111.32))
    assert rank(index_of(just_short), need).eligible == 0
    assert rank(index_of(just_enough), need).eligible == 1


def test_a_misspelt_word_still_counts():
    said = replace(CLEANING, title="Vitrerie")
    silent = replace(CLEANING, id="o2", structure_id="a", title="Bureaux")
    need = replace(NEED, title="vitrrerie")
    assert order(rank(index_of(said, silent), need)) == ["s1", "a"]


@pytest.mark.parametrize(
    "words", ["\0", "🌱" * 50, "\u202egnituohS", "nettoyage " * 10_000, "\ud800", "a\n\t b"]
)
def test_odd_words_rank_as_any_others(words):
    odd = replace(CLEANING, title=words, description=words, name=words)
    ranking = rank(index_of(odd), replace(NEED, title=words, description=words))
    assert order(ranking) == ["s1"]
    rank(index_of(replace(odd, sectors=())), replace(NEED, title=words, sectors=()))


@given(seed=st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_scores_are_within_bounds_and_explained_by_their_parts(seed):
    dice = cases.dice_of(seed)
    index = index_of(*(cases.offer(dice, number) for number in range(14)))
    for match in rank(index, cases.need(dice), EVERYONE).matches:
        assert 0 <= match.score <= 1
        assert match.score == pytest.approx(float(combined(match.parts)), abs=1e-5)


@given(km=st.floats(0, 80), closer=st.floats(0.1, 0.99), seed=st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_a_structure_that_moves_closer_never_scores_lower(km, closer, seed):
    place = Place("point", lat=47.32, lon=5.04)
    need = replace(cases.need(cases.dice_of(seed)), place=place, sectors=CLEANING.sectors)
    offer = replace(CLEANING, commune=None, lat=47.32 + km / 111.2)
    nearer = replace(offer, lat=47.32 + km * closer / 111.2)
    score, better = (
        [match.score for match in rank(index_of(one), need).matches] for one in (offer, nearer)
    )
    assert score <= better


@given(seed=st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_declaring_a_sector_that_is_asked_for_never_lowers_a_rank(seed):
    dice = cases.dice_of(seed)
    offers = [replace(cases.offer(dice, n), structure_id=f"s{n}") for n in range(10)]
    need = cases.need(dice)
    subject = offers[0]
    added = tuple(dict.fromkeys((*subject.sectors, need.sectors[0])))
    before = order(rank(index_of(*offers), need, EVERYONE))
    after = order(rank(index_of(replace(subject, sectors=added), *offers[1:]), need, EVERYONE))
    if "s0" in before:
        assert after.index("s0") <= before.index("s0")


@given(seed=st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_the_first_of_a_long_list_are_the_short_list(seed):
    dice = cases.dice_of(seed)
    index = index_of(*(cases.offer(dice, number) for number in range(20)))
    need = cases.need(dice)
    everyone = rank(index, need, EVERYONE)
    for top in (1, 3):
        assert rank(index, need, top) == Ranking(everyone.eligible, everyone.matches[:top])
