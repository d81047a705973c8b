"""A need with lots is ranked lot by lot, and each structure stands by its best lot."""

from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.matching import queries
from marketplace.matching.explaining import sentence
from marketplace.matching.index import Index
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.lots import LotNeed, LotRanking, best_of_lots, rank_lots
from marketplace.matching.previewing import preview, targeted
from marketplace.matching.shapes import Ranked, Ranking
from marketplace.matching.shaping import lot_needs, open_need_shapes
from marketplace.matching.shortlisting import shortlist_need
from marketplace.matching.tables import LotMatch, Match, Shortlist
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Lever, Lot, LotSector, LotZone, Need, PlaceType
from marketplace.structures.kinds import Kind
from tests.factories import people
from tests.factories.market import (
    CLEANING,
    DIJON,
    GREEN_SPACES,
    MARSEILLE,
    MONDAY,
    offer,
    structure,
    submitted_need,
)
from tests.matching import cases

LAUNDRY = "blanchisserie"


def lot(number: int, title: str, sector: str | None = None, **said: object) -> Lot:
    sectors = [LotSector(sector_slug=sector)] if sector else []
    return Lot(number=number, title=title, sectors=sectors, **said)


@pytest.fixture
def need(session: Session) -> Need:
    """Mowing, then cleaning, both in Besançon."""
    buyer_of = people.organisation(session)
    author = people.buyer(session, buyer_of.id)
    row = submitted_need(session, author.id, buyer_of.id, title="Entretien du site", sectors=())
    row.status = Status.PUBLISHED
    row.lots = [lot(1, "Tonte", GREEN_SPACES), lot(2, "Nettoyage des bureaux", CLEANING)]
    session.commit()
    return row


def ranked(session: Session, need: Need) -> None:
    session.commit()
    shortlist_need(session, need.id, MONDAY)
    session.commit()


def names_of_lot(session: Session, need: Need, number: int) -> list[str]:
    found = next(one for one in need.lots if one.number == number)
    return [match.structure.name for match in session.scalars(queries.lot_matches_of(found.id))]


def names(session: Session, need: Need) -> list[str]:
    return [match.structure.name for match in session.scalars(queries.matches_of_need(need.id))]


def test_each_lot_has_its_list_and_the_need_everyone_once(session: Session, need: Need) -> None:
    offer(session, structure(session, "Jardins"))
    offer(session, structure(session, "Propreté"), CLEANING)
    offer(session, structure(session, "Les deux", DIJON), GREEN_SPACES, CLEANING, radius_km=100)
    offer(session, structure(session, "Autre métier"), LAUNDRY)
    ranked(session, need)

    assert names_of_lot(session, need, 1) == ["Jardins", "Les deux"]
    assert names_of_lot(session, need, 2) == ["Propreté", "Les deux"]
    assert sorted(names(session, need)) == ["Jardins", "Les deux", "Propreté"]
    assert session.scalars(select(Shortlist.eligible)).one() == 3
    found = queries.lots_found(session, need.id)
    assert [(one.number, one.eligible, one.close) for one in found] == [(1, 2, 1), (2, 2, 1)]


def test_a_structure_is_told_the_lots_that_it_could_answer(session: Session, need: Need) -> None:
    able = structure(session, "Les deux")
    offer(session, able, GREEN_SPACES)
    offer(session, able, CLEANING)
    ranked(session, need)
    match = session.scalars(select(Match)).one()
    assert sentence(match.reasons[0]) == "Peut répondre aux lots 1 et 2"
    assert sentence(match.reasons[0], "structure") == "Vous pouvez répondre aux lots 1 et 2"
    own = session.scalars(select(LotMatch).filter_by(structure_id=able.id)).all()
    assert sorted(one.lot.title for one in own) == ["Nettoyage des bureaux", "Tonte"]


def test_ranking_twice_changes_nothing_and_a_lot_taken_out_takes_its_list(
    session: Session, need: Need
) -> None:
    offer(session, structure(session, "Jardins"))
    offer(session, structure(session, "Propreté"), CLEANING)
    ranked(session, need)
    before = session.execute(select(LotMatch.id, LotMatch.rank, LotMatch.score)).all()
    ranked(session, need)
    assert session.execute(select(LotMatch.id, LotMatch.rank, LotMatch.score)).all() == before

    del need.lots[1]
    ranked(session, need)
    assert names(session, need) == ["Jardins"]
    assert len(queries.lots_found(session, need.id)) == 1


def test_a_match_acted_on_stays_when_its_lot_goes(session: Session, need: Need) -> None:
    offer(session, structure(session, "Propreté"), CLEANING)
    ranked(session, need)
    session.scalars(select(Match)).one().status = MatchStatus.INTERESTED
    del need.lots[1]
    ranked(session, need)
    assert names(session, need) == ["Propreté"]


