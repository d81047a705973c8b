"""Structures that may be one and the same under two entries."""

from bisect import bisect_left
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marketplace.siret import formatted
from marketplace.structures.tables import Structure
from marketplace.text import plain

NEAR = 90
"""Out of 100, as rapidfuzz counts, whatever the order of the words."""
LETTERS = 6
"""Of a name at least: a shorter one is a kind of structure, or its initials."""


@dataclass(frozen=True, slots=True)
class Named:
    """What tells a structure apart; `number` orders those that are compared: an id, a line."""

    number: int
    siret: str
    kind: str
    name: str
    brand: str
    commune_code: str | None
    where: str = ""

    @property
    def shown(self) -> str:
        told = f"«\u00a0{self.brand or self.name}\u00a0», {self.kind}, {formatted(self.siret)}"
        return f"{told} ({self.where})" if self.where else told


def lookalikes(session: Session, structure_ids: Collection[int]) -> dict[int, str]:
    """What each of these resembles among the structures that were there before it, in words:
    the same SIRET, or a near-equal name in the same commune. Two queries."""
    if not structure_ids:
        return {}
    columns = (Structure.id, Structure.siret, Structure.kind, Structure.name, Structure.brand)
    asked = select(*columns, Structure.commune_code)
    wanted = [Named(*row) for row in session.execute(asked.where(Structure.id.in_(structure_ids)))]
    beside = or_(
        Structure.siret.in_({one.siret for one in wanted}),
        Structure.commune_code.in_({one.commune_code for one in wanted if one.commune_code}),
    )
    return resembling(wanted, [Named(*row) for row in session.execute(asked.where(beside))])


def resembling(wanted: Iterable[Named], among: Iterable[Named]) -> dict[int, str]:
    """The same, by number, of those handed in; whatever comes before counts."""
    by_siret: dict[str, Named] = {}
    by_commune: dict[str, list[tuple[str, Named]]] = {}
    for one in sorted(among, key=lambda one: one.number):
        by_siret.setdefault(one.siret, one)
        for name in _spelled(one.name, one.brand) if one.commune_code else ():
            by_commune.setdefault(one.commune_code or "", []).append((name, one))
    names = {code: [name for name, _ in there] for code, there in by_commune.items()}
    found: dict[int, str] = {}
    for one in wanted:
        same = by_siret.get(one.siret, one)
        if same.number < one.number:
            found[one.number] = f"même SIRET que {same.shown}"
        elif there := by_commune.get(one.commune_code or ""):
            near = _near(one, there, names[one.commune_code or ""])
            if near is not None:
                found[one.number] = f"presque le même nom que {near.shown}, dans la même commune"
    return found


def _near(one: Named, there: list[tuple[str, Named]], names: list[str]) -> Named | None:
    before = names[: bisect_left(there, one.number, key=lambda known: known[1].number)]
    for name in sorted(_spelled(one.name, one.brand)):
        best = process.extractOne(name, before, scorer=fuzz.ratio, score_cutoff=NEAR)
        if best is not None:
            return there[best[2]][1]
    return None


def _spelled(*names: str) -> set[str]:
    """Bare words in the order of letters, so that « Ateliers Les » is « Les Ateliers »."""
    return {" ".join(sorted(plain(name).split())) for name in names if len(name) >= LETTERS}
