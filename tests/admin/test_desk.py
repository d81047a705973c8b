"""The facilitator's queue, and deciding on one screen."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import User
from marketplace.jobs import Job
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.shortlisting import shortlist_need
from marketplace.matching.tables import Match
from marketplace.moderation import deciding, desks
from marketplace.moderation.adjusting import TARGETING
from marketplace.moderation.tables import Decision, DeskNote, QueueEntry
from marketplace.needs.drafting import fingerprint
from marketplace.needs.lifecycle import Move, Status
from marketplace.needs.posting import make_move
from marketplace.needs.tables import Need
from tests.browsing import fill, hidden_of, send, sign_in
from tests.factories import people
from tests.factories.market import (
    BESANCON,
    CLEANING,
    DIJON,
    GREEN_SPACES,
    offer,
    structure,
    submitted_need,
)


@pytest.fixture
def facilitator(session: Session) -> User:
    return people.facilitator(session, people.desk(session, BESANCON))


def waiting_need(session: Session, days: int = 0, **changes: Any) -> Need:
    organisation = people.organisation(session)
    buyer = people.buyer(session, organisation.id)
    need = submitted_need(session, buyer.id, organisation.id, **changes)
    desks.receive_need(session, need, clock.now() - timedelta(days=days))
    session.commit()
    return need


def test_the_queue_shows_what_is_late_first(
    session: Session, client: FlaskClient, facilitator: User
) -> None:
    waiting_need(session, title="Tonte du stade")
    waiting_need(session, days=9, title="Taille des haies")
    waiting_need(session, title="Ailleurs", commune_code=DIJON)
    sign_in(client, facilitator.email)
    page = client.get("/guichet/").text
    assert page.index("Taille des haies") < page.index("Tonte du stade")
    assert page.count("en retard de") == 1
    assert "Ailleurs" not in page


def test_an_empty_queue_says_so(client: FlaskClient, session: Session, facilitator: User) -> None:
    session.commit()
    sign_in(client, facilitator.email)
    assert "Rien n&#39;attend votre décision" in client.get("/guichet/").text


def test_one_screen_shows_the_need_who_could_answer_and_what_was_asked(
    session: Session, client: FlaskClient, facilitator: User
) -> None:
    offer(session, structure(session, "Les Haies de la Boucle"))
    need = waiting_need(session)
    deciding.request_changes(session, need.id, facilitator.id, clock.now(), "Quelle surface ?")
    make_move(session, need, Move.SUBMIT, need.author_id, clock.now())
    desks.receive_need(session, need, clock.now())
    session.commit()
    sign_in(client, facilitator.email)
    page = client.get(f"/guichet/besoins/{need.slug}").text
    assert need.description in page
    assert "Les Haies de la Boucle" in page
    assert "Même secteur" in page
    assert "Quelle surface ?" in page


def test_approving_publishes_and_asks_for_the_ranking(
    session: Session,
    client: FlaskClient,
    facilitator: User,
    asked_jobs: list[tuple[Job, dict[str, Any]]],
) -> None:
    need = waiting_need(session)
    sign_in(client, facilitator.email)
    fill(client, f"/guichet/besoins/{need.slug}", move="approve", reason="")
    session.expire_all()
    assert need.status == Status.PUBLISHED
    assert (Job.SHORTLIST_NEED, {"need_id": need.id}) in asked_jobs


@pytest.mark.parametrize("move", ["reject", "request_changes"])
def test_saying_no_takes_a_reason(
    session: Session, client: FlaskClient, facilitator: User, move: str
) -> None:
    need = waiting_need(session)
    sign_in(client, facilitator.email)
    page = fill(client, f"/guichet/besoins/{need.slug}", move=move, reason=" \u202e ")
    assert page.status_code == 422
    assert "Dites pourquoi" in page.text
    session.expire_all()
    assert need.status == Status.SUBMITTED


def test_a_need_of_another_desk_is_not_there(
    session: Session, client: FlaskClient, facilitator: User
) -> None:
    foreign = waiting_need(session, commune_code=DIJON)
    sign_in(client, facilitator.email)
    assert client.get(f"/guichet/besoins/{foreign.slug}").status_code == 404


def test_a_request_field_by_field_says_what_is_missing_and_loses_nothing(
    session: Session, client: FlaskClient, facilitator: User
) -> None:
    need = waiting_need(session)
    sign_in(client, facilitator.email)
    address = f"/guichet/besoins/{need.slug}"
    ticked = {"move": "request_changes", "ask_title": "y", "say_place": "Toute l'agglomération ?"}
    page = fill(client, address, **ticked)
    assert page.status_code == 422
    assert "Dites ce qui est à changer\u00a0: Titre" in page.text
    assert "Toute l&#39;agglomération ?" in page.text
    page = fill(client, address, **(ticked | {"move": "approve"}))
    assert page.status_code == 422
    assert "choisissez «\u00a0Demander une modification\u00a0»" in page.text
    fill(client, address, **(ticked | {"say_title": "Quel stade ?"}))
    session.expire_all()
    assert need.status == Status.CHANGES_REQUESTED
    decision = session.scalars(select(Decision)).one()
    assert {one.field: one.words for one in decision.remarks} == {
        "title": "Quel stade ?",
        "place": "Toute l'agglomération ?",
    }


def test_not_publishing_takes_a_reason_of_the_list(
    session: Session, client: FlaskClient, facilitator: User
) -> None:
    need = waiting_need(session)
    sign_in(client, facilitator.email)
    address = f"/guichet/besoins/{need.slug}"
    for code in ("", "n'importe quoi"):
        page = fill(client, address, move="reject", code=code, reason="Voyez celui de mars.")
        assert page.status_code == 422
        assert "Choisissez un motif dans la liste" in page.text
    fill(client, address, move="reject", code="duplicate", reason="Voyez celui de mars.")
    session.expire_all()
    assert need.status == Status.REJECTED
    assert need.moves[-1].reason == "Ce besoin est déjà sur Tandem. Voyez celui de mars."


def test_who_comes_after_the_decision_is_told_who_took_it_and_when(
    session: Session, client: FlaskClient, facilitator: User
) -> None:
    need = waiting_need(session)
    deciding.approve(session, need.id, facilitator.id, clock.now())
    session.commit()
    sign_in(client, facilitator.email)
    page = client.get(f"/guichet/besoins/{need.slug}", follow_redirects=True).text
    assert f"validé et publié par {facilitator.full_name}, le" in page


def test_another_targeting_is_seen_without_being_kept_then_applied(
    session: Session, client: FlaskClient, facilitator: User
) -> None:
    offer(session, structure(session, "La Brosse comtoise"), CLEANING)
    need = waiting_need(session)
    sign_in(client, facilitator.email)
    page = client.get(f"/guichet/besoins/{need.slug}")
    asked = hidden_of(page) | {
        "sectors": CLEANING,
        "where": "Doubs",
        "radius_km": "",
        "reserved_for": "any",
        "include_country": "y",
        "seen": fingerprint(need, TARGETING),
    }
    address = f"/guichet/besoins/{need.slug}/ciblage"
    seen = client.post(address, data=asked | {"go": "preview"})
    assert seen.status_code == 200
    assert "La Brosse comtoise" in seen.text
    live = client.post(address, data=asked, headers={"HX-Request": "true"})
    assert "<strong>1 structure</strong>" in live.text
    session.expire_all()
    assert [one.sector_slug for one in need.sectors] == [GREEN_SPACES]
    wrong = client.post(address, data=asked | {"where": "Atlantide", "go": "apply"})
    assert wrong.status_code == 422
    assert "Territoire introuvable\u00a0: «\u00a0Atlantide\u00a0»" in wrong.text
    client.post(address, data=asked | {"go": "apply"})
    session.expire_all()
    assert [one.sector_slug for one in need.sectors] == [CLEANING]
    assert [one.territory_code for one in need.zones] == ["25"]
    note = session.scalars(select(DeskNote)).one()
    assert note.words.splitlines() == [
        "Secteurs\u00a0: Création et entretien des espaces verts devient Nettoyage de locaux",
        "Lieu\u00a0: Besançon (25) devient Doubs (département)",
    ]


@pytest.mark.parametrize("words", ["\0", "\u202e", "🦊" * 40_000, "'; DROP TABLE needs; --"])
def test_whatever_is_typed_on_the_desk_is_kept_or_refused_in_french(
    session: Session, client: FlaskClient, facilitator: User, words: str
) -> None:
    need = waiting_need(session)
    sign_in(client, facilitator.email)
    address = f"/guichet/besoins/{need.slug}"
    token = hidden_of(client.get(address))
    for path, said in (
        ("/notes", {"words": words}),
        ("/ciblage", {"go": "apply", "where": words, "radius_km": words, "sectors": words}),
        ("", {"move": "reject", "code": words, "reason": words}),
        ("", {"move": "request_changes", "say_title": words, "say_lots": words}),
    ):
        page = client.post(address + path, data=token | said, follow_redirects=True)
        assert page.status_code in (200, 422), (path, words[:9])
    assert client.get("/guichet/", query_string={"lieu": words, "sujet": words}).status_code == 200


def test_a_colleague_is_given_what_waits(
    session: Session, client: FlaskClient, facilitator: User
) -> None:
    need = waiting_need(session)
    entry = session.scalars(select(QueueEntry)).one()
    colleague = people.facilitator(session, entry.desk)
    session.commit()
    sign_in(client, facilitator.email)
    page = send(client, f"/guichet/file/{entry.id}", assignee=colleague.id, seen="0")
    assert f"«\u00a0{need.title}\u00a0» est confié à {colleague.full_name}." in page.text
    page = send(client, f"/guichet/file/{entry.id}", assignee=facilitator.id, seen="0")
    assert f"Entre-temps, ce dossier a changé de main\u00a0: {colleague.full_name}" in page.text
    page = send(client, f"/guichet/file/{entry.id}", assignee=2**40, seen="0")
    assert page.status_code == 422
    mine = client.get("/guichet/?qui=moi").text
    assert "Rien dans cette partie de la file" in mine


def test_the_watch_list_shows_what_few_can_answer_and_who_stays_silent(
    session: Session, client: FlaskClient, facilitator: User
) -> None:
    offer(session, structure(session, "Les Muets du Doubs"))
    for number in range(3):
        need = waiting_need(session, title=f"Besoin seul numéro {number}")
        deciding.approve(session, need.id, facilitator.id, clock.now())
        shortlist_need(session, need.id, clock.now())
    session.execute(update(Match).values(status=MatchStatus.NOTIFIED))
    session.commit()
    sign_in(client, facilitator.email)
    page = client.get("/guichet/suivi").text
    assert "Besoin seul numéro 2" in page
    assert "Les Muets du Doubs" in page
    session.execute(update(Match).values(status=MatchStatus.OPENED))
    session.commit()
    assert "Les Muets du Doubs" not in client.get("/guichet/suivi").text


def test_the_desk_goes_on_from_the_first_ten_to_the_others(
    session: Session, client: FlaskClient, facilitator: User
) -> None:
    for number in range(11):
        offer(session, structure(session, f"Les Haies {number}"))
    need = waiting_need(session)
    sign_in(client, facilitator.email)
    address = f"/guichet/besoins/{need.slug}"
    page = client.get(address).text
    assert page.count('class="panel card-match"') == 10
    assert f'href="{address}?suite=2#rang-10"' in page
    page = client.get(f"{address}?suite=2").text
    assert page.count('class="panel card-match"') == 11
    assert "Voir les suivantes" not in page
    for nonsense in ("-4", "9" * 30, "deux", "%00"):
        assert client.get(f"{address}?suite={nonsense}").status_code == 200
