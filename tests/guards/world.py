"""One world with an object of each kind, seen by each role, put back after what changed it."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import Table, select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace import clock, mail
from marketplace.accounts import joining, organisations
from marketplace.accounts.inviting import invite
from marketplace.accounts.tables import (
    ExternalIdentity,
    Invitation,
    InvitationKind,
    Organisation,
    OrganisationMember,
    OrganisationRequest,
    OrganisationRole,
    PurchasingMandate,
    User,
    UserSession,
)
from marketplace.clauses.calculating import Calculation, keep_calculation
from marketplace.clauses.hours import Line
from marketplace.clauses.tables import ClauseCalculation
from marketplace.db import Base, db, transaction
from marketplace.digests.opting_out import token_for_person
from marketplace.digests.tables import Notice, NoticeKind
from marketplace.digests.topics import Topic
from marketplace.exports import writing as exporting
from marketplace.files.keeping import store
from marketplace.files.taking_in import take_in
from marketplace.lists.export_tables import SheetFormat
from marketplace.lists.favouring import keep, open_list
from marketplace.lists.saving_searches import save_search
from marketplace.mail import MailState, OutgoingMail, Promise
from marketplace.moderation import desks
from marketplace.moderation.claims import claim_structure
from marketplace.moderation.deciding import approve, request_changes
from marketplace.moderation.first_offers import send_offer
from marketplace.moderation.tables import Desk, DeskMember, DeskRole
from marketplace.needs.plan_tables import PlannedPurchase
from marketplace.needs.posting import LotDraft
from marketplace.needs.tables import Need, NeedFile, PlaceType
from marketplace.offers.drafting import OfferDraft, start_draft
from marketplace.offers.narrowing import Asked, Face
from marketplace.offers.tables import CoverageType, Offer, ServiceType
from marketplace.structures.handing_in import hand_in
from marketplace.structures.import_tables import ImportStatus
from marketplace.structures.network_tables import Network, NetworkPartner
from marketplace.structures.partnering import network_of
from marketplace.structures.picturing import add_photo
from marketplace.structures.profile import add_reference, add_site
from marketplace.structures.tables import (
    Structure,
    StructureClaim,
    StructureMember,
    StructureRole,
)
from marketplace.territories.queries import gazetteer
from tests.browsing import token_of
from tests.conftest import KEPT
from tests.factories import people
from tests.factories.documents import PDF, image
from tests.factories.market import (
    BESANCON,
    GREEN_SPACES,
    MARSEILLE,
    MONDAY,
    draft,
    in_three_weeks,
    offer,
    structure,
    submitted_need,
)
from tests.guards.answered import populate_answers
from tests.guards.contracted import populate_contracts
from tests.guards.grouped import populate_groups
from tests.guards.situated import populate_territories
from tests.guards.spent import populate_spending

VISITOR = "visitor"
ROLES = (
    VISITOR,
    "buyer",
    "colleague",
    "other buyer",
    "member",
    "other member",
    "facilitator",
    "other facilitator",
    "administrator",
)
"""The colleague is a plain member of the buyer's organisation, of the member's structure and
of the facilitator's desk. The others manage or lead where they belong."""

WHOLE = OfferDraft(
    "Taille de haies", "", (GREEN_SPACES,), (ServiceType.PREST,), CoverageType.RADIUS, 50
)
WATCHED = [table for table in Base.metadata.sorted_tables if table.name not in KEPT - {"desks"}]


