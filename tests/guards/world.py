"""One world with an object of each kind, seen by each role, put back after what changed it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Table, select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace import clock, mail
from marketplace.accounts import organisations, teams
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
from marketplace.db import Base, db, transaction
from marketplace.mail import MailState, OutgoingMail, Promise
from marketplace.moderation import desks
from marketplace.moderation.claims import claim_structure
from marketplace.moderation.deciding import approve, request_changes
from marketplace.moderation.tables import Desk, DeskMember, DeskRole
from marketplace.needs.tables import PlaceType
from marketplace.structures.tables import (
    Structure,
    StructureClaim,
    StructureMember,
    StructureRole,
)
from tests.browsing import token_of
from tests.conftest import KEPT
from tests.factories import people
from tests.factories.market import (
    BESANCON,
    MARSEILLE,
    MONDAY,
    draft,
    in_three_weeks,
    offer,
    structure,
    submitted_need,
)

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
        self.before = self.fingerprints()

    def what_changed(self) -> set[str]:
        """The tables that are no longer as they were; they are put back."""
        now = self.fingerprints()
        changed = {name for name in now if now[name] != self.before[name]}
        if changed:
            self.put_back()
        return changed

    def put_back(self) -> None:
        with self.app.app_context(), transaction() as session:
            for table in reversed(WATCHED):
                session.execute(table.delete())
            for table in WATCHED:
                if self.rows[table]:
                    session.execute(table.insert(), self.rows[table])


@contextmanager
def world_in(app: Flask) -> Iterator[World]:
    """A populated database, empty again at the end."""
    empty = World(app)
    empty.remember()
    world = World(app)
    try:
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
        world.remember()
        yield world
    finally:
        empty.put_back()


def _populate(session: Session, things: dict[str, str]) -> dict[str, str]:
    """Make an object of each kind. Gives the address of each role."""
    town, other_town = people.organisation(session), people.organisation(session, "Autre ville")
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

    offer(session, supplier)
    offer(session, other_supplier)
    for name in ("submitted", "returned", "published"):
        need = submitted_need(session, person["buyer"].id, town.id, title=f"Besoin {name}")
        desks.receive_need(session, need, MONDAY)
        things[f"{name}_need"] = need.slug
        if name == "returned":
            request_changes(session, need.id, person["facilitator"].id, MONDAY, "À préciser")
        if name == "published":
            approve(session, need.id, person["facilitator"].id, MONDAY)
    begun = draft(
        session,
        person["buyer"].id,
        town.id,
        place_type=PlaceType.POINT,
        commune_code=BESANCON,
        deadline_on=in_three_weeks(),
    )
    things["draft_need"] = begun.slug
    things |= {role.replace(" ", "_"): str(someone.id) for role, someone in person.items()}
    things |= {"town": town.siret, "town_id": str(town.id), "other_town_id": str(other_town.id)}
    things |= {"structure": supplier.slug, "desk": str(desk.id)}
    things |= {"failed_mail": str(_failed_mail(session).id), "nothing": "n-existe-pas"}
    things |= {"kind_of_mail": "accounts/verify_email", "stylesheet": "css/tandem.css"}
    _requests(session, person, town, supplier, things)
    _invitations(session, person, {"town": town, "structure": supplier, "desk": desk}, things)
    identity = ExternalIdentity(
        issuer="https://identite.invalid", subject="b", user_id=person["buyer"].id, linked_at=MONDAY
    )
    session.add(identity)
    session.add(PurchasingMandate(platform_id=town.id, organisation_id=other_town.id))
    session.flush()
    things["identity_of_buyer"] = str(identity.id)
    return {role: someone.email for role, someone in person.items()}


def _requests(
    session: Session,
    person: dict[str, User],
    town: Organisation,
    supplier: Structure,
    things: dict[str, str],
) -> None:
    """Somebody asks a town, a structure's managers, and the desk of a structure of nobody."""
    asking, now = person["other facilitator"].id, clock.now()
    teams.ask(session, organisations.TEAM, town.id, asking, "", now, "")
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
