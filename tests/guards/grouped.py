"""A need with a group that answers it and a proposal of its facilitator, for the world."""

from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import Organisation, User
from marketplace.answers import grouping, joining
from marketplace.answers.consortia import LegalForm, Origin
from marketplace.answers.support_tables import NeedProposal, ProposalKind
from marketplace.moderation import desks
from marketplace.moderation.deciding import approve
from marketplace.structures.tables import Structure
from tests.factories.market import MONDAY, offer, structure, submitted_need


def populate_groups(
    session: Session,
    person: dict[str, User],
    town: Organisation,
    supplier: Structure,
    things: dict[str, str],
) -> None:
    """The buyer suggested the group; its lead, the supplier, has accepted."""
    partner = structure(session, "Le Partenaire")
    offer(session, partner)
    buyer, member, facilitator = person["buyer"], person["member"], person["facilitator"]
    need = submitted_need(session, buyer.id, town.id, title="Besoin groupé", radius_km=30)
    desks.receive_need(session, need, MONDAY)
    approve(session, need.id, facilitator.id, MONDAY)
    now = clock.now()
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
    joining.reply(session, group.id, supplier.id, accepts=True, user_id=member.id, now=now)
    proposal = NeedProposal(
        need_id=need.id,
        kind=ProposalKind.WIDEN,
        words="Plus loin",
        proposed_by_id=facilitator.id,
        proposed_at=now,
    )
    session.add(proposal)
    session.flush()
    things |= {"grouped_need": need.slug, "group": str(group.id), "proposal": str(proposal.id)}
