"""What a need asks to be covered, piece by piece, who covers what, and who would take how much of
each lot. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from marketplace.matching import shapes
from marketplace.matching.index import Index
from marketplace.matching.joint_cover import Candidate, Member, joint_cover
from marketplace.matching.lots import LotNeed
from marketplace.matching.ranking import largest_amounts
from marketplace.territories.coverage import Place

WHOLE = 0
"""In the place of a lot's id, for a need that has no lots."""

MOST_PIECES = 100
"""Each is asked of the index. A need of more is cut less finely: by sector, then by lot alone."""

MOST_MEMBERS = 5
"""When it takes more to cover everything, smaller groups are suggested, with what they leave."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A sector in a zone of a lot; None for a lot that ticks no sector, or has one place."""

    lot_id: int
    sector: str | None
    zone: str | None


@dataclass(frozen=True, slots=True)
class Taking:
    """What a member would take of a lot, and the percentage of it that this is thought to be."""

    lot_id: int
    percent: int
    pieces: tuple[Piece, ...]
    """Those that it brings; none for a structure that only takes a part of the amount."""


@dataclass(frozen=True, slots=True)
class Taker:
    structure_id: str
    score: float
    takes: tuple[Taking, ...]


@dataclass(frozen=True, slots=True)
class Together:
    """A group, the one that brings most first."""

    members: tuple[Taker, ...]
    lacking: Mapping[int, int]
    """Of lots, the euros beyond what its members say that they can take."""
    left: tuple[Piece, ...]
    """What none of its members covers."""


@dataclass(frozen=True, slots=True)
class Suggested:
    groups: tuple[Together, ...]
    uncovered: tuple[Piece, ...]
    """What nobody covers."""
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Board:
    """The pieces of a need, who covers them, and the amounts of its lots in euros."""

    pieces: tuple[Piece, ...]
    candidates: tuple[Candidate[Piece], ...]
    amounts: Mapping[int, int]

    def covered(self) -> frozenset[Piece]:
        return frozenset[Piece]().union(*(one.covers for one in self.candidates))

    def of(self, structure_ids: Iterable[str]) -> "Board":
        """The same with these structures alone."""
        wanted = set(structure_ids)
        kept = tuple(one for one in self.candidates if one.structure_id in wanted)
        return Board(self.pieces, kept, self.amounts)


def board_of(index: Index, lots: Sequence[LotNeed], scores: Mapping[str, float]) -> Board:
    """Who of the structures with a score covers what, whichever of its offers does.

    A structure carries of a lot's amount what its largest fitting offer says, and all of it when
    none says anything; an offer that takes no contract as small as the lot does not count.
    """
    amounts = {lot.lot_id: euros for lot in lots if (euros := _amount(lot.need))}
    covers: dict[str, set[Piece]] = {}
    carries: dict[str, dict[int, int]] = {}
    asked = _cut(lots)
    for piece, need in asked:
        for structure_id, largest in largest_amounts(index, need).items():
            if structure_id not in scores:
                continue
            covers.setdefault(structure_id, set()).add(piece)
            amount = amounts.get(piece.lot_id)
            if amount is not None:
                own = carries.setdefault(structure_id, {})
                said = amount if largest is None else min(amount, int(largest))
                own[piece.lot_id] = max(own.get(piece.lot_id, 0), said)
    candidates = tuple(
        Candidate(one, scores[one], frozenset(pieces), carries.get(one, {}))
        for one, pieces in sorted(covers.items())
    )
    return Board(tuple(piece for piece, _ in asked), candidates, amounts)


def suggest(board: Board, including: str | None = None) -> Suggested:
    """The groups that cover all that anybody covers, those with a structure when it is named.

    When that takes more than MOST_MEMBERS, they are sought without regard to amounts, then to
    zones, then to sectors, and are told what they leave.
    """
    views = (
        board,
        replace(board, amounts={}),
        _merged(board, lambda piece: Piece(piece.lot_id, piece.sector, None)),
        _merged(board, lambda piece: Piece(piece.lot_id, None, None)),
    )
    for view in views:
        found = joint_cover(view.pieces, view.candidates, view.amounts, including)
        if not found.groups or len(found.groups[0].members) <= MOST_MEMBERS:
            break
    coverable = board.covered()
    return Suggested(
        groups=tuple(
            share_out(board.of(member.structure_id for member in group.members))
            for group in found.groups
        ),
        uncovered=tuple(piece for piece in board.pieces if piece not in coverable),
        is_exact=found.is_exact and view is board,
    )


def _merged(board: Board, merge: Callable[[Piece], Piece]) -> Board:
    """The same in coarser pieces, each covered by who covers a part of it; without amounts."""
    return Board(
        tuple(dict.fromkeys(merge(piece) for piece in board.pieces)),
        tuple(
            Candidate(one.structure_id, one.score, frozenset(merge(piece) for piece in one.covers))
            for one in board.candidates
        ),
        {},
    )


