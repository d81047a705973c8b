"""The sectors that a supplier's own words imply when it declares none. Pure."""

import re
from functools import lru_cache

from marketplace.sectors import suggesting
from marketplace.sectors.nomenclature import SECTORS

_ACTIVITY = re.compile(r"[;•\n\r]+")
_MOST_ACTIVITIES = 12
_LIKELY = 0.5


def said_by_words(title: str, description: str, name: str) -> dict[int, float]:
    """Index of each sector that the words speak of clearly, with how likely it is.

    Each activity listed speaks for itself, and the name when none of them says anything.
    """
    found: dict[int, float] = {}
    activities = [part.strip() for part in _ACTIVITY.split(f"{title}\n{description}")]
    for activity in [part for part in activities if part][:_MOST_ACTIVITIES]:
        _keep(found, activity)
    if not found and name:
        _keep(found, name)
    return found


def clear_sectors(description: str, name: str, naf: str) -> list[str]:
    """Slugs of the sectors that nobody would dispute, in the order of the list: those that the
    words say; when they say none, the one that the NAF code says, if it says but one."""
    if found := said_by_words("", description, name):
        return [SECTORS[index].slug for index in sorted(found)]
    of_code = suggesting.sectors_of_naf(naf) if naf else ()
    return list(of_code) if len(of_code) == 1 else []


def _keep(found: dict[int, float], words: str) -> None:
    if (said := _likeliest(words)) is not None:
        sector, likely = said
        found[sector] = max(likely, found.get(sector, 0.0))


@lru_cache(maxsize=20_000)
def _likeliest(words: str) -> tuple[int, float] | None:
    p = suggesting.probabilities(words)
    sector = int(p.argmax())
    likely = float(p[sector])
    return (sector, likely) if likely >= _LIKELY else None