def test_a_lot_has_its_own_place_and_its_own_reservation(session: Session, need: Need) -> None:
    need.lots[0].lever = Lever.RESERVED_HANDICAP
    need.lots[1].place_type = PlaceType.ZONES
    need.lots[1].zones = [LotZone(territory_code="13")]
    offer(session, structure(session, "Jardins ACI"))
    offer(session, structure(session, "Jardins ESAT", kind=Kind.ESAT))
    offer(session, structure(session, "Propreté d'ici"), CLEANING)
    offer(session, structure(session, "Propreté de là-bas", MARSEILLE), CLEANING)
    ranked(session, need)
    assert names_of_lot(session, need, 1) == ["Jardins ESAT"]
    assert names_of_lot(session, need, 2) == ["Propreté de là-bas"]


def test_a_reserved_lot_keeps_to_the_kinds_that_the_need_names(
    session: Session, need: Need
) -> None:
    need.kinds = [Kind.ESAT, Kind.ACI]
    need.lots[0].lever = Lever.RESERVED_HANDICAP
    need.lots[1].lever = Lever.RESERVED_PRISON
    first, second = (one.need.kinds for one in lot_needs(need, MONDAY))
    assert first == ("ESAT",)
    assert second == ("SEP",)


def test_a_lot_that_says_nothing_is_read_with_its_need(session: Session, need: Need) -> None:
    need.title, need.description = "Tonte des pelouses", "Et taille de haies."
    need.lots = [lot(1, "Secteur nord"), lot(2, "Blanchisserie du linge")]
    session.commit()
    silent, clear = (one.need for one in lot_needs(need, MONDAY))
    assert "Tonte" in silent.description
    assert clear.description == ""
    need.sectors = []
    assert [one.sectors for one in (silent, clear)] == [(), ()]


def test_what_jobs_read_of_open_needs_is_what_a_need_says_of_itself(
    session: Session, need: Need
) -> None:
    need.lots[1].zones = [LotZone(territory_code="13")]
    need.lots[1].place_type = PlaceType.ZONES
    need.lots[0].amount_min = need.lots[0].amount_max = Decimal(12_000)
    session.commit()
    assert open_need_shapes(session, MONDAY, [need.id]) == {
        need.id: [one.need for one in lot_needs(need, MONDAY)]
    }


def test_a_preview_counts_each_lot_and_says_in_which_to_loosen(
    session: Session, need: Need
) -> None:
    need.include_country = False
    need.kinds = [Kind.ACI]
    offer(session, structure(session, "Jardins"))
    for number in range(2):
        offer(session, structure(session, f"Propreté {number}", kind=Kind.EI), CLEANING)
    session.commit()
    found = targeted(session, need, MONDAY, 5)
    assert [(one.number, one.eligible) for one in found.lots] == [(1, 1), (2, 0)]
    assert (found.eligible, found.close) == (1, 1)
    assert found.relaxation is not None
    assert (
        sentence(found.relaxation).replace("\u00a0", " ")
        == "En acceptant aussi le type EI : 2 structures de plus pour le lot 2"
    )
    shown = preview(session, need, MONDAY, 5)
    assert (shown.eligible, [bool(one.near) for one in shown.best]) == (1, [False])
    assert [(one.number, one.eligible, one.close) for one in shown.lots] == [(1, 1, 1), (2, 0, 0)]


def found_in(structure_id: str, score: float, near: list[str] | None = None) -> Ranked:
    return Ranked(structure_id, f"o{structure_id}{score}", score, {}, [], near or [])


def test_of_a_structures_lots_one_that_it_could_answer_comes_before_a_better_near_one() -> None:
    first = Ranking(0, [found_in("a", 0.9, ["sector"]), found_in("b", 0.5, ["sector"])])
    second = Ranking(1, [found_in("a", 0.4)])
    best = best_of_lots([LotRanking(2, second, {"a": 1.0}), LotRanking(1, first, {})])
    assert [(m.structure_id, m.score, bool(m.near)) for m in best.matches] == [
        ("a", 0.4, False),
        ("b", 0.5, True),
    ]
    assert best.eligible == 1


def test_the_best_of_lots_never_depends_on_their_order_nor_on_that_of_offers() -> None:
    for seed in range(60):
        dice = cases.dice_of(seed)
        offers = [cases.offer(dice, number) for number in range(12)]
        lots = [LotNeed(n, n, f"Lot {n}", cases.need(dice)) for n in (1, 2, 3)]
        index, other = Index(cases.GAZETTEER), Index(cases.GAZETTEER)
        index.upsert(offers)
        other.upsert(reversed(offers))
        alone = rank_lots(index, lots, 50)
        whole = best_of_lots(alone)
        assert whole == best_of_lots(rank_lots(other, lots[::-1], 50))
        eligible = {match.structure_id for match in whole.matches if not match.near}
        assert eligible == {id_ for one in alone for id_ in one.able}
        assert whole.eligible == len(eligible)
        for one in alone:
            for match in one.ranking.matches:
                mine = next(m for m in whole.matches if m.structure_id == match.structure_id)
                assert (bool(mine.near), -mine.score) <= (bool(match.near), -match.score)
