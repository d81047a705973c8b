"""Reads: who could answer a need together, what each would bring, and what nobody covers."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.matching.joint_pieces import WHOLE, Board, Piece, board_of, share_out, suggest
from marketplace.matching.joint_pieces import Taking as PureTaking
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.live_index import live_index
from marketplace.matching.lots import LotNeed
from marketplace.matching.shaping import lot_needs, need_shape
from marketplace.matching.tables import Match
from marketplace.needs.tables import Lot, Need
from marketplace.sectors.nomenclature import BY_SLUG
from marketplace.structures.tables import Structure
from marketplace.territories import naming
from marketplace.territories.queries import gazetteer


@dataclass(frozen=True)
class Part:
    """What a structure would take of a lot, or (None) of a need without lots."""

    lot: Lot | None
    percent: int
    what: str
    """Which sectors and places of it, in words; empty for all of them."""
    is_for_amount: bool
    """It brings no sector nor place that another does not: only a part of the amount."""


@dataclass(frozen=True)
class JointMember:
    structure: Structure
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Lacking:
    """What a lot comes to beyond what its takers say that they can take."""

    lot: Lot | None
    euros: Decimal


@dataclass(frozen=True)
class Uncovered:
    """What is not covered of a lot, or (None) of a need without lots."""

    lot: Lot | None
    what: str
    """Empty for all of it."""


@dataclass(frozen=True)
class JointGroup:
    members: tuple[JointMember, ...]
    lacking: tuple[Lacking, ...]
    left: tuple[Uncovered, ...]
    """What others cover, but nobody in it."""


@dataclass(frozen=True)
class JointGroups:
    """Groups that cover all that anybody covers, or most of it when that takes a crowd; the
    smallest first. A group of one covers it alone."""

    groups: tuple[JointGroup, ...]
    uncovered: tuple[Uncovered, ...]
    is_exact: bool
    """Whether no better group can exist."""

    @property
    def several(self) -> list[JointGroup]:
        return [group for group in self.groups if len(group.members) > 1]

    @property
    def is_coverable_alone(self) -> bool:
        return any(len(group.members) == 1 and not group.left for group in self.groups)


def joint_groups(
    session: Session, need: Need, now: datetime, including: int | None = None
) -> JointGroups:
    """Who could answer all of a need together: each sector of each lot, in each of its zones, up
    to its amount. Who declined is left out; `including` names a structure to be in each group."""
    board = _board(session, need, now)
    found = suggest(board, None if including is None else str(including))
    names = _Names(session, need, board)
    ids = {int(member.structure_id) for group in found.groups for member in group.members}
    rows = session.scalars(select(Structure).where(Structure.id.in_(ids)))
    structures = {str(row.id): row for row in rows}
    return JointGroups(
        groups=tuple(
            JointGroup(
                tuple(
                    JointMember(
                        structures[member.structure_id],
                        tuple(names.part(taking) for taking in member.takes),
                    )
                    for member in group.members
                ),
                tuple(
                    Lacking(names.lots.get(lot_id), Decimal(euros))
                    for lot_id, euros in group.lacking.items()
                ),
                names.all_of(piece for piece in group.left if piece not in found.uncovered),
            )
            for group in found.groups
        ),
        uncovered=names.all_of(found.uncovered),
        is_exact=found.is_exact,
    )


def shares_among(
    session: Session, need: Need, structure_ids: Collection[int], now: datetime
) -> dict[int, list[Part]]:
    """What each of these structures would take, by its id; nothing when one of them would take
    nothing, for it is then for them to say."""
    board = _board(session, need, now).of(str(one) for one in structure_ids)
    names = _Names(session, need, board)
    shares = {
        int(member.structure_id): [names.part(taking) for taking in member.takes]
        for member in share_out(board).members
        if member.takes
    }
    return shares if set(shares) == set(structure_ids) else {}


def _board(session: Session, need: Need, now: datetime) -> Board:
    refused = (MatchStatus.DECLINED, MatchStatus.NOT_RETAINED)
    able = (
        select(Match.structure_id, Match.score)
        .join(Structure)
        .where(
            Match.need_id == need.id,
            func.cardinality(Match.near) == 0,
            Match.status.not_in(refused),
            Structure.is_active,
        )
    )
    scores = {str(structure_id): score for structure_id, score in session.execute(able)}
    with live_index.reading(session, now) as index:
        return board_of(index, _lots(need, now), scores)


def _lots(need: Need, now: datetime) -> Sequence[LotNeed]:
    if need.lots:
        return lot_needs(need, now)
    return [LotNeed(WHOLE, 0, need.title, need_shape(need, now))]


def _by_lot(pieces: Iterable[Piece]) -> dict[int, list[Piece]]:
    found: dict[int, list[Piece]] = {}
    for piece in pieces:
        found.setdefault(piece.lot_id, []).append(piece)
    return found


class _Names:
    """The pieces of a need in words."""

    def __init__(self, session: Session, need: Need, board: Board) -> None:
        self.lots: Mapping[int, Lot] = {lot.id: lot for lot in need.lots}
        self._asked = _by_lot(board.pieces)
        self._places = gazetteer(session)

    def all_of(self, pieces: Iterable[Piece]) -> tuple[Uncovered, ...]:
        return tuple(
            Uncovered(self.lots.get(lot_id), self.what(lot_id, some))
            for lot_id, some in _by_lot(pieces).items()
        )

    def part(self, taking: PureTaking) -> Part:
        return Part(
            self.lots.get(taking.lot_id),
            taking.percent,
            self.what(taking.lot_id, taking.pieces),
            is_for_amount=not taking.pieces,
        )

    def what(self, lot_id: int, pieces: Sequence[Piece]) -> str:
        """« Nettoyage de locaux (Doubs, Jura), Blanchisserie (Doubs) »; empty for a whole lot."""
        asked = self._asked[lot_id]
        if not pieces or len(pieces) == len(asked):
            return ""
        sectors = list(dict.fromkeys(piece.sector for piece in pieces))
        if len({piece.sector for piece in asked}) == 1:
            return ", ".join(self._zone(piece) for piece in pieces)
        every = len({piece.zone for piece in asked})
        said = []
        for sector in sectors:
            where = [piece for piece in pieces if piece.sector == sector]
            name = BY_SLUG[sector].name if sector in BY_SLUG else sector or ""
            zones = ", ".join(self._zone(piece) for piece in where)
            said.append(name if len(where) == every else f"{name} ({zones})")
        return ", ".join(said)

    def _zone(self, piece: Piece) -> str:
        return naming.label(self._places, piece.zone or "")
