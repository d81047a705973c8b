"""Reads: the desk of a territory, those of its parts, and who works with them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import CompoundSelect, Select, or_, select
from sqlalchemy.orm import Session

from marketplace.insights.slugs import chain_of
from marketplace.insights.tables import TerritoryPartner
from marketplace.moderation.desks import is_staffed
from marketplace.moderation.tables import Desk, DeskTerritory
from marketplace.territories.gazetteer import COUNTRY, Gazetteer
from marketplace.territories.tables import Territory


@dataclass(frozen=True, slots=True)
class Around:
    """The desk that looks after a territory, those of parts of it with these parts, and the
    partners of all of them. `is_named`: a desk has this very territory."""

    desk: Desk | None
    within: tuple[tuple[Desk, tuple[str, ...]], ...]
    partners: tuple[TerritoryPartner, ...]
    is_named: bool


def around(session: Session, places: Gazetteer, code: str) -> Around:
    """Two queries; no desk of parts for the country, which has them all."""
    chain = chain_of(places, code)
    concerned = or_(
        DeskTerritory.territory_code.in_(chain), DeskTerritory.territory_code.in_(parts_of(code))
    )
    rows = session.execute(
        select(Desk, DeskTerritory.territory_code)
        .outerjoin(DeskTerritory, (DeskTerritory.desk_id == Desk.id) & concerned)
        .where(
            Desk.closed_at.is_(None),
            or_(Desk.is_national, DeskTerritory.territory_code.is_not(None) & is_staffed()),
        )
        .order_by(Desk.id, DeskTerritory.territory_code)
    ).all()
    of_chain = {of: desk for desk, of in rows if of in chain}
    national = next((desk for desk, _ in rows if desk.is_national), None)
    desk = next((of_chain[one] for one in chain if one in of_chain), national)
    within: dict[Desk, list[str]] = {}
    for one, of in rows:
        if of is not None and of not in chain and one is not desk:
            within.setdefault(one, []).append(of)
    ids = [one.id for one in (desk, *within) if one is not None]
    return Around(
        desk,
        tuple((one, tuple(its)) for one, its in within.items()),
        tuple(_partners(session, ids, code, chain)),
        code in of_chain,
    )


def partners_of(session: Session, desk_id: int) -> Sequence[TerritoryPartner]:
    """Whom a desk names, by what they are there for, then by name."""
    return session.scalars(_ordered([desk_id])).all()


def _partners(
    session: Session, desk_ids: Collection[int], code: str, chain: Collection[str]
) -> Sequence[TerritoryPartner]:
    """Of these desks, those who work in a territory, in what holds it or in a part of it."""
    here = TerritoryPartner.territory_code
    if code == COUNTRY:
        return session.scalars(_ordered(desk_ids)).all()
    met = or_(here.is_(None), here.in_(chain), here.in_(parts_of(code)))
    return session.scalars(_ordered(desk_ids).where(met)).all()


def _ordered(desk_ids: Collection[int]) -> Select[TerritoryPartner]:
    named = select(TerritoryPartner).where(TerritoryPartner.desk_id.in_(desk_ids))
    return named.order_by(TerritoryPartner.part, TerritoryPartner.sort_key, TerritoryPartner.id)


def parts_of(code: str) -> CompoundSelect[str | None]:
    """The communes, EPCI and departments that lie in a territory, at least in part."""
    inside = or_(Territory.epci == code, Territory.department == code, Territory.region == code)
    communes = select(Territory.code).where(inside)
    return communes.union(select(Territory.epci).where(inside, Territory.epci.is_not(None)))
