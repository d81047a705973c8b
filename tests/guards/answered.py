"""Needs in each stage of being answered, for the world of the matrix."""

from flask import current_app
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import Organisation, User
from marketplace.answers import links, reading
from marketplace.answers.answering import PartSaid, Said, send_answer
from marketplace.answers.asking import ask
from marketplace.answers.lifecycle import Result, Side
from marketplace.answers.tables import Outcome
from marketplace.answers.talking import stamp_read, write
from marketplace.formats import euros_read
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.tables import Match
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need
from marketplace.offers.tables import Offer
from marketplace.structures.tables import Structure
from tests.factories.market import MONDAY, submitted_need

STAGES = {
    "awaited": (Status.PUBLISHED, MatchStatus.NOTIFIED),
    "answered": (Status.PUBLISHED, MatchStatus.OPENED),
    "closed": (Status.CLOSED, MatchStatus.INTERESTED),
    "awarded": (Status.AWARDED, MatchStatus.RETAINED),
}


def populate_answers(
    session: Session,
    buyer: User,
    member: User,
    town: Organisation,
    supplier: Structure,
    things: dict[str, str],
) -> None:
    """A need in each stage, the supplier matched to it; the answered one has all that an answer
    brings, read by both sides."""
    now = clock.now()
    offered = session.query(Offer).filter_by(structure_id=supplier.id).first()
    assert offered is not None
    needs: dict[str, Need] = {}
    for name, (status, step) in STAGES.items():
        need = submitted_need(session, buyer.id, town.id, title=f"Besoin {name}")
        need.status, need.published_at = status, MONDAY
        session.add(_match(need, offered, step))
        session.flush()
        needs[name] = need
        things[f"{name}_need"] = need.slug
    published = session.query(Need).filter_by(slug=things["published_need"]).one()
    session.add(_match(published, offered, MatchStatus.OPENED))
    session.flush()
    answered = needs["answered"]
    said = Said(parts=[PartSaid(None, *euros_read("9 000"))])
    send_answer(session, answered.id, supplier.id, member.id, said, 0, now)
    enquiry = ask(session, answered.id, supplier.id, member.id, "Quel accès ?", now)
    for side, person in ((Side.STRUCTURE, member), (Side.BUYER, buyer)):
        thread = write(session, answered.id, supplier.id, side, person.id, "Bonjour", now).thread
    for side in Side:
        stamp_read(session, thread, side, now)
    reading.stamp_read(session, answered.id, {supplier.id})
    outcome = Outcome(
        need_id=needs["awarded"].id,
        result=Result.AWARDED,
        structure_id=supplier.id,
        decided_at=now,
        decided_by_id=buyer.id,
    )
    session.add(outcome)
    session.flush()
    things["outcome"] = str(outcome.id)
    invited = links.Invited(member.id, answered.id, supplier.id)
    things["token_to_answer"] = links.token_of(str(current_app.secret_key), invited)
    things["enquiry"] = str(enquiry.id)


def _match(need: Need, offered: Offer, step: MatchStatus) -> Match:
    return Match(
        need_id=need.id,
        structure_id=offered.structure_id,
        offer_id=offered.id,
        rank=1,
        score=0.5,
        parts={},
        reasons=[],
        status=step,
        first_matched_at=MONDAY,
    )