@dataclass
class Browser:
    """A person's browser, who starts each request with the cookie of its sign-in."""

    app: Flask
    ip: str
    cookie: str = ""
    token: str = ""

    def enter(self, email: str | None) -> None:
        """Sign in, or only look at a page to be given a CSRF token."""
        client = self._client()
        page = client.get("/connexion")
        if email is not None:
            said = {"email": email, "password": people.PASSWORD, "csrf_token": token_of(page)}
            page = client.post("/connexion", data=said, follow_redirects=True)
            assert page.request.path != "/connexion", f"{email} could not sign in"
        self.token = token_of(page)
        cookie = client.get_cookie(self.app.config["SESSION_COOKIE_NAME"])
        assert cookie is not None
        self.cookie = cookie.value

    def open(self, method: str, path: str, **said: Any) -> TestResponse:
        client = self._client()
        client.set_cookie(self.app.config["SESSION_COOKIE_NAME"], self.cookie)
        return client.open(path, method=method, **said)

    def _client(self) -> FlaskClient:
        client = self.app.test_client()
        client.environ_base["REMOTE_ADDR"] = self.ip
        return client

    def post(self, path: str, **fields: Any) -> TestResponse:
        return self.open("POST", path, data={"csrf_token": self.token, **fields})


@dataclass
class World:
    app: Flask
    things: dict[str, str] = field(default_factory=dict)
    """What fills the variable parts of an address, by the names that the matrix uses; a name
    that is not here stands for itself."""

    browsers: dict[str, Browser] = field(default_factory=dict)
    rows: dict[Table, list[dict[str, Any]]] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    bytes_of: dict[str, bytes] = field(default_factory=dict)
    """Of each stored file, by key: what is removed goes from the disk too."""

    def fingerprints(self) -> dict[str, str]:
        """What each table holds, but for when a browser was last seen."""
        each = " UNION ALL ".join(
            f"SELECT '{table.name}' AS name, md5(string_agg(said, '|' ORDER BY said)) AS said"  # noqa: S608 - ours
            f" FROM (SELECT (to_jsonb(r) - 'last_seen_at')::text AS said FROM {table.name} r) t"
            for table in WATCHED
        )
        with self.app.app_context():
            return {row.name: row.said for row in db.session.execute(text(each))}

    def remember(self) -> None:
        with self.app.app_context():
            self.rows = {
                table: [dict(row) for row in db.session.execute(select(table)).mappings()]
                for table in WATCHED
            }
            self.bytes_of = {key: _read(key) for key, _ in store().kept()}
        self.before = self.fingerprints()

    def what_changed(self) -> set[str]:
        """The tables that are no longer as they were; they are put back."""
        now = self.fingerprints()
        changed = {name for name in now if now[name] != self.before[name]}
        if changed:
            self.put_back(changed)
        return changed

    def put_back(self, names: Collection[str] | None = None) -> None:
        """These tables, else all; whole, so that no key is checked nor followed on the way."""
        with self.app.app_context(), transaction() as session:
            session.execute(text("SET LOCAL session_replication_role = replica"))
            for table in WATCHED:
                if names is None or table.name in names:
                    session.execute(table.delete())
                    if self.rows[table]:
                        session.execute(table.insert(), self.rows[table])
            for key in self.bytes_of.keys() - {key for key, _ in store().kept()}:
                store().put(key, BytesIO(self.bytes_of[key]))


def _read(key: str) -> bytes:
    with store().open(key) as kept:
        return kept.read()


@contextmanager
def world_in(app: Flask) -> Iterator[World]:
    """A populated database, empty again at the end."""
    empty = World(app)
    empty.remember()
    try:
        world = populated(app)
        world.remember()
        yield world
    finally:
        empty.put_back()


def populated(app: Flask) -> World:
    """An object of each kind, and each role before a browser."""
    world = World(app)
    with app.app_context(), transaction() as session:
        addresses = _populate(session, world.things)
    for number, role in enumerate(ROLES, start=1):
        world.browsers[role] = Browser(app, f"127.0.0.{number}")
        world.browsers[role].enter(addresses.get(role))
    names = {world.things[name]: name for name in ("buyer", "member")}
    with app.app_context():
        for opened in db.session.scalars(select(UserSession)):
            if name := names.get(str(opened.user_id)):
                world.things[f"session_of_{name}"] = str(opened.id)
    return world


