"""A facilitator helps a need that finds too few answers; its buyer decides."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers import supporting
from marketplace.answers.consortium_queries import facilitators_of
from marketplace.answers.relaxing import answers_of_change, best_relaxation
from marketplace.answers.support_queries import could_publish, silent_matches
from marketplace.answers.support_tables import ProposalStatus
from marketplace.answers.supporting import NotProposed
from marketplace.db import transaction
from marketplace.mail import OutgoingMail
from marketplace.matching.lifecycle import MatchStatus
from marketplace.moderation.desks import receive_need
from marketplace.needs.tables import (
    Lever,
    Lot,
    LotSector,
    Need,
    NeedAmendment,
    NeedSector,
    PlaceType,
)
from marketplace.structures.kinds import Kind
from tests.answers.market import Market, close, market_of
from tests.factories import people
from tests.factories.market import CLEANING, GREEN_SPACES, MONDAY, offer, structure


def posted(session: Session, **changes: object) -> tuple[Market, int]:
    """A need on a desk, and its facilitator."""
    desk = people.desk(session, "25056")
    facilitator = people.facilitator(session, desk)
    market = market_of(session, structures=2, **changes)  # type: ignore[arg-type]  # a test's own values
    receive_need(session, market.need, MONDAY)
    session.commit()
    return market, facilitator.id


def test_the_silent_are_told_and_say_nothing(session: Session) -> None:
    market, facilitator = posted(session)
    market.match(session).status = MatchStatus.NOTIFIED
    session.commit()
    silent = session.scalars(silent_matches(market.need.id)).all()
    assert [match.structure_id for match in silent] == [market.structures[0].id]
    assert [person.id for person in facilitators_of(session, market.need)] == [facilitator]


def test_a_structure_is_asked_for_an_offer_once(session: Session) -> None:
    market, facilitator = posted(session, kinds=(Kind.ACI,))
    silent = structure(session, "Sans offre")
    people.structure_member(session, silent)
    nobody = structure(session, "Sans personne")
    session.commit()
    assert list(could_publish(session, market.need, 10)) == [silent]
    asked = []
    for _ in range(2):
        with transaction() as writing:
            asked.append(
                supporting.ask_for_offer(
                    writing, market.need.id, silent.id, facilitator, clock.now()
                )
            )
    assert asked == [True, False]
    assert list(could_publish(session, market.need, 10)) == []
    mails = session.scalars(
        select(OutgoingMail).where(OutgoingMail.kind == "answers/offer_invitation")
    )
    assert [mail.context["structure"] for mail in mails] == ["Sans offre"]
    with pytest.raises(NotProposed, match="appelez-la"), transaction() as writing:
        supporting.ask_for_offer(writing, market.need.id, nobody.id, facilitator, clock.now())


def test_the_buyer_accepts_a_later_deadline_once(session: Session) -> None:
    market, facilitator = posted(session)
    before = market.need.deadline_on
    assert before is not None
    with pytest.raises(NotProposed, match="plus tard"), transaction() as writing:
        supporting.propose_extension(writing, market.need.id, before, "", facilitator, clock.now())
    with transaction() as writing:
        proposal = supporting.propose_extension(
            writing, market.need.id, before + timedelta(days=7), "", facilitator, clock.now()
        ).id
    session.rollback()
    assert market.need.deadline_on == before  # nothing changes without the buyer
    for _ in range(2):
        with transaction() as writing:
            supporting.accept(writing, proposal, market.buyer.id, clock.now())
    session.rollback()
    assert market.need.deadline_on == before + timedelta(days=7)
    assert session.query(NeedAmendment).count() == 1
    with pytest.raises(NotProposed, match="déjà été acceptée"), transaction() as writing:
        supporting.refuse(writing, proposal, market.buyer.id, clock.now())


def test_the_buyer_admits_structures_from_further_away_or_not(session: Session) -> None:
    market, facilitator = posted(session, radius_km=10)
    with transaction() as writing:
        first = supporting.propose_widening(
            writing, market.need.id, 40, "Peu de monde", facilitator, clock.now()
        )
        assert supporting.in_words(first) == "Admettre des structures jusqu'à 40\u00a0km"
        proposal = first.id
    with pytest.raises(NotProposed, match="attend déjà"), transaction() as writing:
        supporting.propose_widening(writing, market.need.id, None, "", facilitator, clock.now())
    with transaction() as writing:
        supporting.refuse(writing, proposal, market.buyer.id, clock.now())
    with pytest.raises(NotProposed, match="refusée"), transaction() as writing:
        supporting.accept(writing, proposal, market.buyer.id, clock.now())
    with transaction() as writing:
        second = supporting.propose_widening(
            writing, market.need.id, None, "", facilitator, clock.now()
        ).id
    with transaction() as writing:
        supporting.accept(writing, second, market.buyer.id, clock.now())
    session.rollback()
    assert market.need.radius_km is None
    with pytest.raises(NotProposed, match="ne limite pas"), transaction() as writing:
        supporting.propose_widening(writing, market.need.id, 50, "", facilitator, clock.now())


def test_a_proposal_to_a_need_closed_meanwhile_changes_nothing(session: Session) -> None:
    market, facilitator = posted(session, radius_km=10)
    with transaction() as writing:
        proposal = supporting.propose_widening(
            writing, market.need.id, 40, "", facilitator, clock.now()
        )
        number = proposal.id
    close(session, market.need)
    with pytest.raises(NotProposed, match="clos"), transaction() as writing:
        supporting.accept(writing, number, market.buyer.id, clock.now())
    session.rollback()
    assert market.need.radius_km == 10
    assert session.get_one(type(proposal), number).status is ProposalStatus.OPEN


def test_what_would_admit_most_is_proposed_and_changes_the_need_once_accepted(
    session: Session,
) -> None:
    market, facilitator = posted(session, kinds=(Kind.ACI,))
    for name in ("Atelier un", "Atelier deux"):
        offer(session, structure(session, name, kind=Kind.ESAT))
    session.commit()
    best = best_relaxation(session, market.need, clock.now())
    assert best is not None
    assert (best.key, best.may_propose) == ("add_kind:ESAT", True)
    with pytest.raises(NotProposed, match="a changé"), transaction() as writing:
        supporting.propose_relaxation(
            writing, market.need.id, "add_kind:EA", "", facilitator, clock.now()
        )
    with transaction() as writing:
        proposal = supporting.propose_relaxation(
            writing, market.need.id, best.key, "Deux ESAT sont prêts", facilitator, clock.now()
        )
        number, said = proposal.id, supporting.in_words(proposal)
    assert said == "En acceptant aussi le type ESAT\u00a0: 2 structures de plus"
    (told,) = session.scalars(select(OutgoingMail).filter_by(kind="answers/need_proposal"))
    assert told.context["proposal"] == f"{said}."
    with transaction() as writing:
        supporting.accept(writing, number, market.buyer.id, clock.now())
    session.rollback()
    assert sorted(market.need.kinds) == ["ACI", "ESAT"]


@pytest.mark.parametrize(
    ("change", "answers"),
    [
        ({"code": "add_sector", "slug": CLEANING}, {"sectors": sorted((GREEN_SPACES, CLEANING))}),
        ({"code": "add_sector", "slug": CLEANING, "lot": 1}, None),
        ({"code": "add_service", "type": "delivery"}, {"service_types": ["delivery"]}),
        ({"code": "include_country"}, {"include_country": True}),
        ({"code": "wider_radius", "limit_km": 15.0}, {"radius_km": 15}),
        ({"code": "add_kind", "kind": "EA"}, {"kinds": ["EA", "ESAT"]}),
        ({"code": "add_kind", "kind": "ACI"}, None),
    ],
)
def test_a_loosening_adds_to_what_the_need_says_unless_a_lot_or_lever_says_otherwise(
    change: dict[str, object], answers: dict[str, object] | None
) -> None:
    need = Need(
        kinds=["ESAT"],
        lever=Lever.RESERVED_HANDICAP,
        service_types=[],
        place_type=PlaceType.POINT,
        radius_km=10,
        sectors=[NeedSector(sector_slug=GREEN_SPACES)],
    )
    need.lots = [Lot(number=1, sectors=[LotSector(sector_slug=GREEN_SPACES)])]
    found = answers_of_change(need, change)
    assert found == answers
