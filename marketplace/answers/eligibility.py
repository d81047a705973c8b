"""Which kinds of structures a need is open to, as a whole and lot by lot, and how they are told."""

from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.matching.shaping import admitted_kinds
from marketplace.needs.tables import Lever, Lot, Need
from marketplace.structures.kinds import Kind


@dataclass(frozen=True, slots=True)
class Eligibility:
    """`sentence` says what is reserved to others, all of it or some lots; empty for nothing."""

    may_answer: bool
    sentence: str


def admits(
    need: Need, kind: Kind, lever: Lever | None = None, kinds: Sequence[str] | None = None
) -> bool:
    """Whether a need, or a lot of it with this lever, is open to a kind of structure; with
    `kinds`, if it named these."""
    allowed = _allowed(need, lever, kinds)
    return not allowed or kind in allowed


def admits_some(need: Need, kind: Kind) -> bool:
    """Whether a kind of structure may answer a need, or a lot of it."""
    return bool(lots_for(need, kind)) if need.open_lots else admits(need, kind)


def lots_for(need: Need, kind: Kind) -> list[Lot]:
    """The lots of a need that can be answered, by this kind of structure."""
    return [lot for lot in need.open_lots if admits(need, kind, lot.lever)]


def eligibility_of(need: Need, kind: Kind) -> Eligibility:
    closed = [lot for lot in need.open_lots if not admits(need, kind, lot.lever)]
    if not admits_some(need, kind):
        to = _listed(_allowed(need, closed[0].lever if closed else None))
        if len({_allowed(need, lot.lever) for lot in closed}) > 1:
            return Eligibility(False, " ".join(_of_lot(need, lot) for lot in closed))
        return Eligibility(
            False,
            f"Ce besoin est réservé à ces types de structures\u00a0: {to}. Le vôtre ({kind.value})"
            " n'en est pas.",
        )
    return Eligibility(True, " ".join(_of_lot(need, lot) for lot in closed))


def _of_lot(need: Need, lot: Lot) -> str:
    to = _listed(_allowed(need, lot.lever))
    return (
        f"Le lot {lot.number} est réservé à d'autres types de structures que la vôtre\u00a0: {to}."
    )


def _allowed(
    need: Need, lever: Lever | None, kinds: Sequence[str] | None = None
) -> tuple[str, ...]:
    """Empty for all of them."""
    named = need.kinds if kinds is None else kinds
    return admitted_kinds(admitted_kinds(named, need.lever), lever)


def _listed(kinds: tuple[str, ...]) -> str:
    return ", ".join(kind.value for kind in Kind if kind in kinds)
