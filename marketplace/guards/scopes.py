"""What a person may see: one scope for pages, API and exports."""

from collections.abc import Callable

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session, contains_eager

from marketplace.accounts.tables import Organisation, PurchasingMandate
from marketplace.answers.consortia import LIVING, ConsortiumStatus, Origin
from marketplace.answers.consortium_queries import RUNNING
from marketplace.answers.consortium_tables import Consortium, ConsortiumFile, ConsortiumMember
from marketplace.answers.lifecycle import AnswerStatus
from marketplace.answers.tables import Answer, AnswerFile, Message, MessageFile, Thread
from marketplace.clauses.contract_queries import employs, own_employers
from marketplace.clauses.contract_tables import (
    Contract,
    ContractEmployer,
    ContractLot,
    HourReport,
)
from marketplace.clauses.post_tables import Opening, Prescriber
from marketplace.files.tables import StoredFile
from marketplace.guards.roles import Viewer
from marketplace.insights.spend_tables import PotentialStudy, SpendFile
from marketplace.lists.export_tables import Export
from marketplace.lists.tables import FavouriteList
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.tables import Match
from marketplace.moderation.queries import is_on
from marketplace.moderation.tables import Desk, DeskTerritory, QueueEntry
from marketplace.needs.lifecycle import Status
from marketplace.needs.plan_tables import PlannedPurchase
from marketplace.needs.queries import IN_FULL
from marketplace.needs.tables import Need, NeedFile
from marketplace.offers.tables import Offer
from marketplace.structures.import_tables import StructureImport
from marketplace.structures.network_tables import Network
from marketplace.structures.tables import Structure, StructureClaim
from marketplace.territories.tables import Territory

PUBLIC_STATUSES = (
    Status.PUBLISHED,
    Status.CLOSED,
    Status.AWARDED,
    Status.UNSUCCESSFUL,
    Status.ABANDONED,
)


def visible_needs(viewer: Viewer | None) -> Select[Need]:
    """The needs whose page this person may open: a foreign one answers 404.

    A draft is its buyers' alone: they are told that nobody else sees it.
    """
    needs = select(Need)
    if viewer is not None and viewer.is_administrator:
        return needs.where(or_(Need.status != Status.DRAFT, bought_by(viewer)))
    allowed: list[ColumnElement[bool]] = [Need.status.in_(PUBLIC_STATUSES)]
    if viewer is not None:
        allowed += [bought_by(viewer), on_desk_of(viewer)]
    return needs.where(or_(*allowed))


def bought_by(viewer: Viewer) -> ColumnElement[bool]:
    """Needs of this person's organisations, and those that they posted for another."""
    own = viewer.organisation_ids
    return or_(Need.organisation_id.in_(own), Need.platform_id.in_(own))


def planned_by_viewer(viewer: Viewer) -> Select[PlannedPurchase]:
    """The planned purchases of this person's organisations, and of those it buys for."""
    own = viewer.organisation_ids
    mandated = select(PurchasingMandate.organisation_id).where(
        PurchasingMandate.platform_id.in_(own)
    )
    theirs = PlannedPurchase.organisation_id
    return select(PlannedPurchase).where(or_(theirs.in_(own), theirs.in_(mandated)))


def announced_to_all() -> Select[PlannedPurchase]:
    """Planned purchases: everyone reads them, those over and those that became needs too."""
    return select(PlannedPurchase)


def spending_of(viewer: Viewer) -> Select[SpendFile]:
    """The files of spending of this person's organisations: nobody else reads them."""
    return select(SpendFile).where(SpendFile.organisation_id.in_(viewer.organisation_ids))


def studies_seen_by(viewer: Viewer) -> Select[PotentialStudy]:
    theirs = PotentialStudy.organisation_id.in_(viewer.organisation_ids)
    return select(PotentialStudy).where(theirs)


def openings_on_desk_of(viewer: Viewer) -> Select[Opening]:
    """The posts to fill that the desks of this facilitator opened."""
    return select(Opening).where(Opening.desk_id.in_(viewer.desk_ids))


