"""Invented offers and needs for the benchmarks."""

from marketplace.matching import generating
from marketplace.matching.index import Index
from marketplace.matching.ranking import rank
from marketplace.territories.gazetteer import Gazetteer

GAZETTEER = Gazetteer.shipped()


def test_the_same_seed_invents_the_same_offers():
    first, again = (list(generating.offers(500, GAZETTEER)) for _ in range(2))
    assert first == again
    assert len({offer.id for offer in first}) == 500
    assert 1.5 < 500 / len({offer.structure_id for offer in first}) < 4


def test_most_invented_needs_find_someone():
    index = Index(GAZETTEER)
    index.upsert(generating.offers(5_000, GAZETTEER))
    found = [rank(index, need, 5).eligible for need in generating.needs(40, GAZETTEER)]
    assert sum(count > 0 for count in found) > 20
