"""The loosening of a need that would admit most structures, and what the need then says."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from marketplace.answers.eligibility import admits
from marketplace.matching import explaining
from marketplace.matching.previewing import targeted
from marketplace.needs.drafting import Answers
from marketplace.needs.tables import Need, PlaceType
from marketplace.structures.kinds import Kind


@dataclass(frozen=True, slots=True)
class Relaxation:
    """`key` names it, for whoever was shown it; `change` is what matching.what_if found.

    `may_propose` is false of what its buyer alone can change: the sectors or the place of one
    lot, a lever.
    """

    key: str
    words: str
    change: dict[str, Any]
    may_propose: bool


def best_relaxation(session: Session, need: Need, now: datetime) -> Relaxation | None:
    """The one loosening that adds most structures; None when none adds any."""
    change = targeted(session, need, now, 1).relaxation
    if change is None:
        return None
    values = (change[name] for name in ("limit_km", "slug", "kind", "type") if name in change)
    return Relaxation(
        key=f"{change['code']}:{next(values, '')}",
        words=explaining.sentence(change, "buyer"),
        change=dict(change),
        may_propose=answers_of_change(need, change) is not None,
    )


def answers_of_change(need: Need, change: dict[str, Any]) -> Answers | None:
    """What a need then says, beside what it says now; None for what is said elsewhere."""
    lots = [lot for lot in need.open_lots if lot.number == change.get("lot")]
    code = change["code"]
    if code == "include_country":
        return Answers(include_country=True)
    if code == "add_service":
        return Answers(service_types=sorted({*need.service_types, change["type"]}))
    if code == "add_kind":
        return _with_kind(need, Kind(change["kind"]))
    if code == "add_sector" and not any(lot.sectors for lot in lots):
        sectors = {sector.sector_slug for sector in need.sectors}
        return Answers(sectors=sorted({*sectors, change["slug"]}))
    is_near = need.place_type == PlaceType.POINT and need.radius_km is not None
    if code == "wider_radius" and is_near and not any(lot.place_type for lot in lots):
        return Answers(radius_km=max(need.radius_km or 0, round(change["limit_km"])))
    return None


def _with_kind(need: Need, kind: Kind) -> Answers | None:
    """A lever that reserves to others admits no kind that is named beside it."""
    levers = {lot.lever for lot in need.open_lots} or {None}
    kinds = sorted({*need.kinds, kind.value})
    return Answers(kinds=kinds) if any(admits(need, kind, one, kinds) for one in levers) else None