def _populate(session: Session, things: dict[str, str]) -> dict[str, str]:
    """Make an object of each kind. Gives the address of each role."""
    town, other_town = people.organisation(session), people.organisation(session, "Autre ville")
    other_town.siret = "21390300800018"
    supplier = structure(session)
    other_supplier = structure(session, "L'atelier d'ailleurs", MARSEILLE)
    desk = people.desk(session, BESANCON)
    other_desk = people.desk(session, MARSEILLE, name="Guichet d'ailleurs")
    person = {role: people.user(session, name=role.title()) for role in ROLES if role != VISITOR}
    person["administrator"].is_administrator = True
    _join(session, person["buyer"], town=town.id, manages=True)
    _join(session, person["other buyer"], town=other_town.id, manages=True)
    _join(session, person["member"], supplier=supplier, manages=True)
    _join(session, person["other member"], supplier=other_supplier, manages=True)
    _join(session, person["facilitator"], desk=desk, manages=True)
    _join(session, person["other facilitator"], desk=other_desk, manages=True)
    _join(session, person["colleague"], town=town.id, supplier=supplier, desk=desk, manages=False)

    published = offer(session, supplier, title="Tonte")
    offer(session, other_supplier)
    _needs(session, person["buyer"].id, person["facilitator"].id, town.id, things)
    begun = draft(
        session,
        person["buyer"].id,
        town.id,
        place_type=PlaceType.POINT,
        commune_code=BESANCON,
        deadline_on=in_three_weeks(),
        lots=[LotDraft("Tonte des stades"), LotDraft("Taille des haies")],
    )
    things["draft_need"] = begun.slug
    things["plan"] = str(_plan(session, town.id, person["buyer"].id))
    populate_spending(session, town.id, desk.id, person["buyer"].id, things)
    both_desks = {"": desk, "other_": other_desk}
    populate_territories(session, both_desks, person["administrator"].id, things)
    things["calculation"] = _calculation(session, begun, person["buyer"]).token
    things["lot"] = str(begun.lots[1].id)
    _files(session, person["buyer"], {"": supplier, "other_": other_supplier}, things)
    things |= {role.replace(" ", "_"): str(someone.id) for role, someone in person.items()}
    _offers(session, supplier, published, things)
    things |= {"town": town.siret, "town_id": str(town.id), "other_town_id": str(other_town.id)}
    things |= {"siret_of_other_town": other_town.siret, "address_of_buyer": person["buyer"].email}
    things |= {"structure": supplier.slug, "desk": str(desk.id)}
    things |= {"failed_mail": str(_failed_mail(session).id), "nothing": "n-existe-pas"}
    things |= {"kind_of_mail": "accounts/verify_email", "stylesheet": "css/tandem.css"}
    _lists(session, person["buyer"], town, supplier, things)
    _requests(session, person, town, supplier, things)
    populate_answers(session, person["buyer"], person["member"], town, supplier, things)
    populate_groups(session, person, town, supplier, things)
    populate_contracts(session, person["buyer"], person["member"], town, supplier, things)
    _invitations(
        session,
        person,
        {
            "town": town,
            "structure": supplier,
            "desk": desk,
            "network": _network(session, person["colleague"], supplier, things),
        },
        things,
    )
    identity = ExternalIdentity(
        issuer="https://identite.invalid", subject="b", user_id=person["buyer"].id, linked_at=MONDAY
    )
    session.add(identity)
    session.add(PurchasingMandate(platform_id=town.id, organisation_id=other_town.id))
    session.flush()
    _told(session, person["member"], things)
    things["identity_of_buyer"] = str(identity.id)
    return {role: someone.email for role, someone in person.items()}


def _import(session: Session, by: User, network_id: int | None = None) -> int:
    """A register of one line, rehearsed and not begun."""
    register = BytesIO(b"siret;nom;type\n73282932000074;JARDINS;ACI\n")
    handed_in = hand_in(session, register, "registre.csv", by.id, MONDAY, network_id)
    handed_in.status = ImportStatus.CHECKED
    return handed_in.id


def _network(
    session: Session, colleague: User, supplier: Structure, things: dict[str, str]
) -> Network:
    """One that the colleague follows and brings members to, and the supplier belongs to; another
    one brings its own."""
    network, other = network_of(session, "cocagne"), network_of(session, "unea")
    supplier.networks = [network.code]
    session.add(NetworkPartner(network_id=network.id, user_id=colleague.id))
    things["network_import"] = str(_import(session, colleague, network.id))
    things["other_network_import"] = str(_import(session, colleague, other.id))
    return network


