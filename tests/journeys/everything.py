"""A world with one of everything, and the pages that each role has to see of it."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts import joining, teams
from marketplace.accounts.organisations import TEAM
from marketplace.accounts.tables import (
    Organisation,
    OrganisationMember,
    OrganisationRequest,
    OrganisationRole,
    User,
)
from marketplace.db import transaction
from marketplace.matching.shortlisting import shortlist_need
from marketplace.moderation import claims, desks
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import PlaceType
from marketplace.structures.tables import Structure, StructureClaim
from tests.factories import people
from tests.factories.market import (
    BESANCON,
    DOLE,
    draft,
    in_three_weeks,
    offer,
    structure,
    submitted_need,
)

STEPS = ("quoi", "lots", "lots/ajouter", "ou-et-quand", "comment", "verifier")


class Site:
    """One of everything, and a person of each role."""

    def __init__(self, session: Session) -> None:
        here = structure(session, "Les Haies de la Boucle")
        offer(session, here, title="Tonte et taille de haies")
        offer(session, structure(session, "Jura Vert", DOLE), radius_km=60)
        desk = people.desk(session, "25056")
        buyer_of = people.organisation(session)
        buyer = people.buyer(session, buyer_of.id)
        published = submitted_need(session, buyer.id, buyer_of.id)
        published.status = Status.PUBLISHED
        published.published_at = clock.now()
        waiting = submitted_need(session, buyer.id, buyer_of.id, title="Nettoyage de la mairie")
        desks.receive_need(session, waiting, clock.now() - timedelta(days=9))
        sent_back = submitted_need(session, buyer.id, buyer_of.id, title="Déménagement")
        sent_back.status = Status.CHANGES_REQUESTED
        facilitator = people.facilitator(session, desk)
        claim, request, manager = self._team(session, here, buyer_of)
        town, garden = (
            f"/mon-organisme/{buyer_of.siret}/equipe",
            f"/ma-structure/{here.slug}/equipe",
        )
        begun = draft(session, buyer.id, buyer_of.id, title="Prestation")
        whole = draft(
            session,
            buyer.id,
            buyer_of.id,
            place_type=PlaceType.POINT,
            commune_code=BESANCON,
            radius_km=30,
            deadline_on=in_three_weeks(),
        )
        self.emails = {
            "buyer": buyer.email,
            "manager": manager.email,
            "structure": people.structure_member(session, here).email,
            "facilitator": facilitator.email,
            "administrator": people.user(session, is_administrator=True).email,
        }
        self.pages = {
            "anonymous": [
                "/",
                "/connexion",
                "/connexion/lien",
                "/inscription",
                "/mot-de-passe/oublie",
                "/lien/mot-de-passe/eteint",
                "/besoins",
                f"/besoins/{published.slug}",
                "/structures",
                "/structures?q=tonte&lieu=Besançon",
                "/structures?q=tonte&lieu=zzzz",
                f"/structures/{here.slug}",
                "/classement",
                "/mentions-legales",
                "/accessibilite",
                "/donnees-personnelles",
                "/licences",
                "/plan-du-site",
                "/facilitateurs?lieu=Saint-Denis",
                "/nulle-part",
            ],
            "buyer": [
                "/tableau-de-bord",
                "/mon-compte",
                "/mon-compte/nom",
                "/mon-compte/adresse",
                "/mon-compte/mot-de-passe",
                "/mon-compte/appareils",
                "/besoins/deposer",
                *(f"/besoins/{one.slug}/etapes/{step}" for one in (begun, whole) for step in STEPS),
                f"/besoins/{begun.slug}/supprimer",
                f"/besoins/{waiting.slug}/envoye",
                f"/besoins/{published.slug}",
                f"/besoins/{waiting.slug}",
                f"/besoins/{sent_back.slug}/modifier",
                f"/besoins/{published.slug}/retirer",
                "/mes-besoins",
                "/depenses/importer",
                "/potentiel",
                f"/besoins/{published.slug}/amender",
                *(
                    f"/besoins/{published.slug}/amender/{part}"
                    for part in ("quoi", "ou-et-quand", "comment")
                ),
                *(
                    f"/besoins/{published.slug}/{deed}"
                    for deed in ("prolonger", "clore", "dupliquer", "compte-rendu")
                ),
            ],
            "structure": [
                "/tableau-de-bord",
                "/mon-compte/courriels",
                "/notifications",
                "/besoins-pour-vous",
                "/mes-donnees",
                "/mes-donnees/effacer",
            ],
            "manager": [
                "/invitations/eteinte",
                "/mes-organismes",
                "/mes-organismes/rejoindre",
                "/mes-organismes/rejoindre?siret=123",
                "/mes-organismes/21250056500016/creer",
                f"/mes-organismes/{buyer_of.siret}/rejoindre",
                town,
                f"{town}/inviter",
                f"{town}/demandes/{request.id}",
                f"{town}/{buyer.id}/role",
                garden,
                f"{garden}/{manager.id}/retirer",
                "/structures/revendiquer?siret=73282932000074",
                "/structures/proposer/73282932000074",
                f"/structures/{here.slug}/revendiquer",
            ],
            "facilitator": [
                "/tableau-de-bord",
                "/guichet/",
                "/guichet/suivi",
                "/guichet/semaine",
                "/postes/ouvrir",
                "/postes/prescripteurs",
                f"/guichet/besoins/{waiting.slug}",
                f"/guichet/demandes/{claim.id}",
            ],
            "administrator": [
                "/tableau-de-bord",
                f"/besoins/{published.slug}",
                "/admin/",
                "/admin/personnes/?q=a&compte=ouvert",
                "/admin/personnes/inviter",
                f"/admin/personnes/{buyer.id}",
                f"/admin/personnes/{buyer.id}/fermer",
                "/admin/courriels/",
                "/admin/courriels/par-jour",
                "/admin/courriels/prochains",
                "/admin/courriels/refuses",
                "/admin/organismes/",
                f"/admin/organismes/{buyer_of.id}",
                f"/admin/organismes/{buyer_of.id}/modifier",
                "/admin/guichets/",
                "/admin/guichets/nouveau",
                f"/admin/guichets/{desk.id}",
                f"/admin/guichets/{desk.id}/fermer",
                f"/guichet/equipe/{desk.id}",
                f"/guichet/equipe/{desk.id}/{facilitator.id}/retirer",
                "/admin/secteurs/?q=vert",
                "/admin/journal/",
                "/admin/journal/?acteur=personne",
            ],
        }
        session.commit()
        with transaction() as writing:
            shortlist_need(writing, published.id, clock.now())

    def _team(
        self, session: Session, garden: Structure, town: Organisation
    ) -> tuple[StructureClaim, OrganisationRequest, User]:
        """A claim on the desk, a request to join, and who manages both teams."""
        now, ip = clock.now(), "192.0.2.1"
        newcomer = people.user(session, "Nina Nouvelle")
        claims.claim_structure(session, garden.id, newcomer.id, "Directrice", now, ip)
        manager = people.structure_manager(session, garden)
        session.add(
            OrganisationMember(
                organisation_id=town.id, user_id=manager.id, role=OrganisationRole.MANAGER
            )
        )
        session.flush()
        request = joining.ask(session, TEAM, town.id, newcomer.id, "Chargée d'achats", now, ip)
        joining.invite(
            session, TEAM, town.id, "lea@tandem.invalid", teams.Role.MEMBER, manager.id, now, ip
        )
        claim = session.scalars(select(StructureClaim).filter_by(user_id=newcomer.id)).one()
        return claim, request, manager