def prescribers_on_desk_of(viewer: Viewer) -> Select[Prescriber]:
    return select(Prescriber).where(Prescriber.desk_id.in_(viewer.desk_ids), Prescriber.is_active)


def is_bought_by(viewer: Viewer, need: Need) -> bool:
    return not viewer.organisation_ids.isdisjoint({need.organisation_id, need.platform_id})


def knows_buyer(viewer: Viewer | None, need: Need) -> bool:
    """Its own people and administrators, whom an anonymous sourcing hides nothing from."""
    return viewer is not None and (viewer.is_administrator or is_bought_by(viewer, need))


def on_desk_of(viewer: Viewer) -> ColumnElement[bool]:
    """Needs that came, or once came, to a desk of this facilitator, or were escalated to it."""
    return exists().where(QueueEntry.need_id == Need.id, is_on(viewer.desk_ids))


def entries_on_desk_of(viewer: Viewer) -> Select[QueueEntry]:
    """What came to a desk of this facilitator, or was escalated to it."""
    return select(QueueEntry).where(is_on(viewer.desk_ids))


def may_see_shortlist(session: Session, viewer: Viewer | None, need: Need) -> bool:
    """The buyer's own people, its facilitators and administrators; nobody else."""
    if viewer is None:
        return False
    if viewer.is_administrator or is_bought_by(viewer, need):
        return True
    moderated = select(Need.id).where(Need.id == need.id, on_desk_of(viewer))
    return session.scalar(moderated) is not None


def spoken_for_by(viewer: Viewer) -> Select[Structure]:
    """The structures whose profile and offers this person writes."""
    return select(Structure).where(Structure.id.in_(viewer.structure_ids))


def offers_of(structure: Structure) -> Select[Offer]:
    """What a structure wrote itself; what a register implies of it is nobody's to change."""
    return select(Offer).where(Offer.structure_id == structure.id, ~Offer.is_implied)


def offers_on_desk_of(viewer: Viewer) -> Select[Offer]:
    """The offers that came to a desk of this facilitator, or were escalated to it."""
    came = QueueEntry.offer_id == Offer.id
    return select(Offer).where(exists().where(came, is_on(viewer.desk_ids)))


def need_of_insider(session: Session, viewer: Viewer | None, slug: str) -> Need:
    """A need for those who see its shortlist. Raises NoResultFound: to all others, a 404."""
    named = visible_needs(viewer).where(Need.slug == slug).options(*IN_FULL)
    need = session.scalars(named).unique().one()
    if not may_see_shortlist(session, viewer, need):
        raise NoResultFound
    return need


def visible_groups(viewer: Viewer) -> Select[Consortium]:
    """The groups whose page this person may open: its structures', those of needs on its desk,
    and of its own needs those that it suggested or that answered."""
    shown = or_(Consortium.status == ConsortiumStatus.SENT, Consortium.origin == Origin.BUYER)
    groups = select(Consortium).join(Need, Need.id == Consortium.need_id)
    if viewer.is_administrator:
        return groups
    inside = or_(in_group_of(viewer), on_desk_of(viewer))
    return groups.where(or_(inside, shown & bought_by(viewer)))


def in_group_of(viewer: Viewer) -> ColumnElement[bool]:
    """Groups of which a structure of this person is, or is asked to be, a member."""
    return exists().where(
        ConsortiumMember.consortium_id == Consortium.id,
        ConsortiumMember.structure_id.in_(viewer.structure_ids),
        ConsortiumMember.status.in_(LIVING),
    )


def claims_on_desk_of(viewer: Viewer) -> Select[StructureClaim]:
    """The claims that came to a desk of this facilitator; managers' own affairs are not."""
    came = QueueEntry.claim_id == StructureClaim.id
    return select(StructureClaim).where(exists().where(came, is_on(viewer.desk_ids)))


