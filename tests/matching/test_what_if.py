"""What a draft need would find, and the one thing to loosen."""

from dataclasses import replace

from marketplace.matching.index import Index
from marketplace.matching.shapes import Need, Offer
from marketplace.matching.what_if import what_if
from marketplace.territories.coverage import Coverage, Place
from marketplace.territories.gazetteer import Gazetteer

OFFER = Offer(
    id="1",
    structure_id="1",
    kind="EI",
    coverage=Coverage("radius", km=60),
    sectors=("nettoyage-de-locaux",),
    service_types=("PREST",),
    commune="21231",
)
NEED = Need(id="n", place=Place("point", commune="21231"), sectors=("nettoyage-de-locaux",))


def index_of(*offers: Offer) -> Index:
    index = Index(Gazetteer.shipped())
    index.upsert(replace(o, id=str(n), structure_id=str(n)) for n, o in enumerate(offers))
    return index


def test_it_counts_who_can_answer_and_who_is_close():
    found = what_if(index_of(OFFER, replace(OFFER, commune="39198")), NEED)
    assert (found.eligible, found.close, len(found.best)) == (2, 1, 2)
    assert found.relaxation is None


def test_it_proposes_the_neighbouring_sector_that_adds_most():
    urban = replace(OFFER, sectors=("nettoyage-urbain",))
    other = replace(OFFER, sectors=("autre-proprete",))
    found = what_if(index_of(OFFER, urban, urban, other), NEED)
    assert found.relaxation == {
        "code": "add_sector",
        "slug": "nettoyage-urbain",
        "name": "Nettoyage urbain",
        "adds": 2,
    }


def test_it_proposes_another_kind_another_service_a_wider_radius_or_the_national_offers():
    index = index_of(OFFER, replace(OFFER, kind="ESAT"))
    assert what_if(index, replace(NEED, kinds=("EI",))).relaxation == {
        "code": "add_kind",
        "kind": "ESAT",
        "adds": 1,
    }
    assert what_if(index, replace(NEED, service_types=("DISP",))).relaxation == {
        "code": "add_service",
        "type": "PREST",
        "adds": 2,
    }
    close = replace(NEED, place=replace(NEED.place, radius_km=30))
    dole = index_of(replace(OFFER, commune="39198"))
    assert what_if(dole, close).relaxation == {"code": "wider_radius", "limit_km": 45, "adds": 1}
    nation = index_of(replace(OFFER, commune="75056", coverage=Coverage("country")))
    assert what_if(nation, replace(NEED, include_country=False)).relaxation == {
        "code": "include_country",
        "adds": 1,
    }


def test_near_structures_are_not_among_the_best():
    found = what_if(index_of(replace(OFFER, sectors=("nettoyage-urbain",))), NEED)
    assert (found.eligible, found.best) == (0, [])
