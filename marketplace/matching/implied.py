"""The sectors that an offer's own words imply when it declares none. Pure."""

import re
from functools import lru_cache

from marketplace.matching.weights import WEIGHTS, Weights
from marketplace.sectors import suggesting
from marketplace.sectors.nomenclature import BY_SLUG

_ACTIVITY = re.compile(r"[;•\n\r]+")
_MOST_ACTIVITIES = 12
_LIKELY = 0.5


def implied_sectors(
    title: str, description: str, name: str, naf: str | None, weights: Weights = WEIGHTS
) -> dict[int, float]:
    """Index of each sector implied, and what it is worth beside a declared one.

    Each activity listed speaks for itself, and the name when none of them says anything. The
    NAF code always speaks, more softly.
    """
    found: dict[int, float] = {}
    activities = [part.strip() for part in _ACTIVITY.split(f"{title}\n{description}")]
    for activity in [part for part in activities if part][:_MOST_ACTIVITIES]:
        _keep(found, _of_words(activity, weights))
    if not found and name:
        _keep(found, _of_words(name, weights))
    for slug in suggesting.sectors_of_naf(naf) if naf else ():
        _keep(found, ((BY_SLUG[slug].index, weights.implied_by_naf),))
    return found


def _keep(found: dict[int, float], implied: tuple[tuple[int, float], ...]) -> None:
    for sector, worth in implied:
        found[sector] = max(worth, found.get(sector, 0.0))


@lru_cache(maxsize=20_000)
def _of_words(words: str, weights: Weights) -> tuple[tuple[int, float], ...]:
    p = suggesting.probabilities(words)
    likeliest = int(p.argmax())
    likely = float(p[likeliest])
    return ((likeliest, weights.implied * likely**0.5),) if likely >= _LIKELY else ()
