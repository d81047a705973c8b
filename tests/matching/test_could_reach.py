"""A structure's offers looked at alone: as among all, and told at a glance from afar."""

from marketplace.matching.could_reach import Site, could_reach
from marketplace.matching.index import Index
from marketplace.matching.ranking import lists_anyone, rank, rank_everyone
from marketplace.matching.shapes import Need
from tests.matching import cases

EVERYONE = 1_000


def site_of(need: Need, index: Index) -> Site:
    is_shared = not need.sectors or not index.sectors().isdisjoint(need.sectors)
    return Site(need.place, need.include_country, is_shared)


def test_a_structure_looked_at_alone_ranks_as_it_does_among_all_and_never_out_of_reach() -> None:
    listed = left_out = 0
    for seed in range(250):
        dice = cases.dice_of(seed)
        index = Index(cases.GAZETTEER)
        index.upsert(cases.offer(dice, number) for number in range(14))
        needs = [cases.need(dice) for _ in range(4)]
        whole = [{m.structure_id: m for m in rank(index, n, EVERYONE).matches} for n in needs]
        for structure_id in index.structure_ids:
            alone = index.of_structure(structure_id)
            reached = could_reach(alone, [site_of(need, alone) for need in needs])
            for need, matches, is_reached in zip(needs, whole, reached, strict=True):
                found = rank_everyone(alone, need, 1).matches
                assert found == [m for m in [matches.get(structure_id)] if m]
                assert lists_anyone(alone, need) == bool(found)
                assert is_reached or not found
                listed += len(found)
                left_out += not is_reached
    assert listed > 500 < left_out


def test_a_structure_without_offers_reaches_nothing() -> None:
    dice = cases.dice_of(1)
    alone = Index(cases.GAZETTEER).of_structure("s1")
    need = cases.need(dice)
    assert could_reach(alone, [site_of(need, alone)]) == [False]
    assert rank_everyone(alone, need, 1).matches == []
