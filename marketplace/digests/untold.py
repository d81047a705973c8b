"""What people are to be told and were not yet: what each search for news has in common."""

from datetime import timedelta
from typing import Any, TypeVarTuple

from sqlalchemy import Select, or_, select

from marketplace.accounts.tables import OrganisationMember, User
from marketplace.digests.tables import Notice, NoticeKind
from marketplace.needs.tables import Need

LOOKS_BACK = timedelta(days=30)
"""What is older and was never told is not news."""

Row = dict[str, Any]
Columns = TypeVarTuple("Columns")


def untold(people: Select[*Columns], kind: NoticeKind, subject: Any) -> Select[*Columns]:
    """Of pairs of an active person and a subject, those without a notice."""
    told = select(Notice.id).where(
        Notice.user_id == User.id, Notice.kind == kind, Notice.subject_id == subject
    )
    return people.where(User.is_active, ~told.exists())


def to_buyers(of: Select[*Columns]) -> Select[*Columns]:
    """Joined with the people of the organisation and of the platform that posted a need."""
    is_theirs = or_(
        OrganisationMember.organisation_id == Need.organisation_id,
        OrganisationMember.organisation_id == Need.platform_id,
    )
    return of.join(OrganisationMember, is_theirs).join(User, User.id == OrganisationMember.user_id)
