"""What nobody should send, to every form that any role is shown."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace.accounts.tables import (
    Invitation,
    Organisation,
    OrganisationMember,
    PurchasingMandate,
    User,
)
from marketplace.clauses.reading_hours import REQUIRED as HOUR_COLUMNS
from marketplace.db import db
from marketplace.digests import relaying
from marketplace.digests.composing import compose
from marketplace.mail import OutgoingMail
from marketplace.moderation.tables import Desk, DeskMember, DeskTerritory
from marketplace.needs.tables import Need
from marketplace.offers.tables import Offer
from marketplace.structures.tables import Structure, StructureMember
from tests.factories.documents import image
from tests.guards.contracted import FIRM
from tests.guards.matrix import Row, path_to, rows, someone_allowed
from tests.guards.pages import Control, Form, forms_of
from tests.guards.world import ROLES, WATCHED, World

pytestmark = pytest.mark.timeout(900)
"""Some of these tests send every form there is, several times: minutes on a busy machine."""

GETS = [row for row in rows() if row.method == "GET"]
POSTS = [row for row in rows() if row.method == "POST"]
REFUSED = range(400, 500)

SMUGGLED = {
    "role": "admin",
    "is_admin": "1",
    "is_administrator": "1",
    "is_active": "1",
    "email_verified_at": "2026-01-01T00:00:00+00:00",
    "password_hash": "x",
    "status": "published",
    "decided_at": "2026-01-01T00:00:00+00:00",
    "is_accepted": "1",
    "id": "1",
    "user_id": "1",
    "actor_id": "1",
    "author_id": "1",
    "moderator_id": "1",
    "organisation_id": "1",
    "structure_id": "1",
    "desk_id": "1",
    "platform_id": "1",
    "subject_id": "1",
    "is_national": "1",
}
"""Columns of ours that no form offers; where one does, its own answer stays."""

NASTY = "Zoé\u202e\u2066\u200b\u200f\ufeff\x00\x07\r\nBcc: tous@ailleurs.invalid\r\n\r\nCorps"
MAY_BREAK_LINES = set(
    """
    after answer before body comment conclusion description ending_reason lever_reason lines
    message note question reason targets why words
    """.split()
)
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@dataclass(frozen=True)
class Door:
    """A form, and who was shown it."""

    role: str
    form: Form

    def __str__(self) -> str:
        return f"{self.role}, {self.form.action}"


ASKED = {
    "clauses.for_need": {
        "lines-0-title": "Tonte",
        "lines-0-amount": "90000",
        "lines-0-share": "50",
        "programme": "other",
        "rate": "5",
        "cost": "30",
        "cost_kind": "wage",
    }
}
"""Pages that show a form more once their own question is asked, in the address."""

POSTED = {"potential.start": {"lines": "Intitulé;Lieu;Montant\nTonte;Jura;50000\n"}}
"""The same where it is posted; nothing of it is kept."""

DIFFERENT = ["visitor", "buyer", "colleague", "administrator"]
"""Who looks at what everybody is shown. The colleague comes last to what some are: of the same
town as the buyer and of the member's structure, it may not answer its own town."""

KNOWN = {
    "accounts.sign_in": {"email": "address_of_buyer"},
    "buyers.show": {"siret": "siret_of_other_town"},
    "joint_answers.release": {"taker": "second_of_group"},
    "partners.start": {"lead": "free_lead", "siret": "siret_of_neighbour"},
    "support.ask": {"siret": "siret_of_neighbour"},
}
"""What only the world can tell of an answer, by the endpoint of its form."""

SHEETS = {
    "hours.import_sheet": (
        f"{';'.join(HOUR_COLUMNS)}\n{{month}};{FIRM};lent;temp;rsa;woman;26_49;2024;70;1;1\n"
    ),
    "imports.index": "siret;nom;type\n73282932000074;JARDINS;ACI\n",
    "network_imports.index": "siret;nom;type\n73282932000074;JARDINS;ACI\n",
    "potential.start": "Intitulé;Lieu;Montant\nTonte;Jura;50000\n",
    "refusals.index": "address;type\nperdu@tandem.invalid;bounce\n",
    "spending.add": "SIRET;Montant\n73282932000074;10\n",
}
"""The files that are no picture."""


