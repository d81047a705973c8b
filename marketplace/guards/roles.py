"""Who is asking, and the guard that each route wears."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

from flask import abort, redirect, request, url_for
from flask_login import UserMixin, current_user, login_required
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from marketplace.accounts.links import hash_of
from marketplace.accounts.sessions import is_live
from marketplace.accounts.tables import OrganisationMember, User, UserSession
from marketplace.digests.tables import Notice, PausedAddress
from marketplace.moderation.tables import DeskMember
from marketplace.structures.network_tables import NetworkPartner
from marketplace.structures.tables import StructureMember

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = frozenset(
    {
        "static",
        "accounts.choose_password",
        "accounts.confirm_address",
        "accounts.enter",
        "accounts.follow",
        "accounts.forgotten_password",
        "accounts.magic_link",
        "accounts.mail_sent",
        "accounts.sign_in",
        "accounts.sign_up",
        "accounts.verify",
        "crawlers.pages",
        "crawlers.robots",
        "crawlers.sitemap",
        "bounces.receive",
        "answers.follow",
        "clauses.calculate",
        "clauses.levers",
        "clauses.shared",
        "feeds.deadline",
        "feeds.needs",
        "health.alive",
        "health.ready",
        "facilitators.show",
        "figures.country",
        "figures.export",
        "figures.missing",
        "figures.missing_export",
        "figures.missing_needs_export",
        "figures.region",
        "home.show",
        "hours.by_link",
        "hours.report_by_link",
        "invitations.show",
        "needs.index",
        "needs.show",
        "oidc.attach",
        "oidc.back",
        "oidc.confirm",
        "oidc.leave",
        "oidc.mail_sent",
        "oidc.prove",
        "oidc.sign_up",
        "oidc.start",
        "pages.accessibility",
        "pages.legal",
        "pages.licences",
        "pages.privacy",
        "pages.ranking",
        "pages.sitemap",
        "places.suggest",
        "structures.compare",
        "questions.index",
        "structure_images.show",
        "posts.candidates",
        "programming.index",
        "programming.show",
        "structures.index",
        "structures.offers",
        "structures.show",
        "structures.suggest",
        "structures.verify",
        "territories.export",
        "territories.index",
        "territories.show",
        "unsubscribing.show",
        "unsubscribing.stop",
    }
)
"""The endpoints that anybody may ask for. Each of the others wears a guard below."""


MOST_UNREAD = 100
"""Unread notifications are counted so far, and « 99+ » is said beyond."""


@dataclass(frozen=True)
class Viewer(UserMixin):
    """A signed-in person with what it belongs to, read once a request.

    It belongs to nothing while its address is not confirmed. `session_id` and what follows
    are those of the browser that asks; of a person looked up otherwise, they are empty.
    """

    user_id: int
    full_name: str
    email: str
    is_verified: bool
    is_administrator: bool
    organisation_ids: frozenset[int]
    structure_ids: frozenset[int]
    desk_ids: frozenset[int]
    previous_sign_in_at: datetime | None
    network_ids: frozenset[int] = frozenset()
    unread: int = 0
    """Notifications that it has not read, a hundred at most."""
    is_mail_paused: bool = False
    """Its address refuses our mail."""
    session_id: int | None = None
    seen_at: datetime | None = None
    token: str = field(default="", repr=False)

    def get_id(self) -> str:
        """What the cookie holds of it."""
        return self.token

    @property
    def is_buyer(self) -> bool:
        return bool(self.organisation_ids)

    @property
    def is_structure_member(self) -> bool:
        return bool(self.structure_ids)

    @property
    def is_facilitator(self) -> bool:
        return bool(self.desk_ids)

    @property
    def is_partner(self) -> bool:
        """It speaks for a network of structures."""
        return bool(self.network_ids)


def viewer_of(session: Session, user_id: int) -> Viewer | None:
    """The person with this id, or None when its account is gone or closed."""
    row = session.execute(_people().where(User.id == user_id)).first()
    return _viewer(row) if row else None


def viewer_in(session: Session, token: str, now: datetime) -> Viewer | None:
    """The person whose browser holds this token, or None when its session is over."""
    seen = _people().add_columns(UserSession.id, UserSession.last_seen_at).join(UserSession)
    opened_here = seen.where(UserSession.token_hash == hash_of(token), is_live(now))
    row = session.execute(opened_here).first()
    if row is None:
        return None
    *_, session_id, seen_at = row
    return replace(_viewer(row), session_id=session_id, seen_at=seen_at, token=token)


def _people() -> Select[Any]:
    """Open accounts, each with the ids of what it belongs to: one query for a whole person."""
    ids = (
        select(OrganisationMember.organisation_id).where(OrganisationMember.user_id == User.id),
        select(StructureMember.structure_id).where(StructureMember.user_id == User.id),
        select(DeskMember.desk_id).where(DeskMember.user_id == User.id),
        select(NetworkPartner.network_id).where(NetworkPartner.user_id == User.id),
    )
    unread = (
        select(Notice.id)
        .where(Notice.user_id == User.id, Notice.read_at.is_(None))
        .limit(MOST_UNREAD)
        .correlate(User)
        .subquery()
    )
    return select(
        User,
        *(func.array(of_one.scalar_subquery()) for of_one in ids),
        select(func.count()).select_from(unread.lateral()).scalar_subquery(),
        select(PausedAddress).where(PausedAddress.address == func.lower(User.email)).exists(),
    ).where(User.is_active)


def _viewer(row: Sequence[Any]) -> Viewer:
    user, organisation_ids, structure_ids, desk_ids, network_ids, unread, is_mail_paused, *_ = row
    is_verified = user.email_verified_at is not None
    return Viewer(
        user_id=user.id,
        full_name=user.full_name,
        email=user.email,
        is_verified=is_verified,
        is_administrator=user.is_administrator and is_verified,
        organisation_ids=frozenset(organisation_ids if is_verified else ()),
        structure_ids=frozenset(structure_ids if is_verified else ()),
        desk_ids=frozenset(desk_ids if is_verified else ()),
        network_ids=frozenset(network_ids if is_verified else ()),
        previous_sign_in_at=user.previous_sign_in_at,
        unread=unread,
        is_mail_paused=is_mail_paused,
    )


def viewer() -> Viewer | None:
    """The person asking, None for a visitor."""
    return current_user._get_current_object() if current_user.is_authenticated else None


def signed_in() -> Viewer:
    """Whoever asks for a page whose guard lets nobody in without an account."""
    who = viewer()
    assert who is not None, "the guard lets nobody else in"  # noqa: S101
    return who


def _guard(
    name: str, allows: Callable[[Viewer], bool], even_unverified: bool = False
) -> Callable[[View], View]:
    """A visitor is sent to sign in, a person whose address is not confirmed to confirm it; one
    whom the guard does not allow is told 403."""

    def dress(view: View) -> View:
        @wraps(view)
        @login_required
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not current_user.is_verified and not even_unverified:
                return redirect(url_for("accounts.unverified"))
            if not allows(current_user):
                abort(403)
            return view(*args, **kwargs)

        guarded.guard = name  # type: ignore[attr-defined]  # read by the house tests
        return guarded  # type: ignore[return-value]  # wraps() keeps the view's signature

    return dress


def visitor_ip() -> str:
    """Where the request comes from, for the trail."""
    return request.remote_addr or ""


sign_in_required = _guard("signed in", lambda viewer: True)
even_unverified = _guard("signed in, confirmed or not", lambda viewer: True, even_unverified=True)
buyer_required = _guard("buyer", lambda viewer: viewer.is_buyer)
buyer_or_facilitator_required = _guard(
    "buyer or facilitator", lambda viewer: viewer.is_buyer or viewer.is_facilitator
)
structure_member_required = _guard("structure member", lambda viewer: viewer.is_structure_member)
facilitator_required = _guard("facilitator", lambda viewer: viewer.is_facilitator)
partner_required = _guard("partner", lambda viewer: viewer.is_partner)
administrator_required = _guard("administrator", lambda viewer: viewer.is_administrator)
facilitator_or_administrator_required = _guard(
    "facilitator or administrator", lambda viewer: viewer.is_facilitator or viewer.is_administrator
)
