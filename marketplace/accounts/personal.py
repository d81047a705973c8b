"""What accounts hold about a person: handed over, or forgotten."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from marketplace.accounts.tables import (
    AccountLink,
    ExternalIdentity,
    Invitation,
    OrganisationMember,
    OrganisationRequest,
    User,
    UserSession,
)

ERASED_NAME = "Compte effacé"


def export_of(session: Session, user_id: int) -> dict[str, list[dict[str, object]]]:
    """The account, what it belongs to and how it was entered; hashes stay here."""
    user = session.get_one(User, user_id)
    memberships = session.scalars(
        select(OrganisationMember)
        .filter_by(user_id=user_id)
        .options(joinedload(OrganisationMember.organisation))
    )
    requests = session.scalars(
        select(OrganisationRequest)
        .filter_by(user_id=user_id)
        .options(joinedload(OrganisationRequest.organisation))
        .order_by(OrganisationRequest.id)
    )
    decided = session.scalars(
        select(OrganisationRequest)
        .filter_by(decided_by_id=user_id)
        .options(joinedload(OrganisationRequest.organisation))
        .order_by(OrganisationRequest.id)
    )
    sessions = session.scalars(
        select(UserSession).filter_by(user_id=user_id).order_by(UserSession.id)
    )
    links = session.scalars(select(AccountLink).filter_by(user_id=user_id).order_by(AccountLink.id))
    sent = session.scalars(
        select(Invitation).filter_by(invited_by_id=user_id).order_by(Invitation.id)
    )
    received = session.scalars(select(Invitation).where(_to(user)).order_by(Invitation.id))
    identities = session.scalars(select(ExternalIdentity).filter_by(user_id=user_id))
    return {
        "compte": [
            {
                "numero": user.id,
                "nom": user.full_name,
                "adresse_electronique": user.email,
                "adresse_confirmee_le": user.email_verified_at,
                "a_un_mot_de_passe": user.password_hash is not None,
                "est_administrateur": user.is_administrator,
                "est_ouvert": user.is_active,
                "cree_le": user.created_at,
                "derniere_connexion": user.last_sign_in_at,
                "connexion_precedente": user.previous_sign_in_at,
                "prevenu_de_l_effacement_le": user.warned_at,
            }
        ],
        "organismes": [
            {
                "organisme": row.organisation.name,
                "siret": row.organisation.siret,
                "role": row.role,
                "depuis_le": row.joined_at,
            }
            for row in memberships
        ],
        "demandes_aux_organismes": [
            {
                "organisme": row.organisation.name,
                "message": row.message,
                "demande_le": row.asked_at,
                "decide_le": row.decided_at,
                "accepte": row.is_accepted,
                "motif": row.reason,
            }
            for row in requests
        ],
        "demandes_aux_organismes_decidees": [
            {
                "organisme": row.organisation.name,
                "decide_le": row.decided_at,
                "accepte": row.is_accepted,
                "motif": row.reason,
            }
            for row in decided
        ],
        "appareils_connectes": [
            {
                "ouvert_le": row.created_at,
                "vu_le": row.last_seen_at,
                "ferme_le": row.ended_at,
                "adresse_ip": row.ip,
                "navigateur": row.browser,
            }
            for row in sessions
        ],
        "liens_recus": [
            {
                "but": row.purpose,
                "adresse": row.address,
                "envoye_le": row.created_at,
                "valable_jusqu_au": row.expires_at,
                "utilise_le": row.used_at,
            }
            for row in links
        ],
        "invitations_envoyees": [_invitation(row) for row in sent],
        "invitations_recues": [_invitation(row) for row in received],
        "identites_externes": [
            {"fournisseur": row.issuer, "identifiant": row.subject, "reliee_le": row.linked_at}
            for row in identities
        ],
    }


def _invitation(row: Invitation) -> dict[str, object]:
    return {
        "pour": row.kind,
        "role": row.role,
        "adresse": row.address,
        "envoyee_le": row.created_at,
        "valable_jusqu_au": row.expires_at,
        "acceptee_le": row.accepted_at,
        "retiree_le": row.withdrawn_at,
    }


def _to(user: User) -> ColumnElement[bool]:
    """Invitations that this person took, or that its address got, once it is surely its own."""
    taken = Invitation.accepted_by_id == user.id
    if user.email_verified_at is None:
        return taken
    return or_(taken, func.lower(Invitation.address) == user.email.lower())


def erase(session: Session, user_id: int, now: datetime) -> None:
    """Nothing left says who this was; the row stays, for the needs and decisions that name it."""
    user = session.get_one(User, user_id)
    for table in (UserSession, AccountLink, ExternalIdentity, OrganisationMember):
        session.execute(delete(table).where(table.user_id == user_id))
    session.execute(delete(Invitation).where(_to(user)))
    session.execute(
        update(Invitation)
        .where(Invitation.invited_by_id == user_id)
        .where(Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    session.execute(
        update(OrganisationRequest)
        .where(OrganisationRequest.user_id == user_id)
        .values(
            message="",
            reason="",
            is_accepted=func.coalesce(OrganisationRequest.is_accepted, False),
            decided_at=func.coalesce(OrganisationRequest.decided_at, now),
        )
    )
    user.full_name = ERASED_NAME
    user.email = f"efface-{user_id}@tandem.invalid"
    user.password_hash = None
    user.is_administrator = user.is_active = False
    user.email_verified_at = user.warned_at = None
    user.last_sign_in_at = user.previous_sign_in_at = None
    user.erased_at = now


def lock_administrators(session: Session) -> None:
    """Whoever else stops being one meanwhile waits, and then sees what we did."""
    session.execute(
        select(User.id).where(User.is_administrator).order_by(User.id).with_for_update()
    )


def is_last_administrator(session: Session, user_id: int) -> bool:
    """Whether nobody would be left to look after Tandem without this person."""
    found = select(User.id).where(
        User.is_administrator, User.is_active, User.email_verified_at.is_not(None)
    )
    return session.scalars(found).all() == [user_id]
