"""Putting the demonstration in a database that holds reference data and the national desk."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.accounts.signing_in import hashed
from marketplace.accounts.tables import (
    Organisation,
    OrganisationKind,
    OrganisationMember,
    OrganisationRole,
    User,
)
from marketplace.clock import PARIS, end_of_day
from marketplace.demo import inventing, people
from marketplace.demo.inventing import InventedNeed, InventedOffer, InventedStructure
from marketplace.moderation.deciding import approve, reject, request_changes, withdraw
from marketplace.moderation.desks import open_national_desk, receive_need
from marketplace.moderation.tables import Desk, DeskMember, DeskRole, DeskTerritory
from marketplace.needs.lifecycle import Move, Status
from marketplace.needs.posting import NeedDraft, make_move, post_need
from marketplace.needs.tables import NeedKind, PlaceType
from marketplace.needs.wording import RESERVATIONS
from marketplace.offers.listing import imply_offers
from marketplace.offers.tables import (
    CoverageType,
    Offer,
    OfferSector,
    OfferStatus,
    OfferZone,
    ServiceType,
)
from marketplace.structures.importing import slug_of
from marketplace.structures.tables import Structure, StructureMember, StructureRole
from marketplace.territories.queries import gazetteer
from marketplace.text import sort_key
from marketplace.working_days import is_working_day

WITHDRAWN_AFTER = 4
"""Working days from posting to taking back."""
AWARDED_BEFORE = 6
"""Working days from awarding to today."""
JOINED_BEFORE = timedelta(days=200)


@dataclass(frozen=True)
class _Cast:
    """The ids of those who play in the needs' lives."""

    organisations: dict[str, int]
    buyers: dict[str, int]
    moderators: dict[int, int]
    """One facilitator of each desk, by the desk's id."""


def load(session: Session, now: datetime) -> None:
    """Structures, people, desks and needs, once; the approved needs ask for their shortlists.

    Offers are written as they are, published long ago: to ask for shortlists for each, as
    `list_offer` does, would rank every need hundreds of times.
    """
    loaded = select(User.id).where(func.lower(User.email) == people.ADMINISTRATOR.email)
    if session.scalar(loaded) is not None:
        return
    structures = _add_structures(session, now)
    cast = _add_people(session, structures, now)
    for number, need in enumerate(inventing.needs()):
        _live(session, need, number, cast, now)


def _add_structures(session: Session, now: datetime) -> dict[str, int]:
    """Their ids, by name."""
    invented = inventing.structures(gazetteer(session))
    rows = [_structure(one, now) for one in invented]
    session.add_all(rows)
    session.flush()
    session.add_all(
        _offer(row.id, offer, now)
        for one, row in zip(invented, rows, strict=True)
        for offer in one.offers
    )
    session.flush()
    imply_offers(session, [row.id for row in rows])
    return {row.name: row.id for row in rows}


def _structure(one: InventedStructure, now: datetime) -> Structure:
    key = one.siret, one.kind, one.name
    return Structure(
        slug=slug_of(key, one.name),
        siret=one.siret,
        kind=one.kind,
        name=one.name,
        sort_key=sort_key(one.name),
        legal_form=one.legal_form,
        description=one.description,
        address=one.address,
        postcode=one.postcode,
        city=one.commune.name,
        commune_code=one.commune.code,
        department_code=one.commune.department,
        lat=one.lat,
        lon=one.lon,
        naf=one.naf,
        email=one.email,
        phone=one.phone,
        created_at=now - timedelta(days=max((offer.age_days for offer in one.offers), default=0)),
        updated_at=now,
    )


def _offer(structure_id: int, offer: InventedOffer, now: datetime) -> Offer:
    listed = now - timedelta(days=offer.age_days)
    coverage = offer.coverage
    return Offer(
        structure_id=structure_id,
        title=offer.title,
        description=offer.description,
        status=OfferStatus.PAUSED if offer.is_paused else OfferStatus.PUBLISHED,
        service_types=[ServiceType(code) for code in offer.service_types],
        coverage_type=CoverageType(coverage.type),
        radius_km=None if coverage.km is None else int(coverage.km),
        sectors=[OfferSector(sector_slug=slug) for slug in offer.sectors],
        zones=[OfferZone(territory_code=code) for code in coverage.codes],
        created_at=listed,
        updated_at=listed,
    )


