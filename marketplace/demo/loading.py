"""Putting the demonstration in a database that holds reference data and the national desk."""

from datetime import datetime, timedelta
from decimal import Decimal

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
from marketplace.clauses.publishing import publish_due
from marketplace.clock import PARIS, end_of_day
from marketplace.demo import buying, inventing, people
from marketplace.demo.arriving import arrive, settle
from marketplace.demo.cast import Cast
from marketplace.demo.days import office_hour, working_day_in
from marketplace.demo.detailing import capacity_of, details_of
from marketplace.demo.keeping import keep_all
from marketplace.demo.partnering import name_partners
from marketplace.demo.playing import Stage, award, calculate, play
from marketplace.demo.plots import Plot, plots
from marketplace.demo.reporting import follow
from marketplace.demo.shapes import (
    InventedLot,
    InventedNeed,
    InventedOffer,
    InventedStructure,
)
from marketplace.matching.shortlisting import shortlist_need
from marketplace.moderation.deciding import approve, reject, request_changes, withdraw
from marketplace.moderation.desks import open_national_desk, receive_need
from marketplace.moderation.tables import Desk, DeskMember, DeskRole, DeskTerritory
from marketplace.needs.lifecycle import Move, Status
from marketplace.needs.posting import LotDraft, NeedDraft, make_move, post_need
from marketplace.needs.tables import Lever, Nature, NeedKind, PlaceType
from marketplace.needs.wording import RESERVATIONS
from marketplace.offers.inferring import infer_sectors
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
from marketplace.text import slug, sort_key

WITHDRAWN_AFTER = 4
"""Working days from posting to taking back."""
JOINED_BEFORE = timedelta(days=400)
CLAUSE = "Nettoyage des vestiaires de cinq stades"
"""The need whose contract owes insertion hours."""


def load(session: Session, now: datetime) -> None:
    """Structures, people, desks and needs, once; the approved needs ask for their shortlists.

    Offers are written as they are, published long ago: to ask for shortlists for each, as
    publishing does, would rank every need hundreds of times.
    """
    loaded = select(User.id).where(func.lower(User.email) == people.ADMINISTRATOR.email)
    if session.scalar(loaded) is not None:
        return
    structures = _add_structures(session, now)
    cast = _add_people(session, structures, now)
    bakery_id = settle(session, cast, now)
    for number, need in enumerate(buying.needs()):
        _live(session, need, number, cast, now)
    name_partners(session, cast, now)
    keep_all(session, cast, now)
    arrive(session, cast, bakery_id, now)
    publish_due(session, gazetteer(session), now)


def _add_structures(session: Session, now: datetime) -> dict[str, int]:
    """Their ids, by name."""
    invented = inventing.structures(gazetteer(session))
    rows = [_structure(one, now) for one in invented]
    session.add_all(rows)
    session.flush()
    session.add_all(
        _offer(row, number, offer, now)
        for one, row in zip(invented, rows, strict=True)
        for number, offer in enumerate(one.offers)
    )
    session.flush()
    imply_offers(session, {row.id: "" for row in rows})
    infer_sectors(session, [row.id for row in rows])
    return {row.name: row.id for row in rows}


def _structure(one: InventedStructure, now: datetime) -> Structure:
    key = one.siret, one.kind, one.name
    said, today = details_of(one.siret, one.kind, one.team), now.astimezone(PARIS).date()
    absence = said.absent_days and today + timedelta(days=said.absent_days)
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
        labels=list(said.labels),
        networks=list(said.networks),
        is_in_qpv=said.is_in_qpv,
        seat_checked_on=None if said.is_in_qpv is None else today,
        team_insertion=said.team_insertion,
        team_permanent=said.team_permanent,
        turnover=said.turnover,
        turnover_year=now.year - 1 if said.turnover else None,
        absent_until=absence or None,
        created_at=now - timedelta(days=max((offer.age_days for offer in one.offers), default=0)),
        updated_at=now,
    )


def _offer(structure: Structure, number: int, offer: InventedOffer, now: datetime) -> Offer:
    listed = now - timedelta(days=offer.age_days)
    coverage = offer.coverage
    said = capacity_of(structure.siret, number, offer.sectors, offer.age_days)
    return Offer(
        structure_id=structure.id,
        title=offer.title,
        description=offer.description,
        status=OfferStatus.PAUSED if offer.is_paused else OfferStatus.PUBLISHED,
        service_types=[ServiceType(code) for code in offer.service_types],
        coverage_type=CoverageType(coverage.type),
        radius_km=None if coverage.km is None else int(coverage.km),
        sectors=[OfferSector(sector_slug=slug) for slug in offer.sectors],
        zones=[OfferZone(territory_code=code) for code in coverage.codes],
        environmental_tags=list(said.tags),
        amount_min=said.amount_min,
        amount_max=said.amount_max,
        lead_time_days=said.lead_time_days,
        hours_a_week=said.hours_a_week,
        published_at=listed,
        confirmed_at=now - timedelta(days=said.confirmed_days),
        created_at=listed,
        updated_at=listed,
    )


