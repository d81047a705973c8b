"""What a person may see: one scope for pages, API and exports."""

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session

from marketplace.guards.roles import Viewer
from marketplace.moderation.tables import QueueEntry
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need
from marketplace.structures.tables import StructureClaim

PUBLIC_STATUSES = (
    Status.PUBLISHED,
    Status.CLOSED,
    Status.AWARDED,
    Status.UNSUCCESSFUL,
    Status.ABANDONED,
)


def visible_needs(viewer: Viewer | None) -> Select[Need]:
    """The needs whose page this person may open: a foreign one answers 404."""
    needs = select(Need)
    if viewer is not None and viewer.is_administrator:
        return needs
    allowed: list[ColumnElement[bool]] = [Need.status.in_(PUBLIC_STATUSES)]
    if viewer is not None:
        allowed += [bought_by(viewer), on_desk_of(viewer)]
    return needs.where(or_(*allowed))


def bought_by(viewer: Viewer) -> ColumnElement[bool]:
    """Needs of this person's organisations, and those that they posted for another."""
    own = viewer.organisation_ids
    return or_(Need.organisation_id.in_(own), Need.platform_id.in_(own))


def is_bought_by(viewer: Viewer, need: Need) -> bool:
    return not viewer.organisation_ids.isdisjoint({need.organisation_id, need.platform_id})


def on_desk_of(viewer: Viewer) -> ColumnElement[bool]:
    """Needs that came, or once came, to a desk of this facilitator."""
    return exists().where(QueueEntry.need_id == Need.id, QueueEntry.desk_id.in_(viewer.desk_ids))


def may_see_shortlist(session: Session, viewer: Viewer | None, need: Need) -> bool:
    """The buyer's own people, its facilitators and administrators; nobody else."""
    if viewer is None:
        return False
    if viewer.is_administrator or is_bought_by(viewer, need):
        return True
    moderated = select(Need.id).where(Need.id == need.id, on_desk_of(viewer))
    return session.scalar(moderated) is not None


def claims_on_desk_of(viewer: Viewer) -> Select[StructureClaim]:
    """The claims that came to a desk of this facilitator; managers' own affairs are not."""
    came = QueueEntry.claim_id == StructureClaim.id
    return select(StructureClaim).where(
        exists().where(came, QueueEntry.desk_id.in_(viewer.desk_ids))
    )
