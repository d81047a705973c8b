"""What people of the demonstration keep for later: lists, searches, plans, a draft, a profile."""

from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.clock import PARIS
from marketplace.demo.cast import Cast
from marketplace.demo.days import office_hour
from marketplace.lists.favouring import keep, note, open_list
from marketplace.lists.saving_searches import save_search
from marketplace.lists.tables import Favourite
from marketplace.needs.drafting import Answers, start_draft
from marketplace.needs.planning import Said, plan, quarters
from marketplace.needs.tables import NeedKind, PlaceType
from marketplace.offers.narrowing import Asked, Face, Facet
from marketplace.structures.profile import add_reference, add_site
from marketplace.territories.queries import gazetteer

BESANCON, DIJON = "25056", "21231"
ROSEMONT = "Les Chantiers du Rosemont"
GREEN_SPACES = "creation-et-entretien-des-espaces-verts"
CLEANING = "nettoyage-de-locaux"


def keep_all(session: Session, cast: Cast, now: datetime) -> None:
    kept_at = office_hour(now, 4, 2)
    _keep_list(
        session,
        cast,
        cast.buyers["besancon"],
        "Espaces verts, à consulter",
        {
            "Paysages de la Boucle": "A bien tenu les abords du collège l'an passé.",
            "La Main verte des Sapins Bleus": "",
            "ESAT Les Serres du Val Loutre": "Plants et massifs.",
        },
        cast.organisations["besancon"],
        kept_at,
    )
    _keep_list(
        session,
        cast,
        cast.buyers["dijon"],
        "Propreté urbaine",
        {"Les Allées vertes du Val Clair": ""},
        cast.organisations["dijon"],
        kept_at,
    )
    facilitator = cast.moderators[cast.desks["besancon"]]
    partners = {ROSEMONT: "Prêts à être mandataires.", "Net et Clair du Grand Pré": ""}
    _keep_list(session, cast, facilitator, "Prêtes à se grouper", partners, None, kept_at)
    _save_searches(session, cast, kept_at)
    _plan(session, cast, now)
    _begin_a_draft(session, cast, now)
    _complete_a_profile(session, cast, kept_at)


def _keep_list(
    session: Session,
    cast: Cast,
    owner_id: int,
    name: str,
    notes: dict[str, str],
    organisation_id: int | None,
    now: datetime,
) -> None:
    row = open_list(session, owner_id, name, organisation_id, now)
    for structure, words in notes.items():
        structure_id = cast.structures[structure]
        keep(session, structure_id, owner_id, [row], [row], now)
        if words:
            kept = select(Favourite).filter_by(list_id=row.id, structure_id=structure_id)
            note(session, session.scalars(kept).one(), words, row, now)


def _save_searches(session: Session, cast: Cast, now: datetime) -> None:
    cleaning = Asked(where=BESANCON, ticked=((Facet.SECTOR, CLEANING),))
    caterers = Asked(words="traiteur", where=DIJON, radius_km=30)
    for buyer, name, asked in (
        ("besancon", "Nettoyage à Besançon", cleaning),
        ("dijon", "Traiteurs autour de Dijon", caterers),
    ):
        save_search(session, cast.buyers[buyer], name, Face.STRUCTURES, asked, True, now)


def _plan(session: Session, cast: Cast, now: datetime) -> None:
    _, second, third, *_ = quarters(now.astimezone(PARIS).date())
    for key, title, description, sector, when, amount in (
        (
            "besancon",
            "Fleurissement des entrées de ville",
            "Plantation et arrosage de vingt massifs, avec des vivaces sobres en eau.",
            GREEN_SPACES,
            second,
            (30000, 45000),
        ),
        (
            "besancon",
            "Nettoyage des écoles du quartier nord",
            "Six écoles, 7\u00a0800\u00a0m², pour trois ans. Un lot pourrait être réservé.",
            CLEANING,
            third,
            (180000, 240000),
        ),
        (
            "dijon",
            "Gestion écologique de deux cimetières",
            "Désherbage manuel et semis d'allées, 9 hectares.",
            GREEN_SPACES,
            second,
            (60000, 80000),
        ),
    ):
        year, quarter = when
        said = Said(
            organisation_id=cast.organisations[key],
            title=title,
            description=description,
            sectors=[sector],
            year=year,
            quarter=quarter,
            amount_min=Decimal(amount[0]),
            amount_max=Decimal(amount[1]),
            place_type=PlaceType.POINT,
            commune_code=DIJON if key == "dijon" else BESANCON,
            zones=[],
        )
        plan(session, said, cast.buyers[key], office_hour(now, 9, quarter))


def _begin_a_draft(session: Session, cast: Cast, now: datetime) -> None:
    """Two steps done of four."""
    answers = Answers(
        organisation_id=cast.organisations["besancon"],
        platform_id=None,
        kind=NeedKind.QUOTE,
        title="Blanchisserie des tenues de cantine",
        description="Lavage, repassage et petites reprises de 140 tenues par semaine.",
        sectors=["blanchisserie"],
        place_type=PlaceType.POINT,
        commune_code=BESANCON,
        zones=[],
    )
    start_draft(session, cast.buyers["besancon"], answers, "demonstration", office_hour(now, 1, 5))


def _complete_a_profile(session: Session, cast: Cast, now: datetime) -> None:
    structure_id = cast.structures[ROSEMONT]
    user_id = cast.speaker_of(session, structure_id)
    places = gazetteer(session)
    ornans = places.commune("25434")
    if ornans is not None:
        add_site(
            session, structure_id, "Dépôt et atelier", "3 rue de la Filature", ornans, user_id, now
        )
    year = (now - timedelta(days=365)).year
    for client, work in (
        ("Syndicat de rivière de démonstration", "Entretien de 12 kilomètres de berges"),
        ("Lycée de démonstration du Rosemont", "Tonte et taille, six ans de suite"),
    ):
        add_reference(session, structure_id, client, work, year, user_id, now)
