"""Inviting people to follow the structures of a network, and letting them go."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, joinedload

from marketplace import audit, formats, mail
from marketplace.accounts import inviting
from marketplace.accounts.tables import Invitation, InvitationKind, User
from marketplace.audit import Action
from marketplace.structures.network_tables import Network, NetworkPartner
from marketplace.structures.networks import NETWORKS
from marketplace.structures.tables import Structure, StructureMember, StructureRole

PARTNER = "partner"


class AlreadyPartner(Exception):
    """The person follows this network already."""


def network_of(session: Session, code: str) -> Network:
    """The row of a network of structures.networks, made when it is the first time.

    Raises KeyError for a code that there is not.
    """
    NETWORKS[code]
    session.execute(insert(Network).values(code=code).on_conflict_do_nothing())
    return session.scalars(select(Network).filter_by(code=code)).one()


def partners_of(session: Session, network_id: int) -> Sequence[NetworkPartner]:
    of_it = select(NetworkPartner).filter_by(network_id=network_id)
    shown = of_it.options(joinedload(NetworkPartner.user)).order_by(NetworkPartner.joined_at)
    return session.scalars(shown).all()


def invite(session: Session, code: str, address: str, by: User, now: datetime, ip: str = "") -> str:
    """Mail an invitation to follow a network. Gives the path of its link.

    Raises AlreadyPartner.
    """
    network = network_of(session, code)
    follows = select(NetworkPartner).join(NetworkPartner.user)
    same_address = func.lower(User.email) == address.lower()
    if session.scalar(follows.where(same_address, NetworkPartner.network_id == network.id)):
        raise AlreadyPartner
    token = inviting.invite(
        session, InvitationKind.NETWORK, network.id, PARTNER, address, by.id, now, ip
    )
    link = f"/invitations/{token}"
    mail.post(
        session,
        key=f"invitation:{inviting.hash_of(token)}",
        kind="structures/network_invitation",
        address=address,
        promise=mail.Promise.AT_LEAST_ONCE,
        link=link,
        name="",
        by=by.full_name,
        network=network.name,
        expires=formats.moment(now + inviting.LASTS),
    )
    return link


def join(session: Session, invitation: Invitation, user_id: int, now: datetime, ip: str) -> None:
    """Use an invitation to follow a network up. Raises as `inviting.accept`."""
    inviting.accept(session, invitation, user_id, now, ip)
    row = {"network_id": invitation.subject_id, "user_id": user_id, "joined_at": now}
    session.execute(insert(NetworkPartner).values(row).on_conflict_do_nothing())
    _note(session, Action.MEMBER_ADDED, user_id, user_id, invitation.subject_id, ip)


def ask_to_join(session: Session, network: Network, structure_ids: Collection[int]) -> None:
    """Tell the managers of structures that a network counts them among its members, once for
    ever: they alone say so on their page."""
    managers = (
        select(Structure, User)
        .join(StructureMember, StructureMember.structure_id == Structure.id)
        .join(User, User.id == StructureMember.user_id)
        .where(
            Structure.id.in_(structure_ids),
            StructureMember.role == StructureRole.MANAGER,
            User.is_active,
        )
    )
    for structure, user in session.execute(managers) if structure_ids else ():
        mail.post(
            session,
            key=f"network_counts:{network.id}:{structure.id}:{user.id}",
            kind="structures/network_counts_you",
            address=user.email,
            promise=mail.Promise.AT_MOST_ONCE,
            user_id=user.id,
            link=f"/ma-structure/{structure.slug}/reconnaissances",
            name=user.full_name,
            structure=structure.display_name,
            network=network.name,
        )


def let_go(session: Session, network_id: int, user_id: int, by_id: int, ip: str = "") -> None:
    """The person follows this network no more; nothing happens if it did not."""
    gone = session.scalar(
        delete(NetworkPartner)
        .where(NetworkPartner.network_id == network_id, NetworkPartner.user_id == user_id)
        .returning(NetworkPartner.user_id)
    )
    if gone is not None:
        _note(session, Action.MEMBER_REMOVED, by_id, user_id, network_id, ip)


def _note(
    session: Session,
    action: Action,
    actor_id: int,
    user_id: int,
    network_id: int | None,
    ip: str,
) -> None:
    audit.note(
        session, action, actor_id=actor_id, about=("user", user_id), ip=ip, network_id=network_id
    )