def _add_people(session: Session, structures: dict[str, int], now: datetime) -> _Cast:
    desks = _add_desks(session)
    organisations = _add_organisations(session)
    password_hash, joined = hashed(people.PASSWORD), now - JOINED_BEFORE
    users = {
        account.email: User(
            email=account.email,
            full_name=account.full_name,
            password_hash=password_hash,
            is_administrator=account.is_administrator,
            created_at=joined,
            email_verified_at=joined,
        )
        for account in people.ACCOUNTS
    }
    session.add_all(users.values())
    buyers = {
        account.organisation: users[account.email]
        for account in people.ACCOUNTS
        if account.organisation
    }
    for one in inventing.organisations():
        if one.key not in buyers:
            # Without a password: these bought before, and nobody signs in as them.
            email = f"achats.{one.key}@tandem.invalid"
            buyers[one.key] = User(
                email=email, full_name=one.buyer, created_at=joined, email_verified_at=joined
            )
    session.add_all(buyers.values())
    session.flush()
    session.add_all(
        OrganisationMember(
            organisation_id=organisations[key], user_id=buyer.id, role=OrganisationRole.MANAGER
        )
        for key, buyer in buyers.items()
    )
    moderators = {}
    for account in people.ACCOUNTS:
        user_id = users[account.email].id
        if account.structure:
            session.add(
                StructureMember(
                    structure_id=structures[account.structure],
                    user_id=user_id,
                    role=StructureRole.MANAGER,
                )
            )
        if account.desk:
            session.add(
                DeskMember(desk_id=desks[account.desk], user_id=user_id, role=DeskRole.LEAD)
            )
            moderators[desks[account.desk]] = user_id
    session.flush()
    return _Cast(organisations, {key: buyer.id for key, buyer in buyers.items()}, moderators)


def _add_desks(session: Session) -> dict[str, int]:
    desks = {
        key: Desk(
            name=name,
            bearer="Maison de l'emploi de démonstration",
            email=f"guichet.{key}@tandem.invalid",
            territories=[DeskTerritory(territory_code=code) for code in codes],
        )
        for key, (name, codes) in people.DESKS.items()
    }
    session.add_all(desks.values())
    desks[people.NATIONAL] = open_national_desk(session)
    session.flush()
    return {key: desk.id for key, desk in desks.items()}


def _add_organisations(session: Session) -> dict[str, int]:
    rows = {
        one.key: Organisation(
            siret=one.siret,
            name=one.name,
            kind=OrganisationKind(one.kind),
            commune_code=one.commune,
        )
        for one in inventing.organisations()
    }
    session.add_all(rows.values())
    session.flush()
    return {key: row.id for key, row in rows.items()}


def _live(session: Session, one: InventedNeed, number: int, cast: _Cast, now: datetime) -> None:
    """Post a need and lead it, by the deeds of each day, to the state that it ends in."""
    buyer_id = cast.buyers[one.organisation]
    posted_at = _office_hour(now, one.posted, number)
    draft = _draft(one, now)
    need = post_need(session, buyer_id, cast.organisations[one.organisation], draft, posted_at)
    entry = receive_need(session, need, posted_at)
    if one.outcome == Status.SUBMITTED:
        return
    session.flush()
    moderator_id = cast.moderators[entry.desk_id]
    decided_at = _office_hour(now, one.posted - 1, number)
    if one.outcome == Status.CHANGES_REQUESTED:
        request_changes(session, need.id, moderator_id, decided_at, one.reason)
    elif one.outcome == Status.REJECTED:
        reject(session, need.id, moderator_id, decided_at, one.reason)
    else:
        approve(session, need.id, moderator_id, decided_at)
    if one.outcome == Status.WITHDRAWN:
        withdrawn_at = _office_hour(now, one.posted - WITHDRAWN_AFTER, number)
        withdraw(session, need.id, buyer_id, withdrawn_at, one.reason)
    if one.outcome in {Status.CLOSED, Status.AWARDED}:
        make_move(session, need, Move.CLOSE, None, end_of_day(draft.deadline_on))
    if one.outcome == Status.AWARDED:
        awarded_at = _office_hour(now, AWARDED_BEFORE, number)
        make_move(session, need, Move.AWARD, buyer_id, awarded_at)


def _draft(one: InventedNeed, now: datetime) -> NeedDraft:
    place = PlaceType.POINT if one.commune else PlaceType.ZONES if one.zones else PlaceType.COUNTRY
    return NeedDraft(
        kind=NeedKind(one.kind),
        title=one.title,
        description=one.description,
        sectors=one.sectors,
        service_types=one.service_types,
        kinds=tuple(sorted(RESERVATIONS[one.reserved][1])),
        place_type=place,
        commune_code=one.commune,
        radius_km=one.radius_km,
        zones=one.zones,
        include_country=one.include_country,
        deadline_on=_deadline(now, one.deadline),
    )


def _deadline(now: datetime, days: int) -> date:
    """That many days from today, or the first working day after."""
    day = now.astimezone(PARIS) + timedelta(days=days)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day.date()


def _office_hour(now: datetime, working_days: int, number: int) -> datetime:
    """A moment of the working day that came that many before today; not all at one time."""
    day = now.astimezone(PARIS)
    while working_days:
        day -= timedelta(days=1)
        working_days -= is_working_day(day)
    hour, minute = 9 + number % 8, number * 17 % 60
    return datetime.combine(day.date(), time(hour, minute), tzinfo=PARIS)
