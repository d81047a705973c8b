"""Structures that may be one and the same under two entries."""

from bisect import bisect_left
from collections.abc import Collection
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marketplace.siret import formatted
from marketplace.structures.tables import Structure
from marketplace.text import plain

NEAR = 90
"""Out of 100, as rapidfuzz counts, whatever the order of the words."""


@dataclass(frozen=True, slots=True)
class _Known:
    id: int
    name: str
    shown: str


def lookalikes(session: Session, structure_ids: Collection[int]) -> dict[int, str]:
    """What each of these resembles among the structures that were there before it, in words:
    the same SIRET, or a near-equal name in the same commune. One query each way."""
    if not structure_ids:
        return {}
    columns = (Structure.id, Structure.siret, Structure.name, Structure.brand, Structure.kind)
    asked = select(*columns, Structure.commune_code).order_by(Structure.id)
    new = session.execute(asked.where(Structure.id.in_(structure_ids))).all()
    beside = or_(
        Structure.siret.in_({one.siret for one in new}),
        Structure.commune_code.in_({one.commune_code for one in new if one.commune_code}),
    )
    by_siret: dict[str, list[_Known]] = {}
    by_commune: dict[str, list[_Known]] = {}
    for one in session.execute(asked.where(beside)):
        shown = f"«\u00a0{one.brand or one.name}\u00a0», {one.kind}, {formatted(one.siret)}"
        by_siret.setdefault(one.siret, []).append(_Known(one.id, "", shown))
        for name in _spelled(one.name, one.brand) if one.commune_code else ():
            by_commune.setdefault(one.commune_code, []).append(_Known(one.id, name, shown))
    names = {code: [known.name for known in there] for code, there in by_commune.items()}
    found: dict[int, str] = {}
    for one in new:
        same = by_siret[one.siret][0]
        if same.id < one.id:
            found[one.id] = f"même SIRET que {same.shown}"
        elif there := by_commune.get(one.commune_code or ""):
            before = bisect_left(there, one.id, key=lambda known: known.id)
            among = names[one.commune_code][:before]
            for name in _spelled(one.name, one.brand):
                near = process.extractOne(name, among, scorer=fuzz.ratio, score_cutoff=NEAR)
                if near is not None:
                    found[one.id] = (
                        f"presque le même nom que {there[near[2]].shown}, dans la même commune"
                    )
    return found


LETTERS = 6
"""Of a name at least: a shorter one is a kind of structure, or its initials."""


def _spelled(*names: str) -> set[str]:
    """Bare words in the order of letters, so that « Ateliers Les » is « Les Ateliers »."""
    return {" ".join(sorted(plain(name).split())) for name in names if len(name) >= LETTERS}
