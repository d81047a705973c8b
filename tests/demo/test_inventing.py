"""The invented structures, buyers and needs: believable, the same everywhere, and nobody's."""

import subprocess
import sys
from collections import Counter
from datetime import datetime

import pytest

from marketplace.clock import PARIS
from marketplace.demo import buying, inventing, people
from marketplace.demo.days import spread
from marketplace.demo.plots import plots
from marketplace.sectors.nomenclature import BY_SLUG
from marketplace.siret import checked
from marketplace.structures.kinds import Kind
from marketplace.territories.gazetteer import Gazetteer

PLACES = Gazetteer.shipped()
STRUCTURES = inventing.structures(PLACES)
ORGANISATIONS = buying.organisations()
NEEDS = buying.needs()
OFFERS = [offer for structure in STRUCTURES for offer in structure.offers]

SMALLEST_REAL_SIREN = "000325175"
"""The first line of INSEE's list of legal units, ordered by SIREN."""


def test_about_three_hundred_structures_sit_in_every_region_most_where_people_live():
    seated = Counter(structure.commune.region for structure in STRUCTURES)
    assert 290 <= len(STRUCTURES) <= 310
    assert set(seated) == {region.code for region in PLACES.regions}
    assert seated["R27"] >= 25
    assert seated["R11"] > seated["R24"] > seated["R06"]


@pytest.mark.parametrize(
    "town",
    "Besançon Dijon Dole Montbéliard Belfort Nevers Auxerre Mâcon".split(),
)
def test_the_towns_of_bourgogne_franche_comte_have_structures(town):
    assert town in {structure.commune.name for structure in STRUCTURES}


def test_every_kind_of_structure_is_there():
    assert {structure.kind for structure in STRUCTURES} == set(Kind)


def test_structures_have_names_of_their_own():
    assert len({structure.name for structure in STRUCTURES}) == len(STRUCTURES)


def test_a_structure_publishes_one_to_four_offers_and_a_few_publish_none():
    counts = Counter(len(structure.offers) for structure in STRUCTURES)
    assert set(counts) == {0, 1, 2, 3, 4}
    assert 5 <= counts[0] <= 40
    assert 5 <= sum(offer.is_paused for offer in OFFERS) <= 40


def test_offers_declare_sectors_and_zones_that_exist():
    for offer in OFFERS:
        assert set(offer.sectors) <= set(BY_SLUG)
        assert offer.sectors
        assert all(PLACES.zone_kind(code) for code in offer.coverage.codes)
        assert bool(offer.coverage.km) == (offer.coverage.type == "radius")
        assert bool(offer.coverage.codes) == (offer.coverage.type == "zones")


def test_offers_are_told_in_whole_sentences():
    for offer in OFFERS:
        assert len(offer.description) > 80
        assert offer.description.endswith(".")
        assert 5 <= len(offer.title) <= 200


def test_every_group_of_sectors_that_sells_is_offered_somewhere():
    offered = {BY_SLUG[sector].group.name for offer in OFFERS for sector in offer.sectors}
    assert len(offered) >= 18


def test_invented_sirets_have_right_keys_and_lie_below_every_real_one():
    sirets = [one.siret for one in [*STRUCTURES, *ORGANISATIONS]]
    assert len(set(sirets)) == len(sirets)
    for siret in [*sirets, inventing.siret(0), inventing.siret(8999)]:
        assert checked(siret) == siret
        assert siret[:9] < SMALLEST_REAL_SIREN


@pytest.mark.parametrize("number", [-1, 9000])
def test_there_are_nine_thousand_invented_sirets_and_no_more(number):
    with pytest.raises(ValueError, match="no invented SIRET"):
        inventing.siret(number)


def test_nobody_can_be_written_to_or_called():
    fiction = ("01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49", "06 39 98")
    addresses = [structure.email for structure in STRUCTURES]
    addresses += [account.email for account in people.ACCOUNTS]
    assert all(address.endswith(".invalid") for address in addresses)
    assert all(structure.phone.startswith(fiction) for structure in STRUCTURES)


def test_structures_stand_near_their_commune():
    for structure in STRUCTURES:
        assert abs(structure.lat - structure.commune.lat) < 0.01
        assert abs(structure.lon - structure.commune.lon) < 0.01
        assert structure.postcode in structure.commune.postcodes


