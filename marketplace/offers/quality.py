"""What is odd in an offer, and worth a second look before it is sent. Pure."""

from collections.abc import Collection

from marketplace.structures.kinds import Kind

LENDS_PEOPLE = frozenset({Kind.AI, Kind.ETTI, Kind.EATT, Kind.GEIQ})
"""Kinds that supply people: a service or goods of theirs is unusual, not forbidden."""


def doubts(kind: str, service_types: Collection[str]) -> list[str]:
    """What a structure of this kind should check; nothing here keeps an offer from being sent."""
    found = []
    if kind in LENDS_PEOPLE and {"PREST", "BUILD"} & set(service_types):
        found.append(
            f"Une structure de type {kind} met d'ordinaire du personnel à disposition. Vérifiez "
            "qu'elle vend bien cette prestation ou ces biens sous sa propre responsabilité."
        )
    if kind == Kind.GEIQ and "DISP" in service_types:
        found.append(
            "Un GEIQ met du personnel à disposition de ses seuls adhérents\u00a0: dites dans la "
            "description comment un acheteur public peut adhérer."
        )
    return found