@pytest.fixture(scope="module")
def doors(world: World) -> list[Door]:
    """Every form of every page that the matrix opens to somebody, once however many see it."""
    found: dict[tuple[object, ...], Door] = {}
    for row in GETS:
        path = path_to(world, row)
        shown = [role for role in ROLES if row.answers[role] == "200"]
        shown.sort(key=lambda role: role == "colleague")
        for role in shown if len(shown) <= len(DIFFERENT) else DIFFERENT:
            for page in pages_of(world, row, role):
                for form in forms_of(page.text, path) if page.mimetype == "text/html" else []:
                    form.known = {
                        name: world.things[thing]
                        for name, thing in KNOWN.get(endpoint_of(world, form), {}).items()
                    }
                    found.setdefault((form.action, *form.offered()), Door(role, form))
    return list(found.values())


def endpoint_of(world: World, form: Form) -> str:
    addresses = world.app.url_map.bind("localhost")
    endpoint: str = addresses.match(form.action.split("?")[0], "POST")[0]
    return endpoint


def pages_of(world: World, row: Row, role: str) -> Iterator[TestResponse]:
    """The page of an address, and what it shows once it was asked something."""
    browser, path = world.browsers[role], path_to(world, row)
    yield browser.open("GET", path)
    if row.endpoint in ASKED:
        yield browser.open("GET", path, query_string=ASKED[row.endpoint])
    if row.endpoint in POSTED:
        yield browser.post(path, **POSTED[row.endpoint])


def send(world: World, door: Door, fields: dict[str, Any]) -> TestResponse:
    forget_counts(world.app)
    browser = world.browsers[door.role]
    sheet = SHEETS.get(endpoint_of(world, door.form), "").format_map(world.things)
    content, name = (sheet.encode(), "a.csv") if sheet else (image(), "a.png")
    files = {c.name: (BytesIO(content), name) for c in door.form.controls if c.kind == "file"}
    said = fields | files | {"csrf_token": browser.token}
    return browser.open("POST", door.form.action, data=said)


def forget_counts(app: Flask) -> None:
    for limiter in app.extensions["limiter"]:
        limiter.reset()


def test_there_is_a_form_behind_each_page_that_takes_one(world: World, doors: list[Door]) -> None:
    """Else the tests below would look at nothing. What would open a need most is proposed when
    something would, which nothing does for the world's."""
    reached = {door.form.action.split("?")[0] for door in doors}
    taking = [
        row for row in POSTS if "422" in row.answers.values() and row.endpoint != "support.relax"
    ]
    asked = {path_to(world, row).split("?")[0] for row in taking}
    assert asked - reached == set()


def test_the_answers_of_these_tests_are_taken_where_no_bad_one_is_added(
    world: World, doors: list[Door]
) -> None:
    """So that each test below is about its one bad answer. A group changes its composition only
    from the deadline on, which the world's is before; a need is cut once it has two lots."""
    refused = set()
    for door in doors:
        if send(world, door, door.form.filled()).status_code in REFUSED:
            refused.add(endpoint_of(world, door.form))
        world.what_changed()
    assert refused == {"joint_answers.release", "need_cutting.cut"}


def test_fields_that_a_form_does_not_offer_make_no_difference(
    world: World, doors: list[Door]
) -> None:
    """`role=admin` posted beside a good answer gives what the good answer alone gives."""
    differing = {}
    for door in doors:
        fields = door.form.filled()
        plain = send(world, door, fields).status_code, standing(world)
        world.what_changed()
        smuggled = {name: value for name, value in SMUGGLED.items() if name not in fields}
        loaded = send(world, door, smuggled | fields).status_code, standing(world)
        world.what_changed()
        if plain != loaded:
            differing[str(door)] = plain[0], loaded[0], plain[1] ^ loaded[1]
    assert differing == {}


