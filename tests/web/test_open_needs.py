"""The public list of open needs and its feeds: filters, calendars, and what stays hidden."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.matching.shortlisting import shortlist_need
from marketplace.needs.lifecycle import Status
from marketplace.needs.posting import LotDraft
from marketplace.needs.tables import Need, NeedKind, PlaceType
from marketplace.needs.wording import ANONYMOUS_BUYER
from marketplace.structures.kinds import HANDICAP
from tests.browsing import sign_in
from tests.factories import people
from tests.factories.market import (
    BESANCON,
    CLEANING,
    DIJON,
    GREEN_SPACES,
    MARSEILLE,
    offer,
    structure,
    submitted_need,
)

ATOM = "{http://www.w3.org/2005/Atom}"
IN_A_WEEK = clock.today() + timedelta(days=7)
LONG_AGO = clock.now() - timedelta(days=40)


def open_need(session: Session, title: str, **said: object) -> Need:
    town = people.organisation(session, f"Ville de {title}")
    need = submitted_need(session, people.buyer(session, town.id).id, town.id, title=title, **said)
    need.status, need.published_at = Status.PUBLISHED, clock.now()
    session.flush()
    return need


@pytest.fixture
def market(session: Session) -> None:
    open_need(session, "Tonte à Besançon", description="Élagage des haies.")
    open_need(
        session,
        "Ménage à Dijon",
        description="Locaux de la mairie.",
        sectors=(CLEANING,),
        commune_code=DIJON,
        kind=NeedKind.TENDER,
        deadline_on=IN_A_WEEK,
        kinds=tuple(HANDICAP),
    )
    open_need(
        session,
        "Repas en Provence",
        description="Repas de midi.",
        sectors=(),
        place_type=PlaceType.ZONES,
        commune_code=None,
        zones=("R93",),
        lots=(LotDraft("Vitrerie du stade", sectors=(CLEANING,)),),
    )
    old = open_need(
        session, "Fleurs partout", description="Bulbes.", place_type=PlaceType.COUNTRY,
        commune_code=None,
    )  # fmt: skip
    old.published_at = LONG_AGO
    session.commit()


ALL = {"Tonte à Besançon", "Ménage à Dijon", "Repas en Provence", "Fleurs partout"}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ALL),
        ("q=elagage", {"Tonte à Besançon"}),
        ("q=vitreries", {"Repas en Provence"}),
        ("q=locaux+mairie", {"Ménage à Dijon"}),
        ("q=%27%22%00%26%7C%21%28+%F0%9F%99%82", set()),
        (f"secteur={CLEANING}", {"Ménage à Dijon", "Repas en Provence"}),
        (f"secteur={GREEN_SPACES}", {"Tonte à Besançon", "Fleurs partout"}),
        ("secteur=nonsense", ALL),
        ("lieu=Dijon", {"Ménage à Dijon", "Fleurs partout"}),
        ("lieu=Doubs", {"Tonte à Besançon", "Fleurs partout"}),
        ("lieu=Marseille", {"Repas en Provence", "Fleurs partout"}),
        (
            "lieu=Bourgogne-Franche-Comt%C3%A9",
            {"Tonte à Besançon", "Ménage à Dijon", "Fleurs partout"},
        ),
        ("type=tender", {"Ménage à Dijon"}),
        ("reserve=oui", {"Ménage à Dijon"}),
        ("reserve=insertion", {"Tonte à Besançon", "Repas en Provence", "Fleurs partout"}),
        ("avant=7", {"Ménage à Dijon"}),
        ("nouveaux=1", ALL - {"Fleurs partout"}),
        ("q=tonte&lieu=Dijon", set()),
        ("page=-3&avant=x&type=x&reserve=x", ALL),
    ],
)
def test_the_list_and_the_feed_hold_what_the_filters_leave(
    client: FlaskClient, market: None, asked: str, found: set[str]
) -> None:
    page = client.get(f"/besoins?{asked}")
    assert page.status_code == 200
    assert {title for title in ALL if f">{title}</a>" in page.text} == found
    feed = client.get(f"/besoins.atom?{asked}")
    entries = ElementTree.fromstring(feed.data).findall(f"{ATOM}entry")  # noqa: S314 - our own
    assert {entry.findtext(f"{ATOM}title") for entry in entries} == found


def test_an_unknown_place_and_an_empty_answer_say_what_to_do(
    client: FlaskClient, market: None
) -> None:
    assert "Nous ne connaissons pas" in client.get("/besoins?lieu=%C3%8Ele+aux+licornes").text
    page = client.get("/besoins?q=introuvable")
    assert "Aucun besoin ouvert ne répond à ces filtres" in page.text
    assert "Retirer le filtre" in page.text


def test_the_feed_is_whole_and_is_not_sent_again_to_who_has_it(
    client: FlaskClient, market: None
) -> None:
    feed = client.get("/besoins.atom?q=tonte")
    assert feed.mimetype == "application/atom+xml"
    root = ElementTree.fromstring(feed.data)  # noqa: S314 - our own
    for needed in ("id", "title", "updated", "author/name".replace("/", f"/{ATOM}")):
        assert root.findtext(f"{ATOM}{needed}")
    (entry,) = root.findall(f"{ATOM}entry")
    for needed in ("id", "title", "updated", "summary"):
        assert entry.findtext(f"{ATOM}{needed}")
    assert entry.find(f"{ATOM}link[@rel='alternate']") is not None
    again = client.get("/besoins.atom?q=tonte", headers={"If-None-Match": feed.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "max-age" in feed.headers["Cache-Control"]


def test_a_deadline_goes_into_a_calendar_with_an_address_of_its_own(
    session: Session, client: FlaskClient
) -> None:
    need = open_need(session, "Tonte; haies, « été » \\ suite" + " très" * 25)
    session.commit()
    file = client.get(f"/besoins/{need.slug}.ics")
    assert file.mimetype == "text/calendar"
    lines = file.data.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    unfolded = file.data.replace(b"\r\n ", b"").decode()
    assert f"UID:besoin-{need.id}@" in unfolded
    assert f"DTSTART;VALUE=DATE:{need.deadline_on:%Y%m%d}" in unfolded
    assert "Tonte\\; haies\\, « été » \\\\ suite très" in unfolded
    need.deadline_on = clock.today() - timedelta(days=1)
    session.commit()
    assert client.get(f"/besoins/{need.slug}.ics").status_code == 404


def test_an_anonymous_sourcing_names_its_buyer_to_insiders_alone(
    session: Session, client: FlaskClient
) -> None:
    garden = structure(session, "Les Haies")
    offer(session, garden)
    member = people.structure_member(session, garden)
    need = open_need(session, "Secret", kind=NeedKind.SOURCING, is_anonymous=True)
    need.response_email = "acheteur@ville-secrete.example.fr"
    session.commit()
    shortlist_need(session, need.id, clock.now())
    session.commit()
    pages = ("/besoins", f"/besoins/{need.slug}", "/besoins.atom", f"/besoins/{need.slug}.ics")

    def shown(*paths: str) -> list[str]:
        texts = [client.get(path).text.replace("\r\n ", "") for path in paths]
        assert all("Secret" in text for text in texts)
        return [text for text in texts if "Ville de Secret" in text or "ville-secrete" in text]

    assert shown(*pages) == []
    assert ANONYMOUS_BUYER in client.get("/besoins").text
    sign_in(client, member.email)
    assert shown(*pages, "/besoins-pour-vous", "/tableau-de-bord") == []
    client.delete_cookie(client.application.config["SESSION_COOKIE_NAME"])
    sign_in(client, need.author.email)
    assert len(shown("/besoins", f"/besoins/{need.slug}", "/mes-besoins")) == 3


def test_an_amount_is_shown_only_when_its_buyer_shares_it(
    session: Session, client: FlaskClient
) -> None:
    need = open_need(session, "Tonte", amount_min=12_000, amount_max=12_000)
    session.commit()
    assert "12\u202f000\u00a0€" in client.get(f"/besoins/{need.slug}").text
    need.is_amount_shared = False
    session.commit()
    assert "12\u202f000" not in client.get(f"/besoins/{need.slug}").text
    sign_in(client, need.author.email)
    assert "caché aux structures" in client.get(f"/besoins/{need.slug}").text


def test_a_need_in_marseille_is_no_need_of_besancon(session: Session, client: FlaskClient) -> None:
    open_need(session, "Ici", commune_code=BESANCON)
    open_need(session, "Là-bas", commune_code=MARSEILLE)
    session.commit()
    page = client.get("/besoins?lieu=25056").text
    assert ">Ici</a>" in page
    assert ">Là-bas</a>" not in page