def share_out(board: Board) -> Together:
    """Who takes what when all the structures of a board answer together."""
    ordered = sorted(board.candidates, key=lambda one: (-one.score, one.structure_id))
    brought: dict[str, list[Piece]] = {one.structure_id: [] for one in ordered}
    for piece in board.pieces:
        able = [one for one in ordered if piece in one.covers]
        if able:
            brought[able[0].structure_id].append(piece)
    members = [
        Member(one.structure_id, one.score, tuple(brought[one.structure_id])) for one in ordered
    ]
    return _together(board, members)


def _together(board: Board, members: Sequence[Member[Piece]]) -> Together:
    carries = {one.structure_id: one.carries for one in board.candidates}
    takes: dict[str, list[Taking]] = {member.structure_id: [] for member in members}
    lacking = {}
    for lot_id in dict.fromkeys(piece.lot_id for piece in board.pieces):
        brings = {
            member.structure_id: tuple(piece for piece in member.brings if piece.lot_id == lot_id)
            for member in members
        }
        amount = board.amounts.get(lot_id)
        room = {id_: carries[id_].get(lot_id, 0) for id_ in brings}
        weights = {id_: len(pieces) for id_, pieces in brings.items()}
        for id_, percent in divided(amount, weights, room).items():
            takes[id_].append(Taking(lot_id, percent, brings[id_]))
        if amount is not None and any(brings.values()) and sum(room.values()) < amount:
            lacking[lot_id] = amount - sum(room.values())
    ordered = sorted(members, key=lambda one: (-len(one.brings), -one.score, one.structure_id))
    covered = board.covered()
    return Together(
        tuple(
            Taker(one.structure_id, one.score, tuple(takes[one.structure_id])) for one in ordered
        ),
        lacking,
        tuple(piece for piece in board.pieces if piece not in covered),
    )


def divided(
    amount: int | None, weights: Mapping[str, int], room: Mapping[str, int]
) -> dict[str, int]:
    """The percentage of a lot that each would take: whole numbers from 1 that make 100, for those
    who take something.

    By weight, the number of pieces that each brings; but nobody takes more than its room while
    others, those who bring nothing last, have some left. Nothing when nobody brings anything.
    """
    bringing = {one: Fraction(weight) for one, weight in weights.items() if weight}
    if not bringing:
        return {}
    if amount is None:
        return _percentages(bringing)
    taken = dict.fromkeys(weights, Fraction(0))
    left = Fraction(amount)
    while left > 0:
        able = {one: weight for one, weight in bringing.items() if taken[one] < room[one]}
        if not able:
            break
        whole = sum(able.values())
        given = {
            one: min(left * weight / whole, room[one] - taken[one]) for one, weight in able.items()
        }
        for one, more in given.items():
            taken[one] += more
        left -= sum(given.values())
    for one in weights:
        if one not in bringing:
            taken[one] = min(left, Fraction(room[one]))
            left -= taken[one]
    for one, weight in bringing.items():
        if not taken[one]:
            taken[one] = Fraction(amount, 100) * weight
    return _percentages({one: some for one, some in taken.items() if some})


def _percentages(parts: Mapping[str, Fraction]) -> dict[str, int]:
    """Whole numbers from 1 in proportion, whose sum is 100: the largest remainders are rounded
    up, of equal ones the first."""
    whole = sum(parts.values())
    exact = {one: part * 100 / whole for one, part in parts.items()}
    found = {one: max(1, int(part)) for one, part in exact.items()}
    by_remainder = sorted(found, key=lambda one: found[one] - exact[one])
    for one in by_remainder[: max(0, 100 - sum(found.values()))]:
        found[one] += 1
    while sum(found.values()) > 100:
        found[max(found, key=lambda one: found[one])] -= 1
    return found


def _amount(need: shapes.Need) -> int:
    """What a lot may come to, in whole euros; 0 when nobody says."""
    return ceil(need.amount_max or need.amount_min or 0)


def _cut(lots: Sequence[LotNeed]) -> list[tuple[Piece, shapes.Need]]:
    """The pieces, each as a need of its own."""
    for by_zone, by_sector in ((True, True), (False, True)):
        pieces = [one for lot in lots for one in _pieces(lot, by_zone, by_sector)]
        if len(pieces) <= MOST_PIECES:
            return pieces
    return [one for lot in lots for one in _pieces(lot, by_zone=False, by_sector=False)]


def _pieces(lot: LotNeed, by_zone: bool, by_sector: bool) -> list[tuple[Piece, shapes.Need]]:
    need = lot.need
    codes = need.place.codes if by_zone and need.place.type == "zones" else ()
    places: list[tuple[str | None, Place]] = [(one, Place("zones", (one,))) for one in codes]
    sectors = need.sectors if by_sector else ()
    return [
        (
            Piece(lot.lot_id, sector, zone),
            replace(need, sectors=(sector,) if sector else need.sectors, place=place),
        )
        for sector in sectors or (None,)
        for zone, place in (places if len(places) > 1 else [(None, need.place)])
    ]