def test_a_good_answer_sent_as_a_get_changes_nothing(world: World, doors: list[Door]) -> None:
    """Each form filled as it should be, its token with it, asked for by its address instead of
    posted, and so does each address that takes a POST: what a mail or another site could have
    a browser do."""
    world.what_changed()  # what looking for the forms did
    asked = [(door.role, door.form.action, door.form.filled()) for door in doors]
    asked += [(someone_allowed(row), path_to(world, row), {}) for row in POSTS]
    for role, path, fields in asked:
        forget_counts(world.app)
        browser = world.browsers[role]
        said = fields | {"csrf_token": browser.token}
        asking = f"{path}{'&' if '?' in path else '?'}{urlencode(said, doseq=True)}"
        assert browser.open("GET", asking, data=said).status_code < 500, path
    assert world.what_changed() == set()


def standing(world: World) -> set[tuple[Any, ...]]:
    """Who may do what, and in which state things are; by names, for ids differ each time."""
    in_town = OrganisationMember, Organisation, OrganisationMember.organisation_id
    in_structure = StructureMember, Structure, StructureMember.structure_id
    in_desk = DeskMember, Desk, DeskMember.desk_id
    asked: list[Select[Any]] = [
        select(User.email, User.is_administrator, User.is_active, User.full_name),
        select(User.email, User.email_verified_at.is_(None), User.password_hash.is_(None)),
        select(Desk.name, DeskTerritory.territory_code).join(Desk.territories),
        select(PurchasingMandate.platform_id, PurchasingMandate.organisation_id),
        select(Invitation.kind, Invitation.subject_id, Invitation.role, Invitation.address),
        select(Need.title, Need.status, Need.organisation_id),
        select(Offer.title, Offer.status, Offer.structure_id),
        select(Structure.name, Structure.is_active, Structure.is_reachable),
        select(Desk.name, Desk.is_national, Desk.email),
        *(
            select(subject.name, User.email, member.role)
            .join(User, User.id == member.user_id)
            .join(subject, subject.id == key)
            for member, subject, key in (in_town, in_structure, in_desk)
        ),
    ]
    with world.app.app_context():
        return {
            (number, *row)
            for number, query in enumerate(asked)
            for row in db.session.execute(query)
        }


def keeps_what_is_right(door: Door) -> bool:
    """A step of a need saves its good answers beside a bad one, which it leaves out."""
    return "/etapes/" in door.form.action or door.form.action == "/besoins/deposer"


def is_stored(world: World, words: str) -> bool:
    with world.app.app_context():
        return any(
            words in said
            for table in WATCHED
            for row in db.session.execute(select(table)).mappings()
            for column, value in row.items()
            for _, said in strings_in(column, value)
        )


NOT_TYPED = ("radio", "select", "hidden", "submit")
UNREAD = {"csrf_token", "proposed", "seen"}
"""Told beside the answers: `proposed` only spares the preview of an offer a repetition, `seen` is
the version that the page showed, and says nothing but "another"."""


def test_an_answer_that_was_not_offered_is_refused(world: World, doors: list[Door]) -> None:
    """Another value for each list of choices in turn: an error, and nothing changed."""
    taken = {}
    for door in doors:
        for name, kind in {(c.name, c.kind) for c in door.form.controls if c.kind in NOT_TYPED}:
            if name in UNREAD:
                continue
            others = {c.name for c in door.form.controls if c.kind == "submit" == kind}
            said = {key: words for key, words in door.form.filled().items() if key not in others}
            page = send(world, door, said | {name: "administrator-999"})
            kept = keeps_what_is_right(door) and not is_stored(world, "administrator-999")
            changed = world.what_changed()
            if not kept and (changed or not is_turned_down(world, door, page)):
                taken[f"{door}: {name}"] = (page.status_code, changed)
    assert taken == {}


