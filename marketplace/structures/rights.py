"""What a network may change of a structure that Tandem knows. Pure.

A network brings its members in. It never gainsays the people who speak for a structure, nor
another network; nor does it change an address that proves who may speak for the structure.
"""

from collections.abc import Collection, Mapping
from typing import Any

from marketplace.structures.networks import NETWORKS

PROVES_WHO_SPEAKS = ("email", "website")
"""Whoever writes from there is let in to speak for the structure."""

CLAIMED = "ses membres tiennent sa fiche"
OF_OTHERS = "un autre réseau la compte aussi"
OWN_WORDS = "la structure l'a dit elle-même"
CONTACT = "seules la structure et l'administration le changent"


def withheld(network: str, networks: Collection[str], is_claimed: bool) -> str:
    """Why a network may change nothing of a known structure, in French; empty if it may."""
    if is_claimed:
        return CLAIMED
    return OF_OTHERS if set(networks) - {network} else ""


def kept_from(
    reason: str, known: Mapping[str, Any], said: Collection[str], own_words: Collection[str]
) -> dict[str, str]:
    """Why columns of a known structure stay as they are, among those that the row says.

    `reason` is what `withheld` answers. A structure that nobody holds can always be joined,
    which is to write its `networks`.
    """
    if reason:
        return {name: reason for name in said if name != "networks" or reason == CLAIMED}
    kept = {name: CONTACT for name in PROVES_WHO_SPEAKS if name in said and known[name]}
    return kept | {name: OWN_WORDS for name in said if name in own_words}


def joined(network: str, networks: Collection[str]) -> list[str]:
    """The networks of a structure with one more, in the order of their names."""
    codes = {network, *networks}
    return [code for code in NETWORKS if code in codes] + sorted(codes - NETWORKS.keys())
