"""What offers are, in French. Pure but for the row that it is handed."""

from datetime import datetime

from marketplace import formats
from marketplace.offers.lifecycle import ASKED_AHEAD, HOLDS_FOR, Move, OfferStatus
from marketplace.offers.tables import CoverageType, Offer, ServiceType
from marketplace.sectors.aims import AIMS
from marketplace.sectors.nomenclature import BY_SLUG
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer

SERVICE_TYPES = {
    ServiceType.PREST: "Prestation de service",
    ServiceType.BUILD: "Fabrication et vente de biens",
    ServiceType.DISP: "Mise à disposition de personnel",
}

STATUSES = {
    OfferStatus.DRAFT: "Brouillon",
    OfferStatus.SUBMITTED: "En relecture",
    OfferStatus.CHANGES_REQUESTED: "À modifier",
    OfferStatus.PUBLISHED: "Publiée",
    OfferStatus.PAUSED: "En pause",
    OfferStatus.ARCHIVED: "Archivée",
    OfferStatus.REJECTED: "Refusée",
}

MOVES = {
    Move.SUBMIT: "Envoyée au guichet",
    Move.PUBLISH: "Publiée",
    Move.APPROVE: "Validée par le guichet",
    Move.REQUEST_CHANGES: "Renvoyée pour modification",
    Move.REJECT: "Refusée",
    Move.CHANGE: "Modifiée",
    Move.CONFIRM: "Confirmée toujours valable",
    Move.PAUSE: "Mise en pause",
    Move.RESUME: "Reprise",
    Move.ARCHIVE: "Archivée",
}


def is_to_confirm(offer: Offer, now: datetime) -> bool:
    """Whether its structure is asked if it still holds, as queries.to_confirm."""
    said_at = offer.confirmed_at or offer.published_at
    is_shown = offer.status is OfferStatus.PUBLISHED and not offer.is_implied
    return is_shown and said_at is not None and said_at < now - HOLDS_FOR + ASKED_AHEAD


def last_reason(offer: Offer) -> str | None:
    """What the desk said when it sent the offer back or refused it, while that stands."""
    if offer.status not in (OfferStatus.CHANGES_REQUESTED, OfferStatus.REJECTED):
        return None
    said = [m.reason for m in offer.moves if m.move in (Move.REQUEST_CHANGES, Move.REJECT)]
    return said[-1] if said else None


def capacity(offer: Offer) -> list[tuple[str, str]]:
    """What the offer says of how much it can take, each with its label; nothing unsaid."""
    found = []
    if said := formats.euros_range(offer.amount_min, offer.amount_max):
        found.append(("Contrats", f"{said[0].upper()}{said[1:]} HT"))
    if offer.lead_time_days is not None:
        days = offer.lead_time_days
        found.append(("Délai", f"{days}\u00a0jours" if days > 1 else f"{days}\u00a0jour"))
    if offer.hours_a_week:
        found.append(("Disponible", f"{formats.number(offer.hours_a_week)}\u00a0h par semaine"))
    return found


def holds(offer: Offer) -> str | None:
    """Since when what the offer says holds, for a buyer; nothing of what nobody declared."""
    said_at = offer.confirmed_at or offer.published_at
    return None if offer.is_implied or said_at is None else formats.long_date(said_at)


def coverage(offer: Offer, places: Gazetteer) -> str:
    """« Jusqu'à 50 km », « Toute la France », « Doubs (département), Dole (39) »; nothing while
    a draft does not say it."""
    if offer.coverage_type == CoverageType.COUNTRY:
        return "Toute la France"
    if offer.coverage_type == CoverageType.RADIUS:
        if not offer.radius_km:
            return ""
        return f"Jusqu'à {offer.radius_km}\u00a0km autour de son siège"
    return ", ".join(naming.label(places, zone.territory_code) for zone in offer.zones)


def sectors(offer: Offer) -> list[str]:
    """The names of the sectors that the offer declares, in the order of the list."""
    declared = [BY_SLUG[sector.sector_slug] for sector in offer.sectors]
    return [sector.name for sector in sorted(declared, key=lambda sector: sector.index)]


def facts(offer: Offer, places: Gazetteer) -> list[tuple[str, str]]:
    """All that the offer says but its title and description, each with its label."""
    said = [
        ("Où", coverage(offer, places)),
        ("Secteurs", ", ".join(sectors(offer))),
        ("Prestations", ", ".join(SERVICE_TYPES[ServiceType(one)] for one in offer.service_types)),
        *capacity(offer),
        ("Environnement", ", ".join(AIMS[code].label for code in offer.environmental_tags)),
    ]
    return [(label, value) for label, value in said if value]
