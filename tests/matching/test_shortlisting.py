"""What the worker ranks is kept, follows every change, and survives running twice."""

import pytest
from sqlalchemy import String, delete, literal_column, select
from sqlalchemy.orm import Session

from marketplace.matching import queries
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.shortlisting import shortlist_need
from marketplace.matching.tables import Match, Shortlist
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need
from marketplace.offers.tables import OfferStatus
from tests.factories import people
from tests.factories.market import (
    CLEANING,
    DIJON,
    DOLE,
    MARSEILLE,
    MONDAY,
    offer,
    structure,
    submitted_need,
)


@pytest.fixture
def published(session: Session) -> Need:
    buyer_of = people.organisation(session)
    need = submitted_need(session, people.buyer(session, buyer_of.id).id, buyer_of.id)
    need.status = Status.PUBLISHED
    session.commit()
    return need


def names(session: Session, need: Need) -> list[str]:
    session.commit()
    return [match.structure.name for match in session.scalars(queries.matches_of_need(need.id))]


def ranked(session: Session, need: Need) -> list[str]:
    shortlist_need(session, need.id, MONDAY)
    return names(session, need)


def test_the_structures_that_work_there_in_that_sector_are_kept_nearest_first(
    session: Session, published: Need
) -> None:
    offer(session, structure(session, "Loin mais couvre", DIJON), radius_km=100)
    offer(session, structure(session, "Voisine", DOLE), radius_km=60)
    offer(session, structure(session, "Hors d'atteinte", MARSEILLE), radius_km=50)
    offer(session, structure(session, "Autre métier"), CLEANING)
    offer(session, structure(session, "Sur place"))
    session.commit()

    assert ranked(session, published) == ["Sur place", "Voisine", "Loin mais couvre"]
    kept = session.scalars(select(Shortlist)).one()
    assert (kept.eligible, kept.ranked_at) == (3, MONDAY)


def test_ranking_twice_changes_nothing(session: Session, published: Need) -> None:
    offer(session, structure(session))
    session.commit()
    ranked(session, published)
    first = session.scalars(select(Match)).one()
    before = (first.id, first.score, first.reasons, first.first_matched_at)
    ranked(session, published)
    again = session.scalars(select(Match)).one()
    assert (again.id, again.score, again.reasons, again.first_matched_at) == before


def test_a_need_that_is_not_open_is_left_alone(session: Session, published: Need) -> None:
    offer(session, structure(session))
    published.status = Status.WITHDRAWN
    session.commit()
    assert ranked(session, published) == []


def test_the_index_follows_offers_added_changed_paused_and_deleted(
    session: Session, published: Need
) -> None:
    first = offer(session, structure(session, "Première"))
    session.commit()
    assert ranked(session, published) == ["Première"]

    second = offer(session, structure(session, "Seconde", DOLE), radius_km=60)
    session.commit()
    assert ranked(session, published) == ["Première", "Seconde"]

    first.status = OfferStatus.PAUSED
    session.commit()
    assert ranked(session, published) == ["Seconde"]

    second.radius_km = 5
    session.commit()
    assert ranked(session, published) == []

    first.status = OfferStatus.PUBLISHED
    session.commit()
    assert ranked(session, published) == ["Première"]

    session.execute(delete(Match))
    session.delete(first)
    session.commit()
    assert ranked(session, published) == []


def test_a_structure_that_closes_leaves_the_shortlist(session: Session, published: Need) -> None:
    closing = structure(session, "Qui ferme")
    offer(session, closing)
    session.commit()
    assert ranked(session, published) == ["Qui ferme"]
    closing.is_active = False
    session.commit()
    assert ranked(session, published) == []


def test_a_match_that_somebody_acted_on_stays_when_the_offer_no_longer_fits(
    session: Session, published: Need
) -> None:
    fitting = offer(session, structure(session, "Intéressée"))
    session.commit()
    ranked(session, published)
    session.scalars(select(Match)).one().status = MatchStatus.INTERESTED
    fitting.status = OfferStatus.PAUSED
    session.commit()
    assert ranked(session, published) == ["Intéressée"]


def test_rows_that_stay_as_they_are_are_not_written_again(
    session: Session, published: Need
) -> None:
    offer(session, structure(session, "Première"))
    moving = offer(session, structure(session, "Qui part", DOLE), radius_km=60)
    session.commit()
    ranked(session, published)
    written_in = select(Match.structure_id, literal_column("matches.xmin::text", String))
    before = [tuple(row) for row in session.execute(written_in)]
    moving.status = OfferStatus.PAUSED
    session.commit()
    assert ranked(session, published) == ["Première"]
    (again,) = session.execute(written_in)
    assert tuple(again) in before
