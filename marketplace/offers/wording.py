"""What offers are, in French. Pure but for the row that it is handed."""

from marketplace.offers.tables import CoverageType, Offer, ServiceType
from marketplace.sectors.nomenclature import BY_SLUG
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer

SERVICE_TYPES = {
    ServiceType.PREST: "Prestation de service",
    ServiceType.BUILD: "Fabrication et vente de biens",
    ServiceType.DISP: "Mise à disposition de personnel",
}


def coverage(offer: Offer, places: Gazetteer) -> str:
    """« Jusqu'à 50 km », « Toute la France », « Doubs (département), Dole (39) »."""
    if offer.coverage_type == CoverageType.COUNTRY:
        return "Toute la France"
    if offer.coverage_type == CoverageType.RADIUS:
        return f"Jusqu'à {offer.radius_km}\u00a0km autour de son siège"
    return ", ".join(naming.label(places, zone.territory_code) for zone in offer.zones)


def sectors(offer: Offer) -> list[str]:
    """The names of the sectors that the offer declares, in the order of the list."""
    declared = [BY_SLUG[sector.sector_slug] for sector in offer.sectors]
    return [sector.name for sector in sorted(declared, key=lambda sector: sector.index)]
