"""A need with a group that answers it, one with a proposal of its facilitator, for the world."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import Organisation, User
from marketplace.answers import grouping, joining
from marketplace.answers.consortia import LegalForm, Origin
from marketplace.answers.support_tables import NeedProposal, ProposalKind
from marketplace.matching.shortlisting import shortlist_need
from marketplace.moderation import desks
from marketplace.moderation.deciding import approve
from marketplace.needs.tables import Need
from marketplace.structures.tables import Structure
from tests.factories.market import MONDAY, offer, structure, submitted_need


def populate_groups(
    session: Session,
    person: dict[str, User],
    town: Organisation,
    supplier: Structure,
    things: dict[str, str],
) -> None:
    """The buyer suggested the group; its lead, the supplier, and its partner accepted.
    Two neighbours could form another."""
    partner, lead, neighbour = (
        structure(session, name) for name in ("Le Partenaire", "La Meneuse", "Le Voisin")
    )
    for one in (partner, lead, neighbour):
        offer(session, one)
    buyer, member, facilitator = person["buyer"], person["member"], person["facilitator"]
    need = submitted_need(session, buyer.id, town.id, title="Besoin groupé", radius_km=30)
    desks.receive_need(session, need, MONDAY)
    approve(session, need.id, facilitator.id, MONDAY)
    now = clock.now()
    shortlist_need(session, need.id, now)
    group = grouping.open_group(
        session,
        need.id,
        supplier.id,
        [partner.id],
        buyer.id,
        Origin.BUYER,
        LegalForm.SEVERAL,
        now,
    )
    for one in (supplier, partner):
        joining.reply(session, group.id, one.id, accepts=True, user_id=member.id, now=now)
    other = session.scalars(select(Need).where(Need.slug == things["published_need"])).one()
    proposal = NeedProposal(
        need_id=other.id,
        kind=ProposalKind.EXTEND,
        deadline_on=clock.today() + timedelta(days=90),
        words="Plus tard",
        proposed_by_id=facilitator.id,
        proposed_at=now,
    )
    session.add(proposal)
    session.flush()
    things |= {"grouped_need": need.slug, "group": str(group.id), "proposal": str(proposal.id)}
    things |= {"second_of_group": partner.slug, "free_lead": lead.slug}
    things["siret_of_neighbour"] = neighbour.siret
