"""What a buyer values, what an offer accepts and who is free: small parts, always said."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from marketplace.matching.explaining import sentence
from marketplace.matching.index import Index
from marketplace.matching.ranking import rank
from marketplace.matching.shapes import Need, Offer, Ranked
from marketplace.matching.weights import WEIGHTS
from marketplace.territories.coverage import Coverage, Place
from tests.matching.cases import GAZETTEER

TODAY = date(2026, 11, 24)
CLEANING = ("nettoyage-de-locaux",)
NEED = Need("n", Place("point", commune="21231"), sectors=CLEANING, on=TODAY)
OFFER = Offer("o", "s", "EI", Coverage("radius", km=50), sectors=CLEANING, commune="21231")


def ranked(need: Need, *offers: Offer) -> dict[str, Ranked]:
    index = Index(GAZETTEER)
    index.upsert(offers)
    return {match.structure_id: match for match in rank(index, need).matches}


def only(need: Need, offer: Offer) -> Ranked:
    return ranked(need, offer)["s"]


def said(match: Ranked) -> set[str]:
    return {sentence(reason).replace("\u00a0", " ") for reason in match.reasons}


def test_nothing_is_valued_that_the_buyer_did_not_ask_for() -> None:
    plain = only(NEED, OFFER)
    rich = only(NEED, replace(OFFER, qpv=True, tags=("reemploi",), team=40))
    asked = only(replace(NEED, tags=("reemploi",)), replace(OFFER, tags=("reemploi",)))
    assert rich == plain
    assert (asked.parts["impact"], plain.parts["impact"]) == (0, 0)


def test_tags_seat_and_team_count_when_asked_and_are_said() -> None:
    need = replace(NEED, valued=("qpv", "team", "tags"), tags=("reemploi", "recyclage"))
    match = only(need, replace(OFFER, qpv=True, tags=("reemploi", "bio_local"), team=10))
    expected = WEIGHTS.qpv + WEIGHTS.tags / 2 + WEIGHTS.team / 2
    assert match.parts["impact"] == pytest.approx(expected)
    assert {
        "Favorise ce qui est demandé : réemploi",
        "Basée dans un quartier prioritaire de la politique de la ville",
        "Emploie 10 personnes en insertion",
    } <= said(match)


def test_what_is_valued_is_bounded_and_what_is_unknown_adds_nothing() -> None:
    need = replace(NEED, valued=("qpv", "team", "tags"), tags=("reemploi", "never-heard-of"))
    every = only(need, replace(OFFER, qpv=True, tags=("reemploi",), team=10**9))
    assert every.parts["impact"] <= WEIGHTS.qpv + WEIGHTS.tags + WEIGHTS.team
    assert only(need, OFFER).parts["impact"] == 0
    assert only(need, replace(OFFER, tags=("never-heard-of",))).parts["impact"] == 0


def test_what_is_valued_never_lifts_a_near_structure_above_one_that_can_answer() -> None:
    need = replace(NEED, valued=("qpv", "team", "tags"), tags=("reemploi",))
    near = replace(OFFER, id="p", structure_id="near", sectors=("nettoyage-urbain",), qpv=True)
    assert list(ranked(need, OFFER, replace(near, tags=("reemploi",), team=500))) == ["s", "near"]


@pytest.mark.parametrize(
    ("asked", "taken", "fits"),
    [
        ((10_000, 10_000), (5_000, 20_000), True),
        ((1_000, 4_000), (5_000, None), False),
        ((4_000, 6_000), (5_000, None), True),
        ((30_000, 40_000), (None, 20_000), False),
        ((30_000, None), (None, 20_000), False),
        ((None, 30_000), (None, 20_000), True),
        ((None, None), (5_000, 20_000), True),
        ((10_000, 10_000), (None, None), True),
    ],
)
def test_an_amount_counts_against_who_never_takes_one_like_it(
    asked: tuple[float | None, float | None], taken: tuple[float | None, float | None], fits: bool
) -> None:
    need = replace(NEED, amount_min=asked[0], amount_max=asked[1])
    match = only(need, replace(OFFER, amount_min=taken[0], amount_max=taken[1]))
    assert match.parts["service"] == (1 if fits else WEIGHTS.misfit)
    assert ("Montant hors de ce que la structure accepte habituellement" in said(match)) is not fits


def test_a_lead_time_longer_than_what_is_left_counts_against_and_is_said() -> None:
    late = only(replace(NEED, start_in_days=10), replace(OFFER, lead_days=30))
    assert late.parts["service"] == WEIGHTS.misfit
    assert "Demande 30 jours de délai, plus que le besoin n'en laisse" in said(late)
    assert only(replace(NEED, start_in_days=30), replace(OFFER, lead_days=30)).parts["service"] == 1
    assert only(NEED, replace(OFFER, lead_days=30)).parts["service"] == 1


def test_who_is_full_stands_a_little_lower_until_that_day_included() -> None:
    until_today = replace(OFFER, absent_until=TODAY)
    assert only(NEED, until_today).parts["availability"] == WEIGHTS.absent
    assert "Complète jusqu'au 24 novembre 2026" in said(only(NEED, until_today))
    back = replace(OFFER, absent_until=TODAY - timedelta(days=1))
    assert only(NEED, back) == only(NEED, OFFER)
    assert only(replace(NEED, on=None), until_today).parts["availability"] == 1


def test_an_offer_confirmed_long_ago_counts_a_little_less_and_one_never_confirmed_does_not() -> (
    None
):
    old = replace(OFFER, confirmed_on=date(2025, 3, 1))
    assert only(NEED, old).parts["availability"] == WEIGHTS.stale
    assert "Offre confirmée pour la dernière fois le 1er mars 2025" in said(only(NEED, old))
    assert only(NEED, replace(OFFER, confirmed_on=TODAY)) == only(NEED, OFFER)


def test_who_leaves_needs_unanswered_falls_and_nobody_falls_below_the_least() -> None:
    silent = replace(OFFER, received=40)
    assert only(NEED, replace(OFFER, answered=5, received=5)).parts["availability"] == 1
    assert 0.8 < only(NEED, silent).parts["availability"] < 0.85
    worst = replace(silent, implied=True, absent_until=TODAY, confirmed_on=date(2000, 1, 1))
    assert only(NEED, worst).parts["availability"] == WEIGHTS.least_availability


def test_each_side_is_told_in_its_own_words() -> None:
    told = {
        sentence(reason, "structure").replace("\u00a0", " ")
        for reason in (
            {"code": "team", "people": 1},
            {"code": "absent", "day": "2027-01-01"},
            {"code": "stale", "day": "2025-08-15"},
            {"code": "lots", "numbers": [2]},
            {"code": "tags", "tags": ["economie_eau", "bio_local"]},
        )
    }
    assert told == {
        "Vous employez 1 personne en insertion",
        "Vous êtes complets jusqu'au 1er janvier 2027",
        "Vous avez confirmé cette offre pour la dernière fois le 15 août 2025",
        "Vous pouvez répondre au lot 2",
        "Favorise ce qui est demandé : économie d'eau et bio et local",
    }
