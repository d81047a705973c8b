"""What a need asks to be covered, piece by piece, and who would take how much of each lot."""

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.matching.index import Index
from marketplace.matching.joint_cover import Candidate
from marketplace.matching.joint_pieces import (
    MOST_MEMBERS,
    MOST_PIECES,
    WHOLE,
    Board,
    Piece,
    board_of,
    divided,
    suggest,
)
from marketplace.matching.lots import LotNeed
from marketplace.matching.ranking import eligible_structures
from marketplace.matching.shapes import Need, Offer
from marketplace.territories.coverage import Place
from tests.matching import cases


def board(offers: list[Offer], lots: list[LotNeed]) -> Board:
    index = Index(cases.GAZETTEER)
    index.upsert(offers)
    return board_of(index, lots, {offer.structure_id: 0.5 for offer in offers})


def largest(offers: list[Offer], need: Need, structure_id: str) -> float | None:
    """What the largest fitting offer of a structure takes, each offer asked alone."""
    said = []
    for offer in offers:
        if offer.structure_id != structure_id:
            continue
        alone = Index(cases.GAZETTEER)
        alone.upsert([offer])
        is_small = need.amount_max is not None and need.amount_max < (offer.amount_min or 0)
        if eligible_structures(alone, need) and not is_small:
            said.append(inf if offer.amount_max is None else offer.amount_max)
    return max(said, default=None)


@pytest.mark.parametrize("seed", range(40))
def test_a_structure_covers_a_piece_when_one_of_its_offers_answers_a_need_for_it_alone(
    seed: int,
) -> None:
    dice = cases.dice_of(seed)
    offers = [cases.offer(dice, number) for number in range(10)]
    lots = [LotNeed(n, n, f"Lot {n}", cases.need(dice)) for n in (1, 2)]
    found = board(offers, lots)
    shapes = {lot.lot_id: lot.need for lot in lots}
    covers = {one.structure_id: one for one in found.candidates}
    assert len(found.pieces) == sum(
        len(need.sectors) * max(1, len(need.place.codes)) for need in shapes.values()
    )
    expected: dict[str, dict[int, float]] = {}
    for piece in found.pieces:
        need = shapes[piece.lot_id]
        place = Place("zones", (piece.zone,)) if piece.zone else need.place
        asked = replace(need, sectors=(piece.sector,), place=place)
        for structure_id in {offer.structure_id for offer in offers}:
            takes = largest(offers, asked, structure_id)
            is_covered = structure_id in covers and piece in covers[structure_id].covers
            assert is_covered == (takes is not None)
            amount = need.amount_max or need.amount_min
            if takes is not None and amount:
                own = expected.setdefault(structure_id, {})
                own[piece.lot_id] = max(own.get(piece.lot_id, 0), min(amount, takes))
    assert {one.structure_id: dict(one.carries) for one in found.candidates if one.carries} == (
        expected
    )


SHARES = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 100)), min_size=1, max_size=6)


@given(SHARES, st.one_of(st.none(), st.integers(1, 150)))
def test_shares_are_whole_percentages_that_make_a_hundred(
    asked: list[tuple[int, int]], amount: int | None
) -> None:
    weights = {f"s{n}": weight for n, (weight, _) in enumerate(asked)}
    room = {f"s{n}": most for n, (_, most) in enumerate(asked)}
    found = divided(amount, weights, room)
    bringing = {one for one, weight in weights.items() if weight}
    if not bringing:
        assert found == {}
        return
    assert sum(found.values()) == 100
    assert all(percent >= 1 for percent in found.values())
    assert bringing <= set(found)
    if amount is None:
        assert bringing == set(found)
    elif sum(room.values()) >= amount:
        rounding = amount * len(found) / 100
        assert all(found[one] * amount / 100 <= room[one] + rounding for one in found)
    if amount and sum(room[one] for one in bringing) >= amount:
        assert bringing == set(found)  # nobody is asked for who is not needed


def test_zones_share_a_lot_by_how_many_each_brings_and_capacities_bound_it() -> None:
    nothing_said = {"a": 90_000, "b": 90_000}
    assert divided(90_000, {"a": 2, "b": 1}, nothing_said) == {"a": 67, "b": 33}
    assert divided(90_000, {"a": 2, "b": 1}, {"a": 45_000, "b": 90_000}) == {"a": 50, "b": 50}
    helped = {"a": 60_000, "b": 0, "c": 45_000}
    assert divided(100_000, {"a": 1, "b": 0, "c": 0}, helped) == {"a": 60, "c": 40}
    assert divided(100_000, {"a": 1, "c": 0}, {"a": 30_000, "c": 10_000}) == {"a": 75, "c": 25}


def test_an_amount_that_takes_a_crowd_is_told_as_lacking_rather_than_sought() -> None:
    piece = Piece(WHOLE, None, None)
    crowd = [
        Candidate(f"s{n}", 0.5, frozenset([piece]), {WHOLE: 10_000})
        for n in range(2 * MOST_MEMBERS)
    ]
    few = suggest(Board((piece,), tuple(crowd), {WHOLE: 10_000 * MOST_MEMBERS})).groups[0]
    assert (len(few.members), few.lacking) == (MOST_MEMBERS, {})
    alone = suggest(Board((piece,), tuple(crowd), {WHOLE: 10_000 * MOST_MEMBERS + 1})).groups[0]
    assert (len(alone.members), alone.lacking) == (1, {WHOLE: 40_001})


def test_a_need_that_takes_a_crowd_is_given_smaller_groups_and_told_what_they_leave() -> None:
    """Ten departments for each lot, and a structure for each: the best of each lot is suggested."""
    departments = [f"{number:02}" for number in range(1, 11)]
    pieces = [Piece(lot, None, zone) for lot in (1, 2) for zone in departments]
    local = [Candidate(f"s{n}", n / 100, frozenset([one])) for n, one in enumerate(pieces)]
    found = suggest(Board(tuple(pieces), tuple(local), {}))
    best = found.groups[0]
    assert [member.structure_id for member in best.members] == ["s19", "s9"]
    assert [take.percent for member in best.members for take in member.takes] == [100, 100]
    assert set(best.left) == set(pieces) - {pieces[9], pieces[19]}
    assert (found.uncovered, found.is_exact) == ((), False)
    all_alike = [Candidate("all", 0.1, frozenset(pieces)), *local]
    (alone,) = suggest(Board(tuple(pieces), tuple(all_alike), {})).groups[0].members
    assert (
        alone.structure_id,
        suggest(Board(tuple(pieces), tuple(all_alike), {})).groups[0].left,
    ) == (
        "all",
        (),
    )


def test_a_need_in_more_pieces_than_can_be_asked_is_cut_less_finely() -> None:
    dice = cases.dice_of(1)
    whole = replace(cases.need(dice), sectors=cases.SECTORS[:5])
    communes = [commune.code for commune in cases.GAZETTEER.communes[:300]]
    zones = replace(whole, place=Place("zones", tuple(communes)))
    assert {(p.sector, p.zone) for p in board([], [LotNeed(1, 1, "", zones)]).pieces} == {
        (sector, None) for sector in whole.sectors
    }
    lots = [LotNeed(n, n, "", zones) for n in range(1, MOST_PIECES)]
    assert [p.sector for p in board([], lots).pieces] == [None] * len(lots)