def _plan(session: Session, organisation_id: int, author_id: int) -> int:
    plan = PlannedPurchase(
        organisation_id=organisation_id,
        author_id=author_id,
        title="Tonte des stades",
        sectors=[GREEN_SPACES],
        year=MONDAY.year + 1,
        quarter=1,
        place_type=PlaceType.COUNTRY,
        created_at=MONDAY,
    )
    session.add(plan)
    session.flush()
    return plan.id


def _calculation(session: Session, need: Need, buyer: User) -> ClauseCalculation:
    calculation = Calculation((Line(90_000, 0.5, 0.05, 30),), ("",), "wage", None, None, None)
    return keep_calculation(session, need.id, calculation, buyer.id, MONDAY)


def _files(
    session: Session, buyer: User, suppliers: dict[str, Structure], things: dict[str, str]
) -> None:
    """One for each need of the town; a photo of each supplier."""
    for whose, shown in suppliers.items():
        photo = add_photo(session, shown.id, BytesIO(image()), "a.png", "Photo", buyer.id, MONDAY)
        things |= {f"{whose}structure": shown.slug, f"{whose}image": photo.file.key}
    for name in ("draft", "submitted", "returned", "published"):
        need = session.scalars(select(Need).where(Need.slug == things[f"{name}_need"])).one()
        file = take_in(session, BytesIO(PDF), "cahier.pdf", buyer.id, MONDAY)
        session.add(NeedFile(need_id=need.id, file_id=file.id))
        things[f"{name}_file"] = file.key


def _needs(
    session: Session, buyer_id: int, facilitator_id: int, town_id: int, things: dict[str, str]
) -> None:
    """One that waits on the desk, one that came back, one that is published, and one that is
    published in lots, as the waiting one is."""
    two = (LotDraft("Tonte des stades"), LotDraft("Taille des haies"))
    for name in ("submitted", "returned", "published", "cut"):
        lots = two if name in ("submitted", "cut") else ()
        need = submitted_need(session, buyer_id, town_id, title=f"Besoin {name}", lots=lots)
        entry = desks.receive_need(session, need, MONDAY)
        session.flush()
        things |= {f"{name}_need": need.slug, f"entry_of_{name}": str(entry.id)}
        if name == "returned":
            request_changes(session, need.id, facilitator_id, MONDAY, "À préciser")
        if lots:
            things[f"lot_of_{name}"] = str(need.lots[1].id)
        if name in ("published", "cut"):
            approve(session, need.id, facilitator_id, MONDAY)


def _offers(
    session: Session, supplier: Structure, published: Offer, things: dict[str, str]
) -> None:
    """One that people see, a draft, one on the desk; a place and a client of the supplier."""
    person, now = int(things["member"]), clock.now()
    things["published_offer"] = str(published.id)
    things["draft_offer"] = str(start_draft(session, supplier.id, WHOLE, now).id)
    waiting = start_draft(session, supplier.id, WHOLE, now)
    send_offer(session, waiting.id, person, now)
    things["offer_on_desk"] = str(waiting.id)
    town = gazetteer(session).commune(BESANCON)
    assert town is not None
    site = add_site(session, supplier.id, "Atelier", "", town, person, now)
    reference = add_reference(session, supplier.id, "Ville de Dole", "", None, person, now)
    things["site"], things["reference"] = str(site.id), str(reference.id)


def _lists(
    session: Session, buyer: User, town: Organisation, supplier: Structure, things: dict[str, str]
) -> None:
    """One that the town shares and that holds the supplier, one of the buyer alone; a search, and
    a sheet that is being written."""
    now = clock.now()
    shared = open_list(session, buyer.id, "Nos jardiniers", town.id, now)
    own = open_list(session, buyer.id, "Les miens", None, now)
    keep(session, supplier.id, buyer.id, [shared], [shared], now)
    asked = Asked(words="tonte")
    search = save_search(session, buyer.id, "Tonte", Face.STRUCTURES, asked, True, now)
    export = exporting.ask(session, buyer.id, "structures", [], ["name"], SheetFormat.CSV, 3, now)
    things["export"] = str(export.id)
    things |= {"list": str(shared.id), "own_list": str(own.id), "search": str(search.id)}


