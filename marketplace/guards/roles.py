"""Who is asking, and the guard that each route wears."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from flask import abort
from flask_login import UserMixin, current_user, login_required
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import OrganisationMember, User
from marketplace.moderation.tables import DeskMember
from marketplace.structures.tables import StructureMember

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = frozenset(
    {
        "static",
        "accounts.sign_in",
        "health.alive",
        "health.ready",
        "home.show",
        "needs.index",
        "needs.show",
        "pages.accessibility",
        "pages.legal",
        "pages.licences",
        "pages.privacy",
        "pages.ranking",
        "pages.sitemap",
        "places.suggest",
        "structures.index",
        "structures.show",
    }
)
"""The endpoints that anybody may ask for. Each of the others wears a guard below."""


@dataclass(frozen=True)
class Viewer(UserMixin):
    """A signed-in person with what it belongs to, read once a request."""

    user_id: int
    full_name: str
    email: str
    is_administrator: bool
    organisation_ids: frozenset[int]
    structure_ids: frozenset[int]
    desk_ids: frozenset[int]

    def get_id(self) -> str:
        return str(self.user_id)

    @property
    def is_buyer(self) -> bool:
        return bool(self.organisation_ids)

    @property
    def is_structure_member(self) -> bool:
        return bool(self.structure_ids)

    @property
    def is_facilitator(self) -> bool:
        return bool(self.desk_ids)


def viewer_of(session: Session, user_id: int) -> Viewer | None:
    """The person with this id, or None when its account is gone or closed."""
    user = session.get(User, user_id)
    if user is None or not user.is_active:
        return None
    organisations = select(OrganisationMember.organisation_id).filter_by(user_id=user_id)
    structures = select(StructureMember.structure_id).filter_by(user_id=user_id)
    desks = select(DeskMember.desk_id).filter_by(user_id=user_id)
    return Viewer(
        user_id=user.id,
        full_name=user.full_name,
        email=user.email,
        is_administrator=user.is_administrator,
        organisation_ids=frozenset(session.scalars(organisations)),
        structure_ids=frozenset(session.scalars(structures)),
        desk_ids=frozenset(session.scalars(desks)),
    )


def viewer() -> Viewer | None:
    """The person asking, None for a visitor."""
    return current_user._get_current_object() if current_user.is_authenticated else None


def _guard(name: str, allows: Callable[[Viewer], bool]) -> Callable[[View], View]:
    """A visitor is sent to sign in; a person whom the guard does not allow is told 403."""

    def dress(view: View) -> View:
        @wraps(view)
        @login_required
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not allows(current_user):
                abort(403)
            return view(*args, **kwargs)

        guarded.guard = name  # type: ignore[attr-defined]  # read by the house tests
        return guarded  # type: ignore[return-value]  # wraps() keeps the view's signature

    return dress


sign_in_required = _guard("signed in", lambda viewer: True)
buyer_required = _guard("buyer", lambda viewer: viewer.is_buyer)
structure_member_required = _guard("structure member", lambda viewer: viewer.is_structure_member)
facilitator_required = _guard("facilitator", lambda viewer: viewer.is_facilitator)
administrator_required = _guard("administrator", lambda viewer: viewer.is_administrator)