def test_the_same_seed_invents_the_same_in_another_process():
    program = (
        "import hashlib; from marketplace.demo import inventing;"
        "from marketplace.territories.gazetteer import Gazetteer;"
        "told = repr(inventing.structures(Gazetteer.shipped()));"
        "print(hashlib.sha256(told.encode()).hexdigest())"
    )
    runs = {
        subprocess.run(  # noqa: S603 - our own interpreter, our own words
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_another_seed_invents_others():
    assert inventing.structures(PLACES, seed=1) != STRUCTURES


def test_needs_are_left_in_every_state_that_a_desk_knows():
    assert Counter(need.outcome for need in NEEDS) == {
        "published": 32,
        "submitted": 4,
        "changes_requested": 1,
        "rejected": 1,
        "withdrawn": 1,
        "closed": 2,
        "awarded": 2,
    }


def test_needs_name_sectors_places_and_buyers_that_exist():
    buyers = {organisation.key for organisation in ORGANISATIONS}
    for need in NEEDS:
        assert need.organisation in buyers
        assert need.sectors
        assert set(need.sectors) <= set(BY_SLUG)
        assert need.commune is None or PLACES.commune(need.commune)
        assert all(PLACES.zone_kind(code) for code in need.zones)
        assert not (need.commune and need.zones)


def test_published_needs_close_in_five_to_sixty_days():
    deadlines = [need.deadline for need in NEEDS if need.outcome == "published"]
    assert min(deadlines) >= 5
    assert max(deadlines) <= 57  # a holiday weekend may move it to the next working day
    assert max(deadlines) - min(deadlines) > 40


def test_no_buyer_passes_for_a_real_body():
    assert all("démonstration" in organisation.name for organisation in ORGANISATIONS)


def test_the_accounts_belong_to_what_is_invented():
    organisations = {one.key: one for one in ORGANISATIONS}
    names = {structure.name for structure in STRUCTURES}
    for account in people.ACCOUNTS:
        if account.organisation:
            assert organisations[account.organisation].buyer == account.full_name
        assert account.structure is None or account.structure in names
        assert account.desk in {None, people.NATIONAL, *people.DESKS}


def test_the_start_says_every_address_and_the_password():
    said = "\n".join(people.sign_in_lines())
    assert all(account.email in said for account in people.ACCOUNTS)
    assert people.PASSWORD in said


def test_texts_follow_french_typography():
    told = [need.description for need in NEEDS] + [offer.description for offer in OFFERS]
    told += [act.words for plot in plots().values() for act in plot.acts + plot.after]
    for text in told:
        assert not any(f" {sign}" in text for sign in ":;?!»"), text
        assert "  " not in text


def test_some_needs_are_cut_into_lots_whose_amounts_add_up_to_theirs():
    cut = [need for need in NEEDS if need.lots]
    assert len(cut) >= 3
    for need in cut:
        assert len(need.lots) >= 2
        assert need.amount == tuple(sum(lot.amount[end] for lot in need.lots) for end in (0, 1))
        assert {slug for lot in need.lots for slug in lot.sectors} <= set(BY_SLUG)


def test_what_happens_to_a_need_is_told_of_one_that_exists():
    outcomes = {need.title: need.outcome for need in NEEDS}
    assert set(plots()) <= set(outcomes)
    awarded = {title for title, outcome in outcomes.items() if outcome == "awarded"}
    assert {title for title, plot in plots().items() if plot.end} == awarded


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(2026, 11, 19, 17, 0, tzinfo=PARIS), datetime(2026, 11, 24, 7, 0, tzinfo=PARIS)),
        (datetime(2026, 11, 24, 2, 0, tzinfo=PARIS), datetime(2026, 11, 24, 4, 0, tzinfo=PARIS)),
        (datetime(2026, 11, 24, 9, 0, tzinfo=PARIS), datetime(2026, 11, 24, 9, 1, tzinfo=PARIS)),
    ],
)
def test_what_happens_keeps_its_order_and_its_limits(start, end):
    moments = spread(start, end, 12)
    assert moments == sorted(moments)
    assert start < moments[0]
    assert moments[-1] < end
    assert len(set(moments)) == 12