def visible_contracts(viewer: Viewer) -> Select[Contract]:
    """The contracts whose page this person may open: of its organisations and desks, and those
    that its structures work on."""
    contracts = select(Contract)
    if viewer.is_administrator:
        return contracts
    return contracts.where(or_(runs_contract(viewer), employs(viewer.structure_ids)))


def runs_contract(viewer: Viewer) -> ColumnElement[bool]:
    """Contracts that this person follows for who buys or for the desk, and may change."""
    bought = Contract.organisation_id.in_(viewer.organisation_ids)
    return or_(bought, Contract.desk_id.in_(viewer.desk_ids))


def organisations_known_to(viewer: Viewer) -> Select[Organisation]:
    """Who buys, for who asks: its own organisations, and those seated in the territory of its
    desks; for the national desk, all."""
    is_own = Organisation.id.in_(viewer.organisation_ids)
    if not viewer.is_facilitator:
        return select(Organisation).where(is_own)
    holds = or_(
        DeskTerritory.territory_code == Territory.code,
        DeskTerritory.territory_code == Territory.epci,
        DeskTerritory.territory_code == Territory.department,
        DeskTerritory.territory_code == Territory.region,
    )
    seats = (
        select(Territory.code)
        .join(DeskTerritory, holds)
        .where(DeskTerritory.desk_id.in_(viewer.desk_ids))
    )
    is_national = exists().where(Desk.id.in_(viewer.desk_ids), Desk.is_national)
    return select(Organisation).where(
        or_(is_own, Organisation.commune_code.in_(seats), is_national)
    )


def reports_on_desk_of(viewer: Viewer) -> Select[HourReport]:
    """The reports of hours that this facilitator decides on."""
    lots = HourReport.lot_id.in_(
        select(ContractLot.id)
        .join(Contract, Contract.id == ContractLot.contract_id)
        .where(Contract.desk_id.in_(viewer.desk_ids))
    )
    return select(HourReport).where(lots)


def employers_reported_by(
    session: Session, viewer: Viewer, contract: Contract
) -> list[ContractEmployer]:
    """Those whose hours this person may report: its own structures; for its desk, all."""
    if contract.desk_id in viewer.desk_ids:
        return list(contract.employers)
    return list(own_employers(session, contract.id, viewer.structure_ids))


def may_see_contact(viewer: Viewer | None, structure: Structure) -> bool:
    """How to write to a structure: for buyers, facilitators, administrators and its own people;
    never for a visitor, nor for the machines that gather addresses."""
    if viewer is None or not viewer.is_verified:
        return False
    is_due = viewer.is_buyer or viewer.is_facilitator or viewer.is_administrator
    return is_due or structure.id in viewer.structure_ids


def followed_network(session: Session, viewer: Viewer | None, code: str) -> Network:
    """Raises NoResultFound: to who does not speak for it, a 404."""
    own = viewer.network_ids if viewer is not None else frozenset[int]()
    return session.scalars(select(Network).where(Network.code == code, Network.id.in_(own))).one()


def structures_of_network(code: str) -> Select[Structure]:
    """Those that say they belong to it, by name."""
    theirs = select(Structure).where(Structure.is_active, Structure.networks.contains([code]))
    return theirs.order_by(Structure.sort_key, Structure.id)


def imports_of_network(network_id: int) -> Select[StructureImport]:
    """The registers that the partners of a network handed in for it, the latest first."""
    theirs = select(StructureImport).where(StructureImport.network_id == network_id)
    return theirs.order_by(StructureImport.id.desc())


def needs_sent_to(code: str) -> Select[Match]:
    """What the structures of a network were told of, latest need first: where each stands, and
    nothing of what it answers."""
    return (
        select(Match)
        .join(Match.need)
        .join(Match.structure)
        .where(
            Structure.is_active,
            Structure.networks.contains([code]),
            Match.status != MatchStatus.SUGGESTED,
            Need.status.in_(PUBLIC_STATUSES),
        )
        .options(contains_eager(Match.need).joinedload(Need.organisation))
        .options(contains_eager(Match.structure))
        .order_by(Need.id.desc(), Match.rank, Match.id)
    )


