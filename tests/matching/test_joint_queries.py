"""Who could answer a need together: by lots, sectors, zones and amounts."""

from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.matching.joint_queries import JointGroup, joint_groups, shares_among
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.shortlisting import shortlist_need
from marketplace.matching.tables import Match
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import (
    Lever,
    Lot,
    LotSector,
    LotZone,
    Need,
    NeedSector,
    NeedZone,
    PlaceType,
)
from marketplace.offers.tables import CoverageType, Offer, OfferZone
from marketplace.structures.kinds import Kind
from marketplace.structures.tables import Structure
from tests.factories import people
from tests.factories.market import (
    BESANCON,
    CLEANING,
    DOLE,
    GREEN_SPACES,
    MONDAY,
    offer,
    structure,
    submitted_need,
)

LAUNDRY = "blanchisserie"
SEATS = {"25": BESANCON, "39": DOLE}

Told = dict[str, list[tuple[int | None, int, str]]]


def lot(number: int, title: str, sector: str, *departments: str, euros: int | None = None) -> Lot:
    return Lot(
        number=number,
        title=title,
        sectors=[LotSector(sector_slug=sector)],
        place_type=PlaceType.ZONES if departments else None,
        zones=[LotZone(territory_code=code) for code in departments],
        amount_min=euros,
        amount_max=euros,
    )


@pytest.fixture
def need(session: Session) -> Need:
    """Of no lot yet, in Besançon."""
    buyer_of = people.organisation(session)
    author = people.buyer(session, buyer_of.id)
    row = submitted_need(session, author.id, buyer_of.id, title="Entretien du site", sectors=())
    row.status = Status.PUBLISHED
    return row


def works(
    session: Session, name: str, *sectors: str, of: str = "25", most: int | None = None
) -> Structure:
    """A structure seated and at work in one department, on contracts up to an amount."""
    row = structure(session, name, SEATS[of])
    sold: Offer = offer(session, row, *sectors)
    sold.coverage_type, sold.radius_km = CoverageType.ZONES, None
    sold.zones = [OfferZone(territory_code=of)]
    sold.amount_max = Decimal(most) if most else None
    return row


def ranked(session: Session, need: Need) -> None:
    session.commit()
    shortlist_need(session, need.id, MONDAY)
    session.commit()


def told(group: JointGroup) -> Told:
    return {
        member.structure.name: [
            (part.lot.number if part.lot else None, part.percent, part.what)
            for part in member.parts
        ]
        for member in group.members
    }


def test_a_lot_in_two_departments_and_another_lot_make_a_group_of_three(
    session: Session, need: Need
) -> None:
    need.lots = [lot(1, "Tonte", GREEN_SPACES, "25", "39"), lot(2, "Vestiaires", CLEANING)]
    works(session, "Jardins du Doubs", GREEN_SPACES)
    works(session, "Jardins du Jura", GREEN_SPACES, of="39")
    works(session, "Net et clair", CLEANING)
    ranked(session, need)
    found = joint_groups(session, need, MONDAY)
    (group,) = found.groups
    assert (found.uncovered, found.is_exact, found.is_coverable_alone) == ((), True, False)
    assert told(group) == {
        "Jardins du Doubs": [(1, 50, "Doubs (département)")],
        "Jardins du Jura": [(1, 50, "Jura (département)")],
        "Net et clair": [(2, 100, "")],
    }


def test_a_lot_beyond_what_its_taker_declares_calls_for_a_third(
    session: Session, need: Need
) -> None:
    need.lots = [lot(1, "Tonte", GREEN_SPACES, euros=80_000), lot(2, "Vestiaires", CLEANING)]
    works(session, "Petits jardins", GREEN_SPACES, most=40_000)
    works(session, "Haies", GREEN_SPACES, most=60_000)
    works(session, "Net et clair", CLEANING)
    ranked(session, need)
    (group,) = joint_groups(session, need, MONDAY).groups
    assert told(group).keys() == {"Haies", "Net et clair", "Petits jardins"}
    percents = sorted(part.percent for member in group.members for part in member.parts)
    assert percents in ([25, 75, 100], [50, 50, 100])  # the better one first, up to its capacity
    assert [part.is_for_amount for m in group.members for part in m.parts].count(True) == 1
    assert group.lacking == ()
    need.lots[0].amount_min = need.lots[0].amount_max = Decimal(130_000)
    session.commit()
    (group,) = joint_groups(session, need, MONDAY).groups
    assert len(group.members) == 3
    assert [(one.lot and one.lot.number, one.euros) for one in group.lacking] == [(1, 30_000)]


