"""A need in the index's terms. Pure."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from marketplace.matching.documents import Documents
from marketplace.matching.index import (
    ANY_KIND,
    ANY_SERVICE,
    KIND_BIT,
    SERVICE_BIT,
    UNKNOWN_SERVICE,
    Index,
)
from marketplace.matching.shapes import Need
from marketplace.sectors import suggesting
from marketplace.sectors.nomenclature import BY_SLUG
from marketplace.territories.coverage import Reach

MOST_INFERRED = 8
LEAST_INFERRED = 0.05
"""A sector inferred from the need's words counts from this probability on."""


@dataclass(frozen=True)
class Wish:
    """What a need asks for, as masks, numbers and terms."""

    need: Need
    sectors: dict[int, float]
    """How likely each sector is; certain when ticked."""
    is_ticked: bool
    kinds: int
    services: int
    reach: Reach
    documents: Documents

    @cached_property
    def words(self) -> dict[int, str]:
        """The terms of the need's text, each with the word that the need uses: slow to tell,
        and only those who are put in order are asked for theirs."""
        return self.documents.terms_asked(said_by(self.need))

    @cached_property
    def probabilities(self) -> npt.NDArray[np.float64]:
        """Of each sector, by the need's title: slow to tell, so only when it matters."""
        return _probabilities(self.need.title)

    @property
    def is_of_any_sector(self) -> bool:
        """The buyer ticked none, and the words speak of none."""
        return not self.is_ticked and not self.sectors


def wish_of(index: Index, need: Need) -> Wish:
    """The need as this index understands it."""
    ticked = {BY_SLUG[slug].index for slug in need.sectors if slug in BY_SLUG}
    services = sum(SERVICE_BIT[s] for s in set(need.service_types) if s in SERVICE_BIT)
    return Wish(
        need=need,
        sectors=dict.fromkeys(sorted(ticked), 1.0)
        if need.sectors
        else inferred_sectors(said_by(need)),
        is_ticked=bool(need.sectors),
        kinds=sum(KIND_BIT[k] for k in set(need.kinds) if k in KIND_BIT)
        if need.kinds
        else ANY_KIND,
        services=services | UNKNOWN_SERVICE if need.service_types else ANY_SERVICE,
        reach=index.atlas.reach(need.place),
        documents=index.documents,
    )


def said_by(need: Need) -> str:
    """The words of a need."""
    return f"{need.title}\n{need.description}"


@lru_cache(maxsize=1024)
def _probabilities(title: str) -> npt.NDArray[np.float64]:
    return suggesting.probabilities(title)


@lru_cache(maxsize=1024)
def inferred_sectors(text: str) -> dict[int, float]:
    """The sectors that a need's words speak of; none when they speak of nothing sold here."""
    p = suggesting.probabilities(text)
    likeliest = np.argsort(-p, kind="stable")[:MOST_INFERRED]
    return {int(s): float(p[s]) for s in likeliest if p[s] >= LEAST_INFERRED}
