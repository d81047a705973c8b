"""What the sectors that an offer's own words imply are worth when it declares none. Pure."""

from marketplace.matching.weights import WEIGHTS, Weights
from marketplace.sectors import suggesting
from marketplace.sectors.implied import said_by_words
from marketplace.sectors.nomenclature import BY_SLUG


def implied_sectors(
    title: str, description: str, name: str, naf: str | None, weights: Weights = WEIGHTS
) -> dict[int, float]:
    """Index of each sector implied, and what it is worth beside a declared one.

    The words speak first; the NAF code always speaks, more softly.
    """
    said = said_by_words(title, description, name)
    found = {sector: weights.implied * likely**0.5 for sector, likely in said.items()}
    for slug in suggesting.sectors_of_naf(naf) if naf else ():
        sector = BY_SLUG[slug].index
        found[sector] = max(weights.implied_by_naf, found.get(sector, 0.0))
    return found