def test_a_need_without_lots_is_shared_by_sectors_and_zones(session: Session, need: Need) -> None:
    need.sectors = [NeedSector(sector_slug=slug) for slug in (GREEN_SPACES, CLEANING, LAUNDRY)]
    need.place_type, need.commune_code = PlaceType.ZONES, None
    need.zones = [NeedZone(territory_code="25"), NeedZone(territory_code="39")]
    works(session, "Jardins", GREEN_SPACES)
    works(session, "Propreté", CLEANING)
    works(session, "Jura services", GREEN_SPACES, CLEANING, of="39")
    ranked(session, need)
    found = joint_groups(session, need, MONDAY)
    (group,) = found.groups
    green, clean = "Création et entretien des espaces verts", "Nettoyage de locaux"
    assert told(group) == {
        "Jura services": [
            (None, 50, f"{green} (Jura (département)), {clean} (Jura (département))")
        ],
        "Jardins": [(None, 25, f"{green} (Doubs (département))")],
        "Propreté": [(None, 25, f"{clean} (Doubs (département))")],
    }
    assert [(one.lot, one.what) for one in found.uncovered] == [(None, "Blanchisserie")]


def test_whoever_declined_or_left_is_not_suggested_and_one_alone_is_told(
    session: Session, need: Need
) -> None:
    need.lots = [
        lot(1, "Tonte", GREEN_SPACES),
        lot(2, "Vestiaires", CLEANING),
        lot(3, "Linge", LAUNDRY),
    ]
    works(session, "Jardins", GREEN_SPACES)
    works(session, "Propreté", CLEANING)
    both = works(session, "Les deux", GREEN_SPACES, CLEANING)
    ranked(session, need)
    found = joint_groups(session, need, MONDAY)
    assert found.is_coverable_alone
    assert [list(told(group)) for group in found.several] == [["Jardins", "Propreté"]]
    assert [one.lot and one.lot.title for one in found.uncovered] == ["Linge"]
    for leaves in ("declines", "closes"):
        match = session.scalars(select(Match).where(Match.structure_id == both.id)).one()
        match.status = MatchStatus.DECLINED if leaves == "declines" else MatchStatus.SUGGESTED
        both.is_active = leaves == "declines"
        session.commit()
        assert not joint_groups(session, need, MONDAY).is_coverable_alone


def test_a_reserved_lot_is_covered_by_its_kinds_alone(session: Session, need: Need) -> None:
    need.lots = [lot(1, "Tonte", GREEN_SPACES), lot(2, "Vestiaires", CLEANING)]
    need.lots[0].lever = Lever.RESERVED_HANDICAP
    works(session, "Jardins ACI", GREEN_SPACES, CLEANING)
    esat = works(session, "Jardins ESAT", GREEN_SPACES)
    esat.kind = Kind.ESAT
    ranked(session, need)
    (group,) = joint_groups(session, need, MONDAY).groups
    assert told(group) == {"Jardins ACI": [(2, 100, "")], "Jardins ESAT": [(1, 100, "")]}


def test_a_structure_asks_for_the_groups_that_it_would_be_in(session: Session, need: Need) -> None:
    need.lots = [lot(1, "Tonte", GREEN_SPACES), lot(2, "Vestiaires", CLEANING)]
    gardens = [works(session, f"Jardins {n}", GREEN_SPACES) for n in range(5)]
    cleaner = works(session, "Propreté", CLEANING)
    stranger = structure(session, "Ailleurs", DOLE)
    ranked(session, need)
    among = {name for group in joint_groups(session, need, MONDAY).groups for name in told(group)}
    for one in gardens:
        (group,) = joint_groups(session, need, MONDAY, including=one.id).groups
        assert list(told(group)) in ([one.name, "Propreté"], ["Propreté", one.name])
    assert {one.name for one in gardens} - among  # some of them stand in no general suggestion
    assert joint_groups(session, need, MONDAY, including=stranger.id).groups == ()
    ids = [gardens[4].id, cleaner.id]
    shares = shares_among(session, need, ids, MONDAY)
    assert {
        id_: [part.lot and part.lot.number for part in parts] for id_, parts in shares.items()
    } == {
        gardens[4].id: [1],
        cleaner.id: [2],
    }
    assert shares_among(session, need, [*ids, stranger.id], MONDAY) == {}
    assert shares_among(session, need, [one.id for one in gardens], MONDAY) == {}
