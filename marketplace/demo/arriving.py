"""Newcomers of the demonstration, whom a desk or a team has to answer."""

from datetime import datetime

from sqlalchemy.orm import Session

from marketplace.accounts import joining, organisations
from marketplace.demo.cast import Cast
from marketplace.demo.days import office_hour
from marketplace.demo.inventing import siret
from marketplace.moderation.assigning import assign
from marketplace.moderation.claims import claim_structure, decide_claim, receive_claim
from marketplace.moderation.first_offers import send_offer
from marketplace.moderation.queries import waiting
from marketplace.offers.drafting import OfferDraft, start_draft
from marketplace.offers.tables import CoverageType, ServiceType
from marketplace.structures.claiming import add_unlisted, claim
from marketplace.structures.register import entry_of

BAKERY = {
    "siret": siret(7000),
    "kind": "ACI",
    "name": "Le Fournil des Tilleuls",
    "brand": "",
    "legal_form": "Association déclarée",
    "address": "4 place des Tilleuls",
    "postcode": "25000",
    "city": "Besançon",
    "department": "25",
    "naf": "1071C",
    "website": "",
    "email": "contact@fournil-des-tilleuls.invalid",
    "phone": "03 53 01 27 18",
    "lat": "",
    "lon": "",
    "sectors": "",
}
"""A structure that no register lists: as its founder writes it down."""


def settle(session: Session, cast: Cast, now: datetime) -> int:
    """A structure that no register lists was written down by its founder, whom the desk of
    Besançon believed. Gives its id."""
    founder = cast.newcomer(session, "pierre.mathey@fournil-des-tilleuls.invalid", "Pierre Mathey")
    asked_at, decided_at = office_hour(now, 30, 2), office_hour(now, 29, 6)
    structure = add_unlisted(session, entry_of(BAKERY), founder, "")
    asked, _ = claim(session, structure.id, founder, "", asked_at, "")
    entry = receive_claim(session, asked, asked_at)
    decide_claim(session, asked.id, cast.moderators[entry.desk_id], True, "", decided_at, "")
    cast.speakers[structure.id] = founder
    return structure.id


def arrive(session: Session, cast: Cast, bakery_id: int, now: datetime) -> None:
    """A first offer and a claim wait at the desk of Besançon, a colleague at the buyer's team."""
    _send_a_first_offer(session, bakery_id, cast.speakers[bakery_id], office_hour(now, 1, 4))
    claimant = cast.newcomer(session, "lucie.carrez@courriel.invalid", "Lucie Carrez")
    claim_structure(
        session,
        cast.structures["Entraide des Deux Rives"],
        claimant,
        "Je dirige l'association depuis septembre, à la suite de Monique Vieille.",
        office_hour(now, 1, 1),
        "",
    )
    colleague = cast.newcomer(session, "paul.henriot@tandem.invalid", "Paul Henriot")
    joining.ask(
        session,
        organisations.TEAM,
        cast.organisations["besancon"],
        colleague,
        "J'achète pour la direction des sports.",
        office_hour(now, 1, 3),
        "",
    )
    desk_id = cast.desks["besancon"]
    _, second, *_ = session.scalars(waiting([desk_id], now))
    assign(session, second.id, cast.moderators[desk_id], None)


def _send_a_first_offer(session: Session, structure_id: int, user_id: int, now: datetime) -> None:
    draft = OfferDraft(
        title="Pain et goûters pour les cantines et les réceptions",
        description="Pains au levain, brioches et goûters faits chaque nuit par dix salariés en"
        " parcours, avec des farines du département. Livraison à vélo avant 9\u00a0h.",
        sectors=("boulangerie-patisserie-confiseries",),
        service_types=(ServiceType.BUILD,),
        coverage_type=CoverageType.RADIUS,
        radius_km=15,
        amount_min=50,
        lead_time_days=5,
    )
    offer = start_draft(session, structure_id, draft, now)
    send_offer(session, offer.id, user_id, now)