def is_turned_down(world: World, door: Door, page: TestResponse) -> bool:
    """Refused, or shown again to be put right, or sent on to a page that says why."""
    if page.status_code in REFUSED:
        return True
    if page.location:
        page = world.browsers[door.role].open("GET", page.location)
        return "notice-success" not in page.text
    return page.mimetype == "text/html"


def test_ten_thousand_characters_in_a_line_are_refused(world: World, doors: list[Door]) -> None:
    taken = {}
    for door in doors:
        for control in {c.name: c for c in door.form.controls if is_a_line(c)}.values():
            page = send(world, door, door.form.filled() | {control.name: "x" * 10_000})
            kept = keeps_what_is_right(door) and not is_stored(world, "x" * 10_000)
            changed = world.what_changed()
            if not kept and (page.status_code not in REFUSED or changed):
                taken[f"{door}: {control.name}"] = (page.status_code, changed)
    assert taken == {}


def is_a_line(control: Control) -> bool:
    return control.kind in ("text", "email", "password", "search", "tel", "url")


def test_what_no_one_can_see_is_never_stored(world: World, doors: list[Door]) -> None:
    """Null bytes, marks that turn the writing round, invisible ones, ends of line in a name."""
    kept: dict[str, set[str]] = {}
    for door in doors:
        texts = [c.name for c in door.form.controls if c.kind in ("text", "search", "textarea")]
        if not texts:
            continue
        page = send(world, door, door.form.filled() | dict.fromkeys(texts, NASTY))
        assert page.status_code < 500, str(door)
        with world.app.app_context():
            found = set(unseen_in(db.session()))
            letters_in(db.session())
        world.what_changed()
        if found:
            kept[str(door)] = found
    assert kept == {}


MARKUP = "\"'><img src=x onerror=alert(1)>"


def test_markup_that_people_type_is_shown_as_they_typed_it(world: World, doors: list[Door]) -> None:
    """On the form sent back, on the page that one is led to, and in the mail that leaves."""
    for door in doors:
        texts = [c.name for c in door.form.controls if is_a_line(c) or c.kind == "textarea"]
        page = send(world, door, door.form.filled() | dict.fromkeys(texts, MARKUP))
        if page.location:
            page = world.browsers[door.role].open("GET", page.location)
        assert page.mimetype != "text/html" or "<img src=x" not in page.text, str(door)
        with world.app.app_context():
            for letter in letters_in(db.session()):
                html = letter.get_body(("html",))
                assert html is not None
                assert "<img src=x" not in html.get_content(), str(door)
        world.what_changed()


def unseen_in(session: Session) -> Iterator[str]:
    """The columns that hold what they should not."""
    for table in WATCHED:
        for row in session.execute(select(table)).mappings():
            for column, value in row.items():
                for name, words in strings_in(column, value):
                    if is_unseen(words, name in MAY_BREAK_LINES):
                        yield f"{table.name}.{column}: {name}"


