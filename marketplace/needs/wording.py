"""What needs are, in French. Pure but for the row that it is handed."""

from marketplace.needs.lifecycle import Move
from marketplace.needs.tables import Need, NeedKind, PlaceType
from marketplace.sectors.nomenclature import BY_SLUG
from marketplace.structures.kinds import HANDICAP, INSERTION, Kind
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer

KINDS = {
    NeedKind.TENDER: "Appel d'offres",
    NeedKind.QUOTE: "Demande de devis",
    NeedKind.SOURCING: "Sourcing",
}

MOVES = {
    Move.SUBMIT: "Envoyé au facilitateur",
    Move.REQUEST_CHANGES: "Renvoyé pour modification",
    Move.APPROVE: "Validé et publié",
    Move.REJECT: "Refusé",
    Move.WITHDRAW: "Retiré par l'acheteur",
    Move.CLOSE: "Clos",
    Move.REOPEN: "Rouvert",
    Move.AWARD: "Attribué",
    Move.FIND_UNSUCCESSFUL: "Déclaré infructueux",
    Move.ABANDON: "Déclaré sans suite",
}

RESERVATIONS: dict[str, tuple[str, frozenset[Kind]]] = {
    "any": ("Toutes les structures inclusives", frozenset()),
    "insertion": ("Structures de l'insertion (EI, AI, ACI, ETTI…)", INSERTION),
    "handicap": ("Structures du handicap (ESAT, EA, EATT)", HANDICAP),
    "both": ("Insertion et handicap, hors prison", INSERTION | HANDICAP),
}


def place(need: Need, places: Gazetteer) -> str:
    """« Besançon (25), à moins de 30 km », « Doubs (département), Jura (département) ».

    Nothing for a draft that does not say it yet.
    """
    if need.place_type is None:
        return ""
    if need.place_type == PlaceType.COUNTRY:
        return "Toute la France"
    if need.place_type == PlaceType.ZONES:
        return ", ".join(naming.label(places, zone.territory_code) for zone in need.zones)
    where = naming.label(places, need.commune_code or "")
    return f"{where}, à moins de {need.radius_km}\u00a0km" if need.radius_km else where


def sectors(need: Need) -> list[str]:
    """The names of the sectors that the buyer ticked, in the order of the list."""
    ticked = [BY_SLUG[sector.sector_slug] for sector in need.sectors]
    return [sector.name for sector in sorted(ticked, key=lambda sector: sector.index)]


def reservation(need: Need) -> str:
    """Which structures may answer."""
    known = RESERVATIONS.get(reservation_key(need))
    return known[0] if known else ", ".join(sorted(need.kinds))


def reservation_key(need: Need) -> str:
    """Which of RESERVATIONS a need has; empty for kinds that none of them names."""
    allowed = frozenset(Kind(kind) for kind in need.kinds)
    return next((key for key, (_, kinds) in RESERVATIONS.items() if kinds == allowed), "")
