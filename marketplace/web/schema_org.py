"""What the page of a structure tells search engines, in the words of schema.org."""

from collections.abc import Sequence
from typing import Any

from flask import current_app

from marketplace.offers import wording
from marketplace.offers.tables import Offer
from marketplace.structures.tables import Structure


def absolute(path: str) -> str:
    """The public address of a page: search engines take no other, and hosts are not trusted."""
    return str(current_app.config["PUBLIC_BASE_URL"]).rstrip("/") + path


def described(structure: Structure, offers: Sequence[Offer], path: str) -> dict[str, Any]:
    """An organisation, where it is and what it offers; never a way to write to somebody."""
    told: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "LocalBusiness",
        "@id": absolute(path),
        "url": absolute(path),
        "name": structure.display_name,
        "legalName": structure.name,
        "description": structure.description[:300],
        "identifier": {"@type": "PropertyValue", "propertyID": "SIRET", "value": structure.siret},
        "address": {
            "@type": "PostalAddress",
            "streetAddress": structure.address,
            "postalCode": structure.postcode,
            "addressLocality": structure.city,
            "addressCountry": "FR",
        },
        "makesOffer": [
            {
                "@type": "Offer",
                "itemOffered": {
                    "@type": "Service",
                    "name": offer.title or ", ".join(wording.sectors(offer)),
                    "category": wording.sectors(offer),
                },
            }
            for offer in offers
            if offer.title or offer.sectors
        ],
    }
    if structure.lat is not None and not structure.is_point_approximate:
        point = {"@type": "GeoCoordinates", "latitude": structure.lat, "longitude": structure.lon}
        told["geo"] = point
    if structure.website.startswith(("https://", "http://")):
        told["sameAs"] = structure.website
    return {key: value for key, value in told.items() if value}