def visible_lists(viewer: Viewer) -> Select[FavouriteList]:
    """A person's own lists, and those that colleagues share with its organisations: all of
    them may add, note and take out."""
    shared = FavouriteList.organisation_id.in_(viewer.organisation_ids)
    return select(FavouriteList).where(or_(FavouriteList.owner_id == viewer.user_id, shared))


def rules_list(viewer: Viewer, kept: FavouriteList) -> bool:
    """Who names, shares and deletes it: its owner; once that account is gone, any colleague."""
    return kept.owner_id in (viewer.user_id, None)


def may_read_file(session: Session, viewer: Viewer, file: StoredFile) -> bool:
    """Whoever may see one of the things that it is joined to; nobody, if it is to nothing."""
    return any(reads(session, viewer, file.id) for reads in FILE_READERS)


def _reads_file_of_need(session: Session, viewer: Viewer, file_id: int) -> bool:
    joined = NeedFile.need_id == Need.id
    seen = visible_needs(viewer).join(NeedFile, joined).where(NeedFile.file_id == file_id)
    return session.scalar(select(seen.exists())) is True


def _reads_file_of_answer(session: Session, viewer: Viewer, file_id: int) -> bool:
    """Its structure's people; the need's buyers once the answer is sent."""
    joined = (
        select(AnswerFile.file_id)
        .join(Answer, Answer.id == AnswerFile.answer_id)
        .join(Need, Need.id == Answer.need_id)
        .where(AnswerFile.file_id == file_id)
    )
    is_sent = Answer.status == AnswerStatus.SENT
    read = joined.where(
        Answer.structure_id.in_(viewer.structure_ids) | (is_sent & bought_by(viewer))
    )
    return session.scalar(select(read.exists())) is True


def _reads_file_of_group(session: Session, viewer: Viewer, file_id: int) -> bool:
    """The members, what their lead had joined to an answer of its own included, and the desk;
    the need's buyers once the joint answer is sent."""
    is_sent = Consortium.status == ConsortiumStatus.SENT
    joined = (
        select(Consortium.id)
        .join(Need, Need.id == Consortium.need_id)
        .join(ConsortiumFile, ConsortiumFile.consortium_id == Consortium.id)
        .where(ConsortiumFile.file_id == file_id)
        .where(in_group_of(viewer) | on_desk_of(viewer) | (is_sent & bought_by(viewer)))
    )
    of_lead = (
        select(Consortium.id)
        .join(Answer, Answer.need_id == Consortium.need_id)
        .join(AnswerFile, AnswerFile.answer_id == Answer.id)
        .where(AnswerFile.file_id == file_id, Answer.structure_id == Consortium.lead_id)
        .where(Consortium.status.in_(RUNNING), in_group_of(viewer))
    )
    return session.scalar(select(or_(joined.exists(), of_lead.exists()))) is True


def _reads_file_of_message(session: Session, viewer: Viewer, file_id: int) -> bool:
    """The people of both sides of the conversation."""
    joined = (
        select(MessageFile.file_id)
        .join(Message, Message.id == MessageFile.message_id)
        .join(Thread, Thread.id == Message.thread_id)
        .join(Need, Need.id == Thread.need_id)
        .where(MessageFile.file_id == file_id)
    )
    read = joined.where(Thread.structure_id.in_(viewer.structure_ids) | bought_by(viewer))
    return session.scalar(select(read.exists())) is True


def _reads_export(session: Session, viewer: Viewer, file_id: int) -> bool:
    """A sheet that was written for this very person."""
    own = select(Export).filter_by(user_id=viewer.user_id, file_id=file_id)
    return session.scalar(select(own.exists())) is True


FILE_READERS: list[Callable[[Session, Viewer, int], bool]] = [
    _reads_file_of_need,
    _reads_file_of_answer,
    _reads_file_of_group,
    _reads_file_of_message,
    _reads_export,
]
"""One check for each table that joins files to something."""
