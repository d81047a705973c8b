"""Another address for an account, confirmed on both sides: by the old one and by the new one."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import audit, mail
from marketplace.accounts.links import DeadLink, end_links, send_account_exists, send_link, use
from marketplace.accounts.signing_in import user_of
from marketplace.accounts.tables import AccountLink, LinkPurpose, User
from marketplace.audit import Action
from marketplace.mail import Promise

BOTH_SIDES = (LinkPurpose.LEAVE_ADDRESS, LinkPurpose.CONFIRM_ADDRESS)


def ask_address(session: Session, user_id: int, address: str, now: datetime) -> None:
    """Mail a link to the old and to the new address.

    When somebody else has the new one, its holder is told instead, and the person who asks
    sees no difference.
    """
    user = session.get_one(User, user_id)
    send_link(session, LinkPurpose.LEAVE_ADDRESS, user, user.email, now)
    holder = user_of(session, address)
    if holder is None or holder.id == user.id:
        send_link(session, LinkPurpose.CONFIRM_ADDRESS, user, address, now)
    else:
        send_account_exists(session, LinkPurpose.CONFIRM_ADDRESS, holder, now)


def confirm_address(
    session: Session, purpose: LinkPurpose, token: str, now: datetime, ip: str
) -> bool:
    """Confirm one side; whether the address has changed, the other being confirmed already.

    Raises DeadLink, also when another account took the address meanwhile.
    """
    link = use(session, purpose, token, now)
    session.flush()
    # Both sides confirmed at once: the second waits here, then sees what the first did.
    user = session.get_one(User, link.user_id, with_for_update=True, populate_existing=True)
    confirmed = session.scalars(
        select(AccountLink)
        .where(AccountLink.user_id == user.id, AccountLink.purpose.in_(BOTH_SIDES))
        .where(AccountLink.used_at.is_not(None))
    ).all()
    if {side.purpose for side in confirmed} != set(BOTH_SIDES):
        return False
    (new,) = (s.address for s in confirmed if s.purpose is LinkPurpose.CONFIRM_ADDRESS)
    holder = user_of(session, new)
    if holder is not None and holder.id != user.id:
        raise DeadLink
    old, user.email, user.email_verified_at = user.email, new, now
    end_links(session, user.id)
    audit.note(session, Action.EMAIL_CHANGED, actor_id=user.id, about=("user", user.id), ip=ip)
    mail.post(
        session,
        key=f"accounts/address_changed:{user.id}:{now.isoformat()}",
        kind="accounts/address_changed",
        address=old,
        promise=Promise.AT_LEAST_ONCE,
        user_id=user.id,
        name=user.full_name,
    )
    return True
