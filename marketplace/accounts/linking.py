"""Signing in by an identity provider: which account an identity opens, and how it comes to.

An identity opens an account only after its person proved, by the means that it had before,
that the account is its own. The same address is no proof.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace import audit, mail
from marketplace.accounts.identity import Identity
from marketplace.accounts.links import (
    hash_of,
    new_token,
    send_account_exists,
    send_link,
    use,
)
from marketplace.accounts.signing_in import user_of
from marketplace.accounts.signing_up import open_account
from marketplace.accounts.tables import ExternalIdentity, LinkPurpose, User
from marketplace.audit import Action
from marketplace.formats import moment
from marketplace.mail import Promise

PROOF_LASTS = timedelta(hours=1)
"""How long the mail that proves the address of a newcomer is good for."""


class IdentityTaken(Exception):
    """This identity already opens another account."""


class NotVerified(Exception):
    """The address of this account is not confirmed: whose account it is, nobody knows yet."""


class NoSuchIdentity(Exception):
    """This person has no such identity."""


def person_of(session: Session, identity: Identity) -> User | None:
    """Whose account this identity opens; it may be closed."""
    return session.scalar(
        select(User)
        .join(ExternalIdentity)
        .where(ExternalIdentity.issuer == identity.issuer)
        .where(ExternalIdentity.subject == identity.subject)
    )


def identities_of(session: Session, user_id: int) -> Sequence[ExternalIdentity]:
    mine = select(ExternalIdentity).filter_by(user_id=user_id).order_by(ExternalIdentity.id)
    return session.scalars(mine).all()


def link(session: Session, user_id: int, identity: Identity, now: datetime, ip: str) -> None:
    """Let this identity open this account, and tell its person so by mail.

    Raises NotVerified; IdentityTaken, also to the slower of two accounts that ask at once.
    """
    user = session.get_one(User, user_id)
    if user.email_verified_at is None:
        raise NotVerified
    row = insert(ExternalIdentity).values(
        issuer=identity.issuer, subject=identity.subject, user_id=user_id, linked_at=now
    )
    written = session.scalar(row.on_conflict_do_nothing().returning(ExternalIdentity.id))
    if written is None:
        if person_of(session, identity) is not user:
            raise IdentityTaken
        return
    audit.note(session, Action.IDENTITY_LINKED, actor_id=user_id, about=("user", user_id), ip=ip)
    mail.post(
        session,
        key=f"identity_linked:{written}",
        kind="accounts/identity_linked",
        address=user.email,
        promise=Promise.AT_LEAST_ONCE,
        user_id=user_id,
        name=user.full_name,
        link="/mon-compte/proconnect",
    )


def ask_to_link(session: Session, email: str, now: datetime) -> None:
    """Mail the link that lets an identity open the account of this address.

    To an address that opens nothing, a mail that says so: the same work in both cases.
    """
    user = user_of(session, email)
    is_open = user is not None and user.is_active and user.email_verified_at is not None
    send_link(session, LinkPurpose.LINK_IDENTITY, user if is_open else None, email.strip(), now)


def link_by_mail(session: Session, token: str, identity: Identity, now: datetime, ip: str) -> User:
    """The person who asked for this mail, whose account this identity opens from now on.

    Raises DeadLink, NotVerified, IdentityTaken.
    """
    user = use(session, LinkPurpose.LINK_IDENTITY, token, now).user
    link(session, user.id, identity, now, ip)
    return user


def unlink(session: Session, user_id: int, identity_id: int, ip: str) -> None:
    """Raises NoSuchIdentity, as when it is somebody else's."""
    row = session.scalar(
        select(ExternalIdentity)
        .where(ExternalIdentity.id == identity_id, ExternalIdentity.user_id == user_id)
        .with_for_update()
    )
    if row is None:
        raise NoSuchIdentity(identity_id)
    session.delete(row)
    audit.note(session, Action.IDENTITY_UNLINKED, actor_id=user_id, about=("user", user_id), ip=ip)


def sign_up_with(
    session: Session, identity: Identity, full_name: str, now: datetime, ip: str
) -> User:
    """Open an account for somebody whose address is proven, by the provider or by our mail.

    Raises AddressTaken, IdentityTaken.
    """
    user = open_account(session, identity.email, full_name, now, ip)
    session.flush()
    link(session, user.id, identity, now, ip)
    return user


def ask_for_proof(session: Session, identity: Identity, full_name: str, now: datetime) -> str:
    """Mail a newcomer the link that proves its address; whoever has an account is told so.

    Nothing is written down: the browser keeps the hash returned here for PROOF_LASTS, and
    opens the account when it comes back with the token, which only the mail holds.
    """
    token = new_token()
    holder = user_of(session, identity.email)
    if holder is not None and (holder.email_verified_at is not None or not holder.is_active):
        send_account_exists(session, LinkPurpose.VERIFY_EMAIL, holder, now)
    else:
        mail.post(
            session,
            key=f"identity_proof:{hash_of(token)}",
            kind="accounts/verify_email",
            address=identity.email,
            promise=Promise.AT_LEAST_ONCE,
            name=full_name,
            link=f"/connexion/proconnect/inscription/{token}",
            expires=moment(now + PROOF_LASTS),
        )
    return hash_of(token)
