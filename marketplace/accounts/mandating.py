"""An administrator corrects an organisation, and says which platforms may buy for it."""

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.accounts.tables import Organisation, OrganisationKind, PurchasingMandate


class UnknownSiret(Exception):
    """No organisation here has this SIRET."""


class ItsOwnMandate(Exception):
    """An organisation needs no mandate to buy for itself."""


class NoSuchMandate(Exception):
    """The platform may not, or no longer, buy for this organisation."""


def correct_organisation(
    session: Session, organisation_id: int, name: str, kind: OrganisationKind, by_id: int, ip: str
) -> None:
    """Raises NoResultFound."""
    row = session.get_one(Organisation, organisation_id, with_for_update=True)
    changed = [
        field
        for field, is_new in (("name", row.name != name), ("kind", row.kind != kind))
        if is_new
    ]
    row.name, row.kind = name, kind
    audit.note(
        session,
        audit.Action.CHANGED,
        actor_id=by_id,
        about=("organisation", organisation_id),
        ip=ip,
        fields=changed,
    )


def give_mandate(session: Session, platform_id: int, siret: str, by_id: int, ip: str) -> None:
    """Let a platform buy for the organisation with this SIRET; nothing the second time.

    Raises UnknownSiret, ItsOwnMandate.
    """
    for_id = session.scalar(select(Organisation.id).where(Organisation.siret == siret))
    if for_id is None:
        raise UnknownSiret(siret)
    if for_id == platform_id:
        raise ItsOwnMandate
    row = insert(PurchasingMandate).values(platform_id=platform_id, organisation_id=for_id)
    session.execute(row.on_conflict_do_nothing())
    _note(session, platform_id, by_id, ip, mandate_given=for_id)


def end_mandate(
    session: Session, platform_id: int, organisation_id: int, by_id: int, ip: str
) -> None:
    """What was posted before stays. Raises NoSuchMandate."""
    row = delete(PurchasingMandate).filter_by(
        platform_id=platform_id, organisation_id=organisation_id
    )
    ended = session.execute(row.returning(PurchasingMandate.platform_id))
    if ended.first() is None:
        raise NoSuchMandate
    _note(session, platform_id, by_id, ip, mandate_ended=organisation_id)


def _note(session: Session, platform_id: int, by_id: int, ip: str, **details: int) -> None:
    audit.note(
        session,
        audit.Action.ROLE_CHANGED,
        actor_id=by_id,
        about=("organisation", platform_id),
        ip=ip,
        **details,
    )
