"""An edited offer moves its structure in the lists kept, and nobody else is ranked again."""

from datetime import timedelta

import pytest
from sqlalchemy import String, literal_column, select
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.jobs import Job
from marketplace.matching import queries
from marketplace.matching.following import shortlist_for_offer
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.shortlisting import shortlist_need
from marketplace.matching.tables import Match, Shortlist
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Lot, LotSector, Need
from marketplace.offers.tables import Offer, OfferStatus
from tests.factories import people
from tests.factories.market import (
    DIJON,
    DOLE,
    GREEN_SPACES,
    MARSEILLE,
    MONDAY,
    offer,
    structure,
    submitted_need,
)

Asked = list[tuple[Job, dict[str, object]]]


@pytest.fixture
def published(session: Session) -> Need:
    """A need in Besançon, ranked when nobody could answer it yet."""
    need = need_at(session)
    ranked(need.id)
    return need


def need_at(session: Session, **said: object) -> Need:
    buyer_of = people.organisation(session)
    author = people.buyer(session, buyer_of.id)
    need = submitted_need(session, author.id, buyer_of.id, **said)
    need.status = Status.PUBLISHED
    session.commit()
    return need


def ranked(need_id: int) -> None:
    with transaction() as writing:
        shortlist_need(writing, need_id, MONDAY)


def follow(session: Session, edited: Offer) -> list[int]:
    session.commit()
    with transaction() as writing:
        changed = shortlist_for_offer(writing, edited.id, MONDAY)
    session.expire_all()
    return changed


def names(session: Session, need: Need) -> list[str]:
    return [match.structure.name for match in session.scalars(queries.matches_of_need(need.id))]


def places(session: Session, need: Need) -> list[int]:
    rows = select(Match.rank).where(Match.need_id == need.id).order_by(Match.rank)
    return list(session.scalars(rows))


def listed(session: Session, need: Need) -> tuple[int, int]:
    kept = session.get_one(Shortlist, need.id)
    return kept.eligible, kept.listed


def silent(session: Session, name: str, seat: str, radius_km: int = 100) -> Offer:
    """An offer that shares no word with any need, so that no word becomes rarer by it."""
    return offer(session, structure(session, name, seat), radius_km=radius_km)


def made(session: Session, published: Need) -> dict[str, Offer]:
    offers = {
        "Xylo": silent(session, "Xylo", "25056"),
        "Yole": silent(session, "Yole", DOLE),
        "Zinc": silent(session, "Zinc", DIJON),
    }
    session.commit()
    ranked(published.id)
    assert names(session, published) == ["Xylo", "Yole", "Zinc"]
    return offers


def test_an_offer_joins_leaves_and_changes_place_in_a_list_that_stays_whole(
    session: Session, published: Need, asked_jobs: Asked
) -> None:
    offers = made(session, published)
    offers["Yole"].status = OfferStatus.PAUSED
    assert follow(session, offers["Yole"]) == [published.id]
    assert names(session, published) == ["Xylo", "Zinc"]
    assert (places(session, published), listed(session, published)) == ([1, 2], (2, 2))

    offers["Yole"].status = OfferStatus.PUBLISHED
    assert follow(session, offers["Yole"]) == [published.id]
    assert names(session, published) == ["Xylo", "Yole", "Zinc"]
    assert (places(session, published), listed(session, published)) == ([1, 2, 3], (3, 3))

    moving = offers["Zinc"].structure
    moving.lat, moving.lon = 47.2, 5.8
    assert follow(session, offers["Zinc"]) == [published.id]
    assert names(session, published) == ["Xylo", "Zinc", "Yole"]
    assert places(session, published) == [1, 2, 3]
    assert asked_jobs == [], "nothing else had to be ranked"


def test_following_twice_changes_nothing(session: Session, published: Need) -> None:
    offers = made(session, published)
    offers["Zinc"].amount_max = 900_000
    follow(session, offers["Zinc"])
    written_in = select(Match.id, Match.rank, literal_column("matches.xmin::text", String))
    before = session.execute(written_in).all()
    assert follow(session, offers["Zinc"]) == []
    assert session.execute(written_in).all() == before


def test_only_the_needs_that_it_could_serve_are_touched(
    session: Session, published: Need, asked_jobs: Asked
) -> None:
    need_at(session, commune_code=MARSEILLE)
    added = offer(session, structure(session), GREEN_SPACES)
    session.commit()
    follow(session, added)
    assert {ids["need_id"] for _, ids in asked_jobs} <= {published.id}


def test_a_need_never_ranked_or_with_lots_or_ranked_another_day_is_asked_for_whole(
    session: Session, published: Need, asked_jobs: Asked
) -> None:
    new = need_at(session)
    with_lots = need_at(session)
    with_lots.lots = [Lot(number=1, title="Tonte", sectors=[LotSector(sector_slug=GREEN_SPACES)])]
    session.commit()
    ranked(with_lots.id)
    yesterday = need_at(session)
    with transaction() as writing:
        shortlist_need(writing, yesterday.id, MONDAY - timedelta(days=1))
    added = silent(session, "Xylo", DOLE)
    assert follow(session, added) == [published.id]
    whole = [(Job.SHORTLIST_NEED, {"need_id": one.id}) for one in (new, with_lots, yesterday)]
    assert asked_jobs == whole


def test_words_that_become_rarer_have_the_list_made_whole(
    session: Session, published: Need, asked_jobs: Asked
) -> None:
    offers = made(session, published)
    offers["Zinc"].description = "Tonte."
    assert follow(session, offers["Zinc"]) == []
    assert asked_jobs == [(Job.SHORTLIST_NEED, {"need_id": published.id})]


def test_a_structure_that_acted_stays_and_the_list_is_made_whole_from_then_on(
    session: Session, published: Need, asked_jobs: Asked
) -> None:
    offers = made(session, published)
    acted = session.scalars(select(Match).where(Match.offer_id == offers["Yole"].id)).one()
    acted.status = MatchStatus.INTERESTED
    offers["Yole"].status = OfferStatus.PAUSED
    assert follow(session, offers["Yole"]) == [published.id]
    assert set(names(session, published)) == {"Xylo", "Yole", "Zinc"}
    assert listed(session, published) == (2, 2)
    offers["Zinc"].amount_max = 900_000
    offers["Zinc"].radius_km = 150
    assert follow(session, offers["Zinc"]) == []
    assert asked_jobs == [(Job.SHORTLIST_NEED, {"need_id": published.id})]


def test_a_need_that_closed_is_left_alone(session: Session, published: Need) -> None:
    offers = made(session, published)
    published.status = Status.WITHDRAWN
    offers["Yole"].status = OfferStatus.PAUSED
    assert follow(session, offers["Yole"]) == []
    assert names(session, published) == ["Xylo", "Yole", "Zinc"]