def _told(session: Session, member: User, things: dict[str, str]) -> None:
    """Something that the member has not read, and the way out of its mails."""
    notice = Notice(
        user_id=member.id,
        topic=Topic.NEEDS,
        kind=NoticeKind.NEED_MATCHED,
        subject_id=0,
        title="Un besoin pour vous",
        link="/besoins",
        ready_at=MONDAY,
    )
    session.add(notice)
    session.flush()
    things["notice_of_member"] = str(notice.id)
    things["unsubscribe_of_member"] = token_for_person(
        current_app.config["SECRET_KEY"], member.id, Topic.NEEDS.value
    )


def _requests(
    session: Session,
    person: dict[str, User],
    town: Organisation,
    supplier: Structure,
    things: dict[str, str],
) -> None:
    """Somebody asks a town, a structure's managers, and the desk of a structure of nobody; a
    register waits for its import."""
    things["import"] = str(_import(session, person["administrator"]))
    asking, now = person["other facilitator"].id, clock.now()
    joining.ask(session, organisations.TEAM, town.id, asking, "", now, "")
    claim_structure(session, supplier.id, asking, "", now, "")
    unclaimed = structure(session, "À qui est-ce")
    claim_structure(session, unclaimed.id, asking, "", now, "")
    things["town_request"] = str(session.scalars(select(OrganisationRequest.id)).one())
    claims = select(StructureClaim.id).order_by(StructureClaim.id)
    things["claim"], things["claim_on_desk"] = map(str, session.scalars(claims))


def _invitations(
    session: Session, person: dict[str, User], to: dict[str, Any], things: dict[str, str]
) -> None:
    """The other member is invited everywhere."""
    kinds = {
        "town": InvitationKind.ORGANISATION,
        "structure": InvitationKind.STRUCTURE,
        "desk": InvitationKind.DESK,
        "administration": InvitationKind.ADMINISTRATOR,
        "network": InvitationKind.NETWORK,
    }
    for name, kind in kinds.items():
        subject_id = to[name].id if name in to else None
        role = (
            "administrator" if subject_id is None else "facilitator" if name == "desk" else "member"
        )
        things[f"token_to_{name}"] = invite(
            session,
            kind,
            subject_id,
            role,
            person["other member"].email,
            person["administrator"].id,
            clock.now(),
        )
        latest = select(Invitation.id).order_by(Invitation.id.desc()).limit(1)
        things[f"invitation_to_{name}"] = str(session.scalars(latest).one())


def _join(
    session: Session,
    person: User,
    *,
    town: int | None = None,
    supplier: Structure | None = None,
    desk: Desk | None = None,
    manages: bool,
) -> None:
    if town is not None:
        role = OrganisationRole.MANAGER if manages else OrganisationRole.MEMBER
        session.add(OrganisationMember(organisation_id=town, user_id=person.id, role=role))
    if supplier is not None:
        as_what = StructureRole.MANAGER if manages else StructureRole.MEMBER
        session.add(StructureMember(structure_id=supplier.id, user_id=person.id, role=as_what))
    if desk is not None:
        place = DeskRole.LEAD if manages else DeskRole.FACILITATOR
        session.add(DeskMember(desk_id=desk.id, user_id=person.id, role=place))
    session.flush()


def _failed_mail(session: Session) -> OutgoingMail:
    mail.post(
        session,
        key="matrix",
        kind="accounts/verify_email",
        address="perdu@tandem.invalid",
        promise=Promise.AT_LEAST_ONCE,
        link="/",
        name="Camille",
    )
    row = session.scalars(select(OutgoingMail).where(OutgoingMail.key == "matrix")).one()
    row.state = MailState.FAILED
    session.flush()
    return row
