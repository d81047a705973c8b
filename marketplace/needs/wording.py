"""What needs are, in French. Pure but for the row that it is handed."""

from collections.abc import Iterable
from datetime import date

from marketplace import formats
from marketplace.needs import thresholds
from marketplace.needs.lifecycle import Move, Status
from marketplace.needs.specific_services import are_specific
from marketplace.needs.tables import (
    Lever,
    Lot,
    LotEnding,
    Nature,
    Need,
    NeedKind,
    PlaceType,
    ResponseMode,
)
from marketplace.sectors import cpv
from marketplace.sectors.nomenclature import BY_SLUG
from marketplace.structures.kinds import HANDICAP, INSERTION, Kind
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer

KINDS = {
    NeedKind.TENDER: "Appel d'offres",
    NeedKind.QUOTE: "Demande de devis",
    NeedKind.SOURCING: "Sourcing",
}

STATUSES = {
    Status.DRAFT: "Brouillon",
    Status.SUBMITTED: "En relecture",
    Status.CHANGES_REQUESTED: "À modifier",
    Status.PUBLISHED: "Publié",
    Status.CLOSED: "Clos",
    Status.AWARDED: "Attribué",
    Status.UNSUCCESSFUL: "Infructueux",
    Status.ABANDONED: "Sans suite",
    Status.REJECTED: "Refusé",
    Status.WITHDRAWN: "Retiré",
}

NATURES = {
    Nature.SERVICES: "Services",
    Nature.SUPPLIES: "Fournitures",
    Nature.WORKS: "Travaux",
}

LEVERS = {
    Lever.EXECUTION: "Clause sociale d'exécution (heures d'insertion)",
    Lever.CRITERION: "Critère d'attribution social",
    Lever.RESERVED_HANDICAP: "Réservé au handicap (ESAT, EA)",
    Lever.RESERVED_INSERTION: "Réservé à l'insertion (SIAE)",
    Lever.RESERVED_BOTH: "Réservé au handicap et à l'insertion",
    Lever.RESERVED_PRISON: "Réservé au travail en détention",
    Lever.RESERVED_SOCIAL: "Réservé à l'économie sociale et solidaire",
    Lever.INSERTION_SERVICE: "Marché de services d'insertion",
    Lever.SUBCONTRACTING: "Sous-traitance à des structures inclusives",
    Lever.NONE: "Aucun",
}

LOT_ENDINGS = {
    LotEnding.WITHDRAWN: "Retiré",
    LotEnding.CLOSED: "Clos",
}

RESPONSE_MODES = {
    ResponseMode.HERE: "Sur Tandem",
    ResponseMode.EMAIL: "Par courriel",
    ResponseMode.PHONE: "Par téléphone",
    ResponseMode.LINK: "Sur une autre page",
}

VALUED = {
    "qpv": "Être dans un quartier prioritaire (QPV)",
    "team": "Avoir une grande équipe en insertion",
    "tags": "Servir les objectifs environnementaux cochés",
}
"""What a buyer may want to count in the ranking. A code, once written in a row, stays."""

MOVES = {
    Move.SUBMIT: "Envoyé au facilitateur",
    Move.REQUEST_CHANGES: "Renvoyé pour modification",
    Move.APPROVE: "Validé et publié",
    Move.REJECT: "Non publié sur Tandem",
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


ANONYMOUS_BUYER = "Acheteur public (sourcing anonyme)"


def shown_buyer(need: Need, is_insider: bool = False) -> str:
    """Who asks, as it may be read: an anonymous sourcing names its buyer to insiders alone.

    Whoever shows a need's organisation, on a page, in a mail or in a feed, asks here.
    """
    return need.organisation.name if is_insider or not need.is_anonymous else ANONYMOUS_BUYER


def shown_amount(need: Need, is_insider: bool = False) -> str:
    """What it may cost, when the buyer shares it; nothing otherwise."""
    return amount(need) if is_insider or need.is_amount_shared else ""


def place(need: Need | Lot, places: Gazetteer) -> str:
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


def sectors(need: Need | Lot) -> list[str]:
    """The names of the sectors that the buyer ticked, in the order of the list."""
    ticked = [BY_SLUG[sector.sector_slug] for sector in need.sectors]
    return [sector.name for sector in sorted(ticked, key=lambda sector: sector.index)]


def amount(need: Need | Lot) -> str:
    """« 12 000,50 € », « de 40 000 € à 60 000 € »; nothing when it is not said."""
    return formats.euros_range(need.amount_min, need.amount_max)


def band(need: Need, on: date) -> thresholds.Band | None:
    """What its amount means for the procedure, once it is known with the nature."""
    amount = need.amount_max if need.amount_max is not None else need.amount_min
    if need.nature is None or amount is None:
        return None
    return thresholds.band(need.nature, need.organisation.kind, amount, on, is_specific(need))


def is_specific(need: Need) -> bool:
    """Whether it asks for social or specific services, by all that it says of its sectors."""
    parts: list[Need | Lot] = [need, *need.kept_lots]
    slugs = {sector.sector_slug for part in parts for sector in part.sectors}
    return need.nature is Nature.SERVICES and are_specific(need.cpv_codes, slugs)


def duration(months: int) -> str:
    """« 18 mois », « 2 ans », « 1 an »."""
    if months % 12:
        return f"{months}\u00a0mois"
    years = months // 12
    return f"{years}\u00a0an{'s' if years > 1 else ''}"


def cpv_codes(need: Need) -> list[str]:
    """« 90911200-8 · Nettoyage de bâtiments » for each code."""
    return [str(cpv.labelled(code)) for code in need.cpv_codes]


def answering(need: Need) -> list[str]:
    """How one answers, each way with where."""
    where = {
        ResponseMode.EMAIL: need.response_email,
        ResponseMode.PHONE: need.response_phone,
        ResponseMode.LINK: need.response_url,
    }
    modes: Iterable[ResponseMode] = need.response_modes or [ResponseMode.HERE]
    said = {ResponseMode(mode) for mode in modes}
    return [
        f"{label}\u00a0: {where[mode]}" if where.get(mode) else label
        for mode, label in RESPONSE_MODES.items()
        if mode in said
    ]


def reservation(need: Need) -> str:
    """Which structures may answer."""
    known = RESERVATIONS.get(reservation_key(need))
    return known[0] if known else ", ".join(sorted(need.kinds))


def reservation_key(need: Need) -> str:
    """Which of RESERVATIONS a need has; empty for kinds that none of them names."""
    allowed = frozenset(Kind(kind) for kind in need.kinds)
    return next((key for key, (_, kinds) in RESERVATIONS.items() if kinds == allowed), "")
