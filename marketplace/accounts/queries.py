"""Reads: people, organisations, and who buys for them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from marketplace.accounts.mailboxes import ANYBODYS, ANYWHERE, LONGEST_ENDING
from marketplace.accounts.sessions import is_live
from marketplace.accounts.tables import (
    Organisation,
    OrganisationKind,
    OrganisationMember,
    PurchasingMandate,
    User,
    UserSession,
)
from marketplace.audit import AuditEntry
from marketplace.text import plain

MOST_WORDS = 8
"""Words of a search; what follows does not narrow it."""


def organisations(session: Session, ids: Collection[int]) -> Sequence[Organisation]:
    """These organisations, by name."""
    named = select(Organisation).where(Organisation.id.in_(ids)).order_by(Organisation.name)
    return session.scalars(named).all()


def buyable_by(session: Session, own_ids: Collection[int]) -> Sequence[Organisation]:
    """Those that a person of these organisations may post for: its own first, then those
    that mandated one of them, as the State's regional purchasing platforms are."""
    is_own = Organisation.id.in_(own_ids)
    mandated = select(PurchasingMandate.organisation_id).where(
        PurchasingMandate.platform_id.in_(own_ids)
    )
    allowed = select(Organisation).where(or_(is_own, Organisation.id.in_(mandated)))
    return session.scalars(allowed.order_by(is_own.desc(), Organisation.name)).all()


def platform_for(session: Session, own_ids: Collection[int], organisation_id: int) -> int | None:
    """Which of these organisations posts for this one; None when it is one of them."""
    if organisation_id in own_ids:
        return None
    mandates = (
        select(PurchasingMandate.platform_id)
        .where(PurchasingMandate.platform_id.in_(own_ids))
        .where(PurchasingMandate.organisation_id == organisation_id)
    )
    return session.scalars(mandates.order_by(PurchasingMandate.platform_id)).first()


def people(words: str) -> Select[User]:
    """Those whose name or address holds these words, by name."""
    named = select(User).where(holds(words, User.full_name, User.email))
    return named.order_by(bare(User.full_name), User.id)


def live_sessions(user_id: int, now: datetime) -> Select[UserSession]:
    """The browsers where a person is signed in, the last seen first."""
    theirs = select(UserSession).where(UserSession.user_id == user_id, is_live(now))
    return theirs.order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())


def organisations_like(
    words: str, kind: OrganisationKind | None, is_doubtful: bool
) -> Select[Organisation]:
    """Those whose name or SIRET holds these words, by name; only the doubtful ones if asked."""
    named = select(Organisation).where(holds(words, Organisation.name, Organisation.siret))
    if kind is not None:
        named = named.where(Organisation.kind == kind)
    if is_doubtful:
        named = named.where(only_anybodys())
    return named.order_by(bare(Organisation.name), Organisation.id)


def only_anybodys() -> ColumnElement[bool]:
    """All the people of an organisation write from where anybody opens a mailbox: nothing says
    that they are of the house whose SIRET they gave."""
    domain = func.split_part(func.lower(User.email), "@", 2)
    services = f"^({'|'.join(sorted(ANYWHERE))})\\.[a-z.]{{1,{LONGEST_ENDING}}}$"
    is_anybodys = or_(domain.in_(ANYBODYS), domain.regexp_match(services))
    people = (
        select(OrganisationMember)
        .join(User)
        .where(OrganisationMember.organisation_id == Organisation.id, User.is_active)
    )
    return people.exists() & ~people.where(~is_anybodys).exists()


def doubtful_among(session: Session, ids: Collection[int]) -> set[int]:
    """Which of these organisations only people without an address of a house buy for."""
    wanted = select(Organisation.id).where(Organisation.id.in_(ids), only_anybodys())
    return set(session.scalars(wanted))


def mandators_of(session: Session, platform_id: int) -> Sequence[Organisation]:
    """The organisations that a platform may buy for, by name."""
    mandates = select(PurchasingMandate.organisation_id).filter_by(platform_id=platform_id)
    return organisations(session, session.scalars(mandates).all())


def platforms_of(session: Session, organisation_id: int) -> Sequence[Organisation]:
    """The platforms that may buy for an organisation, by name."""
    mandates = select(PurchasingMandate.platform_id).filter_by(organisation_id=organisation_id)
    return organisations(session, session.scalars(mandates).all())


def trail(entries: Select[AuditEntry]) -> Select[AuditEntry, str | None]:
    """These rows of the trail, each with the name of who acted while it is known."""
    return entries.add_columns(User.full_name).outerjoin(User, User.id == AuditEntry.actor_id)


def holds(words: str, *columns: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Each word stands in one of the columns, whatever its case and accents; all rows hold
    no word at all."""
    asked = plain(words).split()[:MOST_WORDS]
    said = [bare(column) for column in columns]
    return and_(True, *(or_(*(column.contains(word) for column in said)) for word in asked))


def bare(column: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """As text.plain does: PostgreSQL's own lower() leaves accented capitals as they are on
    some hosts, so accents go first."""
    decomposed = func.normalize(column, literal_column("NFKD"))
    without_accents = func.regexp_replace(decomposed, "[\\u0300-\\u036f]", "", "g")
    return func.lower(without_accents).collate("C")
