"""Structures with their offers, and needs."""

from datetime import UTC, date, datetime, timedelta
from itertools import count

from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.needs.drafting import Answers, new_key, start_draft
from marketplace.needs.posting import NeedDraft, post_need
from marketplace.needs.tables import Need, NeedKind, PlaceType
from marketplace.offers.tables import CoverageType, Offer, OfferSector, OfferStatus
from marketplace.structures.kinds import Kind
from marketplace.structures.tables import Structure
from marketplace.text import slug, sort_key

BESANCON = "25056"
DOLE = "39198"
DIJON = "21231"
MARSEILLE = "13055"

GREEN_SPACES = "creation-et-entretien-des-espaces-verts"
CLEANING = "nettoyage-de-locaux"

POINTS = {
    BESANCON: (47.24, 6.02, "25", "25000"),
    DOLE: (47.09, 5.49, "39", "39100"),
    DIJON: (47.32, 5.04, "21", "21000"),
    MARSEILLE: (43.30, 5.38, "13", "13001"),
}
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

_numbers = count(1)


def structure(
    session: Session, name: str = "Les Jardins d'essai", seat: str = BESANCON, kind: Kind = Kind.ACI
) -> Structure:
    number = next(_numbers)
    lat, lon, department, postcode = POINTS[seat]
    row = Structure(
        slug=f"{slug(name)}-{number}",
        siret=f"{number:014}",
        kind=kind,
        name=name,
        sort_key=sort_key(name),
        commune_code=seat,
        department_code=department,
        postcode=postcode,
        lat=lat,
        lon=lon,
    )
    session.add(row)
    session.flush()
    return row


def offer(
    session: Session, of: Structure, *sectors: str, radius_km: int = 50, title: str = ""
) -> Offer:
    row = Offer(
        structure_id=of.id,
        title=title,
        status=OfferStatus.PUBLISHED,
        coverage_type=CoverageType.RADIUS,
        radius_km=radius_km,
        sectors=[OfferSector(sector_slug=sector) for sector in sectors or (GREEN_SPACES,)],
    )
    session.add(row)
    session.flush()
    return row


def need_draft(**changes: object) -> NeedDraft:
    said: dict[str, object] = {
        "kind": NeedKind.QUOTE,
        "title": "Entretien des espaces verts",
        "description": "Tonte et taille de haies autour de la mairie.",
        "sectors": (GREEN_SPACES,),
        "service_types": (),
        "kinds": (),
        "place_type": PlaceType.POINT,
        "commune_code": BESANCON,
        "radius_km": None,
        "zones": (),
        "include_country": True,
        "deadline_on": in_three_weeks(),
    }
    return NeedDraft(**(said | changes))  # type: ignore[arg-type]  # a test's own values


def in_three_weeks() -> date:
    return clock.today() + timedelta(days=21)


def submitted_need(
    session: Session, author_id: int, organisation_id: int, **changes: object
) -> Need:
    return post_need(session, author_id, organisation_id, need_draft(**changes), MONDAY)


def draft(session: Session, author_id: int, organisation_id: int, **changes: object) -> Need:
    """A need at its first step, and the further answers given."""
    said = {
        "organisation_id": organisation_id,
        "kind": NeedKind.QUOTE,
        "title": "Entretien des espaces verts",
    }
    answers = Answers(**(said | changes))  # type: ignore[typeddict-item]  # a test's own values
    return start_draft(session, author_id, answers, new_key(), MONDAY)
