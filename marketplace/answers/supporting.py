"""A facilitator helps a need to be answered: asks structures for offers, proposes changes that
its buyer accepts or not."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace import mail
from marketplace.answers import announcing, queries
from marketplace.answers.announcing import NOBODY, Unaware
from marketplace.answers.relaxing import answers_of_change, best_relaxation
from marketplace.answers.support_tables import (
    NeedProposal,
    OfferInvitation,
    ProposalKind,
    ProposalStatus,
)
from marketplace.formats import long_date
from marketplace.mail import Promise
from marketplace.matching import explaining
from marketplace.needs import amending
from marketplace.needs.amending import DeadlineBroughtForward
from marketplace.needs.drafting import Answers
from marketplace.needs.lifecycle import NotOpen
from marketplace.needs.posting import need_for_update
from marketplace.needs.tables import Need, PlaceType
from marketplace.needs.wording import shown_buyer
from marketplace.structures.tables import Structure


class NotProposed(Exception):
    """Nothing is done; the message says why, in French."""


def ask_for_offer(
    session: Session, need_id: int, structure_id: int, user_id: int, now: datetime
) -> bool:
    """Write once to the people of a structure that it should publish an offer; False when it
    was asked before.

    Raises NotProposed: nobody speaks for it, or the need is closed.
    """
    need = session.get_one(Need, need_id)
    structure = session.get_one(Structure, structure_id)
    readers = queries.people_of_structure(session, structure_id)
    if need.deadline_on is None or not amending.is_open_at(need, now):
        raise NotProposed("Ce besoin n'accepte plus de réponses.")
    if not structure.is_active or not readers:
        raise NotProposed(
            "Personne ne parle pour cette structure sur Tandem\u00a0: appelez-la plutôt."
        )
    asked = insert(OfferInvitation).values(
        need_id=need_id, structure_id=structure_id, user_id=user_id, invited_at=now
    )
    invitation_id = session.scalar(
        asked.on_conflict_do_nothing(index_elements=["need_id", "structure_id"]).returning(
            OfferInvitation.id
        )
    )
    if invitation_id is None:
        return False
    for person in readers:
        mail.post(
            session,
            key=f"offer_invitation:{invitation_id}:{person.id}",
            kind="answers/offer_invitation",
            address=person.email,
            promise=Promise.AT_MOST_ONCE,
            user_id=person.id,
            topic="needs",
            link=f"/structures/{structure.slug}/offres",
            name=person.full_name,
            structure=structure.display_name,
            need=need.title,
            buyer=shown_buyer(need),
            day=long_date(need.deadline_on),
        )
    return True


def propose_extension(
    session: Session, need_id: int, deadline_on: date, words: str, user_id: int, now: datetime
) -> NeedProposal:
    """Raises NotProposed: the day is no later, the need is closed, or one waits already."""
    need = _open_need(session, need_id, ProposalKind.EXTEND, now)
    if need.deadline_on is None or deadline_on <= need.deadline_on:
        raise NotProposed("La nouvelle date doit être plus tard que la date limite.")
    proposal = NeedProposal(kind=ProposalKind.EXTEND, deadline_on=deadline_on)
    return _propose(session, need, proposal, words, user_id, now)


def propose_widening(
    session: Session,
    need_id: int,
    radius_km: int | None,
    words: str,
    user_id: int,
    now: datetime,
) -> NeedProposal:
    """Raises NotProposed: the need does not limit how far structures are, or not so closely."""
    need = _open_need(session, need_id, ProposalKind.WIDEN, now)
    if need.place_type is not PlaceType.POINT or need.radius_km is None:
        raise NotProposed("Ce besoin ne limite pas la distance des structures.")
    if radius_km is not None and radius_km <= need.radius_km:
        raise NotProposed("La nouvelle distance doit être plus grande que celle du besoin.")
    proposal = NeedProposal(kind=ProposalKind.WIDEN, radius_km=radius_km)
    return _propose(session, need, proposal, words, user_id, now)


def propose_relaxation(
    session: Session, need_id: int, seen: str, words: str, user_id: int, now: datetime
) -> NeedProposal:
    """Propose the best loosening, whose key the person was shown. Raises NotProposed: it is
    another by now, its buyer alone can make it, the need is closed, or one waits already."""
    need = _open_need(session, need_id, ProposalKind.RELAX, now)
    best = best_relaxation(session, need, now)
    if best is None or best.key != seen:
        raise NotProposed("Ce qui aiderait le plus a changé\u00a0: relisez, puis recommencez.")
    if not best.may_propose:
        raise NotProposed("L'acheteur seul peut faire ce changement\u00a0: appelez-le.")
    proposal = NeedProposal(kind=ProposalKind.RELAX, change=best.change)
    return _propose(session, need, proposal, words, user_id, now)


def accept(
    session: Session,
    proposal_id: int,
    user_id: int,
    now: datetime,
    unaware: Unaware = NOBODY,
) -> int | None:
    """The buyer agrees: the need is amended, and its structures are told, less those who are
    still to hear of it. How many structures that makes, None when nothing changes any more;
    accepting twice is accepting once. Raises NotProposed when the need has changed too much."""
    proposal = _for_update(session, proposal_id)
    if proposal.status is ProposalStatus.ACCEPTED:
        return None
    need = need_for_update(session, proposal.need_id)
    if proposal.status is ProposalStatus.REFUSED:
        raise NotProposed("Cette proposition a déjà été refusée.")
    answers = _answers_of(need, proposal)
    try:
        amending.check_open(need, now)
        changes = amending.differences(need, answers)
    except (NotOpen, DeadlineBroughtForward) as error:
        raise NotProposed(
            "Le besoin est clos, ou sa date limite est déjà plus tard\u00a0: rien n'est changé."
        ) from error
    _decide(proposal, ProposalStatus.ACCEPTED, user_id, now)
    if not changes:
        return None
    amendment = amending.keep_changes(session, need, user_id, changes, answers, now)
    return announcing.tell_amended(session, need, amendment, now, unaware)


def refuse(session: Session, proposal_id: int, user_id: int, now: datetime) -> None:
    """The buyer does not want it. Raises NotProposed once it was accepted."""
    proposal = _for_update(session, proposal_id)
    if proposal.status is ProposalStatus.ACCEPTED:
        raise NotProposed("Cette proposition a déjà été acceptée.")
    if proposal.status is ProposalStatus.OPEN:
        _decide(proposal, ProposalStatus.REFUSED, user_id, now)


def _answers_of(need: Need, proposal: NeedProposal) -> Answers:
    """What a need says once a proposal is accepted. Raises NotProposed: it has changed too much."""
    if proposal.kind is ProposalKind.EXTEND:
        return Answers(deadline_on=proposal.deadline_on)
    if proposal.kind is ProposalKind.WIDEN:
        return Answers(radius_km=proposal.radius_km)
    answers = answers_of_change(need, proposal.change)
    if answers is None:
        raise NotProposed("Le besoin a changé depuis\u00a0: rien n'est changé.")
    return answers


def in_words(proposal: NeedProposal) -> str:
    """« Repousser la date limite au 4 janvier 2027 », without a final point."""
    if proposal.kind is ProposalKind.RELAX:
        return explaining.sentence(proposal.change, "buyer")
    if proposal.deadline_on is not None:
        return f"Repousser la date limite au {long_date(proposal.deadline_on)}"
    if proposal.radius_km is None:
        return "Admettre des structures quelle que soit leur distance"
    return f"Admettre des structures jusqu'à {proposal.radius_km}\u00a0km"


def _open_need(session: Session, need_id: int, kind: ProposalKind, now: datetime) -> Need:
    need = need_for_update(session, need_id)
    if not amending.is_open_at(need, now):
        raise NotProposed("Ce besoin n'accepte plus de réponses.")
    waiting = select(NeedProposal.id).filter_by(
        need_id=need_id, kind=kind, status=ProposalStatus.OPEN
    )
    if session.scalar(waiting.limit(1)) is not None:
        raise NotProposed("Une proposition de ce genre attend déjà la réponse de l'acheteur.")
    return need


def _propose(
    session: Session, need: Need, proposal: NeedProposal, words: str, user_id: int, now: datetime
) -> NeedProposal:
    proposal.need_id, proposal.words = need.id, words
    proposal.proposed_by_id, proposal.proposed_at = user_id, now
    proposal.status = ProposalStatus.OPEN
    session.add(proposal)
    session.flush()
    for person in queries.buyers_of(session, need):
        mail.post(
            session,
            key=f"need_proposal:{proposal.id}:{person.id}",
            kind="answers/need_proposal",
            address=person.email,
            promise=Promise.AT_MOST_ONCE,
            user_id=person.id,
            topic="answers",
            link=f"/besoins/{need.slug}/propositions",
            name=person.full_name,
            need=need.title,
            proposal=f"{in_words(proposal)}.",
        )
    return proposal


def _for_update(session: Session, proposal_id: int) -> NeedProposal:
    named = select(NeedProposal).where(NeedProposal.id == proposal_id)
    locked = named.with_for_update(of=NeedProposal).execution_options(populate_existing=True)
    return session.scalars(locked).one()


def _decide(proposal: NeedProposal, status: ProposalStatus, user_id: int, now: datetime) -> None:
    proposal.status, proposal.decided_by_id, proposal.decided_at = status, user_id, now
