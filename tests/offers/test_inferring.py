"""Search finds by sector what structures sell that declared nothing."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.jobs import Job
from marketplace.offers import inferring
from marketplace.offers.inferring import infer_sectors, infer_stale
from marketplace.offers.listing import imply_offers
from marketplace.offers.publishing import relist
from marketplace.offers.tables import Offer, OfferReading, OfferStatus, SearchDocument
from marketplace.structures.tables import Structure
from tests.factories import market
from tests.factories.market import CLEANING, GREEN_SPACES


def implied(session: Session, name: str, activities: str = "", **more: object) -> Structure:
    one = market.structure(session, name)
    for field, value in more.items():
        setattr(one, field, value)
    session.flush()
    imply_offers(session, {one.id: activities})
    infer_sectors(session, [one.id])
    session.commit()
    return one


def marks(session: Session, structure: Structure) -> set[str]:
    """The marks of sectors that the structure's documents bear, the same for all of them."""
    session.commit()
    found = session.scalars(select(SearchDocument.facets).filter_by(structure_id=structure.id))
    (borne,) = {frozenset(m for m in facets if m[:2] in ("s:", "i:")) for facets in found}
    return set(borne)


def both(*slugs: str) -> set[str]:
    return {f"{prefix}:{slug}" for prefix in "si" for slug in slugs}


def test_words_that_are_clear_give_their_sector_and_others_give_none(session: Session) -> None:
    assert marks(session, implied(session, "Nettoyage des locaux du Doubs")) == both(CLEANING)
    assert marks(session, implied(session, "Association Tremplin")) == set()
    assert marks(session, implied(session, "Tremplin", naf="8130Z")) == both(GREEN_SPACES)
    listed = implied(session, "Les Ateliers", "Entretien des espaces verts; Nettoyage de locaux")
    assert marks(session, listed) == both(GREEN_SPACES, CLEANING)


def test_a_visitor_finds_it_by_sector_and_reads_that_nobody_declared_it(
    client: FlaskClient, session: Session
) -> None:
    one = implied(session, "Nettoyage des locaux du Doubs")
    declared = market.offer(session, market.structure(session, "La Brosse"), CLEANING)
    session.commit()
    for address in (f"/structures?secteur={CLEANING}", f"/offres?secteur={CLEANING}"):
        page = client.get(address).text
        assert "2 structures" in page or "2 offres" in page
        assert page.count("Secteur déduit de ses activités\u00a0: Nettoyage de locaux") == 1
        assert page.count("Secteur\u00a0: Nettoyage de locaux") == 1
        assert "Nettoyage de locaux (déduit)" in page
    assert (
        "déduits de ses activités\u00a0: Nettoyage de locaux"
        in client.get(f"/structures/{one.slug}").text
    )
    assert declared.id


def test_what_changes_in_its_words_is_read_again(session: Session) -> None:
    one = implied(session, "Les Ateliers")
    one.brand = "Nettoyage des locaux"
    session.flush()
    assert marks(session, one) == set()
    relist(session, one.id)
    assert marks(session, one) == both(CLEANING)
    one.naf, one.brand = "8130Z", ""
    session.flush()
    infer_stale(session)
    assert marks(session, one) == both(GREEN_SPACES)


def test_what_was_read_otherwise_is_read_again_by_the_sweep_batch_by_batch(
    session: Session, monkeypatch: pytest.MonkeyPatch, asked_jobs: list[tuple[Job, Any]]
) -> None:
    some = [implied(session, f"Nettoyage des locaux {n}") for n in range(3)]
    session.execute(delete(OfferReading))
    assert marks(session, some[0]) == set()
    monkeypatch.setattr(inferring, "BATCH", 2)
    with transaction():
        infer_stale(session)
    assert (asked_jobs, len(session.scalars(select(OfferReading)).all())) == (
        [(Job.INFER_SECTORS, {})],
        2,
    )
    for _ in range(2):
        with transaction():
            infer_stale(session)
    assert [marks(session, one) for one in some] == [both(CLEANING)] * 3
    assert infer_sectors(session) == {}
    assert len(asked_jobs) == 1


def test_an_offer_that_is_declared_or_archived_is_inferred_no_more(session: Session) -> None:
    one = implied(session, "Nettoyage des locaux du Doubs")
    market.offer(session, one, GREEN_SPACES)
    session.execute(update(Offer).where(Offer.is_implied).values(status=OfferStatus.ARCHIVED))
    assert marks(session, one) == {f"s:{GREEN_SPACES}"}