def _add_people(session: Session, structures: dict[str, int], now: datetime) -> Cast:
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
    for one in buying.organisations():
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
    moderators, speakers = {}, {}
    for account in people.ACCOUNTS:
        user_id = users[account.email].id
        if account.structure:
            speakers[structures[account.structure]] = user_id
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
    return Cast(
        organisations=organisations,
        buyers={key: buyer.id for key, buyer in buyers.items()},
        structures=structures,
        desks=desks,
        moderators=moderators,
        joined=joined,
        speakers=speakers,
    )


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
        for one in buying.organisations()
    }
    session.add_all(rows.values())
    session.flush()
    return {key: row.id for key, row in rows.items()}


def _live(session: Session, one: InventedNeed, number: int, cast: Cast, now: datetime) -> None:
    """Post a need and lead it, by the deeds of each day, to the state that it ends in."""
    plot = plots().get(one.title, Plot())
    buyer_id = cast.buyers[one.organisation]
    posted_at = office_hour(now, one.posted, number)
    draft = _draft(one, plot.extended_by, now)
    need = post_need(session, buyer_id, cast.organisations[one.organisation], draft, posted_at)
    entry = receive_need(session, need, posted_at)
    if one.outcome == Status.SUBMITTED:
        return
    session.flush()
    moderator_id = cast.moderators[entry.desk_id]
    decided_at = office_hour(now, one.posted - 1, number)
    if one.outcome == Status.CHANGES_REQUESTED:
        request_changes(session, need.id, moderator_id, decided_at, one.reason)
    elif one.outcome == Status.REJECTED:
        reject(session, need.id, moderator_id, decided_at, one.reason)
    else:
        approve(session, need.id, moderator_id, decided_at)
    if one.outcome == Status.WITHDRAWN:
        withdrawn_at = office_hour(now, one.posted - WITHDRAWN_AFTER, number)
        withdraw(session, need.id, buyer_id, withdrawn_at, one.reason)
    stage = Stage(need, buyer_id, working_day_in(now, one.deadline), cast)
    closed_at = end_of_day(draft.deadline_on)
    if plot.hours:
        calculate(session, stage, plot.hours, decided_at)
    if plot.acts:
        shortlist_need(session, need.id, decided_at)
        play(session, stage, plot.acts, decided_at, min(closed_at, now))
    if one.outcome in {Status.CLOSED, Status.AWARDED}:
        make_move(session, need, Move.CLOSE, None, closed_at)
    if plot.end:
        awarded_at = office_hour(now, plot.end.days, number)
        award(session, stage, plot.end, awarded_at)
        play(session, stage, plot.after, awarded_at, now)
        if one.title == CLAUSE:
            follow(session, need, cast, awarded_at, now)


def _draft(one: InventedNeed, extended_by: int, now: datetime) -> NeedDraft:
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
        deadline_on=working_day_in(now, one.deadline - extended_by),
        nature=Nature(one.nature) if one.nature else None,
        amount_min=_euros(one.amount[0]),
        amount_max=_euros(one.amount[1]),
        duration_months=one.months,
        lever=Lever(one.lever) if one.lever else None,
        environmental_tags=one.tags,
        valued=one.valued,
        response_url=_consultation(one) if one.kind == NeedKind.TENDER else "",
        questions=one.questions,
        lots=tuple(_lot(lot) for lot in one.lots),
    )


def _lot(one: InventedLot) -> LotDraft:
    return LotDraft(
        title=one.title,
        description=one.description,
        sectors=one.sectors,
        place_type=PlaceType.ZONES if one.zones else None,
        zones=one.zones,
        amount_min=_euros(one.amount[0]),
        amount_max=_euros(one.amount[1]),
    )


def _euros(amount: int | None) -> Decimal | None:
    return None if amount is None else Decimal(amount)


def _consultation(one: InventedNeed) -> str:
    """Where nobody answers: the buyer's profile is invented like the buyer."""
    return f"https://marches.{one.organisation}.invalid/consultations/{slug(one.title)[:40]}"