def strings_in(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """The texts of a cell, each with what it is called there."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from strings_in(key.rpartition(".")[2], inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings_in(name, inner)


def is_unseen(words: str, may_break: bool) -> bool:
    spared = "\n\t" if may_break else ""
    return any(unicodedata.category(c) in HIDDEN and c not in spared for c in words)


def letters_in(session: Session) -> list[EmailMessage]:
    """Every mail that waits, composed: an end of line in a header would raise."""
    letters = []
    for row in session.scalars(select(OutgoingMail)):
        composed = compose(row.kind, row.context, "https://tandem.invalid")
        letter = relaying.message_of(
            row, composed.subject, composed.text, composed.html, "tandem@tandem.invalid", "tandem"
        )
        assert "Bcc" not in letter
        letters.append(letter)
    return letters


SIGNED = {"bounces.receive", "unsubscribing.stop"}
"""Called by machines, with a signature in place of a session and its token."""
INVENTED = "ImludmVudGVkIg.aaaaaa.bbbbbbbbbbbbbbbbbbbb"


@pytest.mark.parametrize("row", [row for row in POSTS if row.endpoint not in SIGNED], ids=str)
def test_a_post_without_a_token_of_its_own_browser_does_nothing(world: World, row: Row) -> None:
    role = someone_allowed(row)
    of_another = world.browsers["other buyer" if role != "other buyer" else "buyer"].token
    for forged in ({}, {"csrf_token": INVENTED}, {"csrf_token": of_another}):
        forget_counts(world.app)
        page = world.browsers[role].open("POST", path_to(world, row), data=forged)
        assert (page.status_code, world.what_changed()) == (400, set())


@pytest.mark.parametrize("row", GETS, ids=str)
def test_a_head_is_a_get_without_its_body(world: World, row: Row) -> None:
    path = path_to(world, row)
    browser = world.browsers[someone_allowed(row)]
    head, get = browser.open("HEAD", path), browser.open("GET", path)
    assert (head.status_code, head.location) == (get.status_code, get.location)
    assert head.data == b""
    assert world.what_changed() == set()


@pytest.mark.parametrize("row", rows(), ids=str)
def test_other_methods_are_refused_and_change_nothing(world: World, row: Row) -> None:
    browser, path = world.browsers[someone_allowed(row)], path_to(world, row)
    assert browser.open("OPTIONS", path).status_code == 200
    for method in ("PUT", "PATCH", "DELETE"):
        said = {"csrf_token": browser.token}
        assert browser.open(method, path, data=said).status_code == 405
    assert world.what_changed() == set()


SEARCHED = ("' OR 1=1 --", "%_\\", NASTY, "x" * 10_000, "\U0001f33f" * 500, "<b>", "-1", "9" * 40)


def test_no_words_asked_for_break_a_page(world: World) -> None:
    """Every question of every page, and its page number, asked in strange words."""
    broken = {}
    for row in GETS:
        role, path = someone_allowed(row), path_to(world, row)
        if row.answers[role] != "200" or row.endpoint == "static":
            continue
        page = world.browsers[role].open("GET", path)
        asking = forms_of(page.text, path, "get") if page.mimetype == "text/html" else []
        names = {c.name for form in asking for c in form.controls}
        for words in SEARCHED:
            forget_counts(world.app)
            asked = dict.fromkeys(names | {"page", "next"}, words)
            answer = world.browsers[role].open("GET", path.split("?")[0], query_string=asked)
            is_markup = answer.mimetype == "text/html" and "<b>" in answer.text
            if answer.status_code not in (200, 302, 400, 422) or is_markup:
                broken[f"{row}: {words[:20]}"] = answer.status_code
    assert broken == {}
    assert world.what_changed() == set()


ABOUT_NOTHING = (
    "rien\x00",
    "' OR 1=1 --",
    "\u202e",
    "x" * 2_000,
    "..",
    "%2e%2e%2f",
    "-1",
    "0",
    "9" * 40,
)


ASKED_AGAIN = {
    "accounts.follow",
    "claims.create",
    "organisations.create",
    "users.take_back_invitation",
}
"""A SIRET that is none is asked for again; a dead link and a dead invitation are told so on
another page."""


SEARCHES = {"searches.save"}
"""About words, after the path of an address: any will do."""

OBJECTS = [row for row in rows() if row.about and row.endpoint not in SEARCHES]


@pytest.mark.parametrize("row", OBJECTS, ids=str)
def test_an_object_that_cannot_be_is_not_found(world: World, row: Row) -> None:
    """Whatever stands where an address names an object, nothing breaks and nothing changes."""
    browser = world.browsers[someone_allowed(row)]
    for words in ABOUT_NOTHING:
        forget_counts(world.app)
        with world.app.test_request_context():
            rule = next(world.app.url_map.iter_rules(row.endpoint))
        path = rule.rule
        for name in row.about:
            path = re.sub(rf"<[^>]*\b{name}>", quote(words, safe=""), path)
        page = browser.open(row.method, path, data={"csrf_token": browser.token})
        told = (404, 410, 302) if row.endpoint in ASKED_AGAIN else (404, 410)
        assert page.status_code in told, (path, page.status)
    assert world.what_changed() == set()
