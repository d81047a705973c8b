"""Reads: « achats en QPV », what organisations award to suppliers of priority districts."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import case, func, null, or_, select, union_all
from sqlalchemy.orm import Session

from marketplace.accounts.tables import Organisation
from marketplace.answers.lifecycle import Result
from marketplace.answers.tables import Outcome
from marketplace.clauses.contract_tables import Contract, ContractEmployer
from marketplace.clauses.reported import ORDINARY, EmployerRole
from marketplace.needs.tables import Need
from marketplace.structures.tables import Structure


@dataclass(frozen=True, slots=True)
class DistrictPurchases:
    """Of one organisation. Awards of lots count one each; `unknown` are those whose holder's
    place is not known, and stay out of every share. `firms_inside`: of those inside, the awards
    to ordinary firms. Amounts are euros, excluding tax, of the awards that told theirs."""

    organisation: str
    needs: int
    needs_inside: int
    awards: int
    inside: int
    firms_inside: int
    unknown: int
    amount: Decimal
    amount_inside: Decimal
    amount_firms_inside: Decimal

    @property
    def share_of_needs(self) -> float | None:
        return self.needs_inside / self.needs if self.needs else None

    @property
    def share_of_awards(self) -> float | None:
        known = self.awards - self.unknown
        return self.inside / known if known else None

    @property
    def share_of_amounts(self) -> float | None:
        return float(self.amount_inside / self.amount) if self.amount else None


def district_purchases(
    session: Session, organisation_ids: Collection[int]
) -> list[DistrictPurchases]:
    """Of each organisation that awarded something. A need counts as inside when one of its lots
    went to a priority district. Contracts that no need led to count as awards of no need. The
    place of a holder is what its contract says, else what its structure says."""
    holds = ContractEmployer.role.in_((EmployerRole.HOLDER, EmployerRole.FORMER))
    is_it = or_(
        ContractEmployer.siret == Structure.siret,
        (ContractEmployer.siret == Outcome.holder_siret) & (Outcome.holder_siret != ""),
        (ContractEmployer.name == Outcome.holder_name) & (Outcome.holder_name != ""),
    )
    said = (
        select(func.bool_or(ContractEmployer.is_in_qpv))
        .join(Contract, Contract.id == ContractEmployer.contract_id)
        .where(Contract.need_id == Outcome.need_id, holds, is_it)
        .correlate(Outcome, Structure)
        .scalar_subquery()
    )
    awarded = (
        select(
            Need.organisation_id,
            Need.id.label("need_id"),
            func.coalesce(said, Structure.is_in_qpv).label("inside"),
            Outcome.amount,
            Structure.id.is_(None).label("is_firm"),
        )
        .join(Need, Need.id == Outcome.need_id)
        .outerjoin(Structure, Structure.id == Outcome.structure_id)
        .where(Outcome.result == Result.AWARDED, Need.organisation_id.in_(organisation_ids))
    )
    of_siret = (
        select(func.bool_or(Structure.is_in_qpv))
        .where(Structure.siret == ContractEmployer.siret)
        .scalar_subquery()
    )
    by_hand = (
        select(
            Contract.organisation_id,
            null(),
            func.coalesce(ContractEmployer.is_in_qpv, of_siret),
            Contract.amount,
            ContractEmployer.kind == ORDINARY,
        )
        .join(ContractEmployer, ContractEmployer.contract_id == Contract.id)
        .where(ContractEmployer.role == EmployerRole.HOLDER, Contract.need_id.is_(None))
        .where(Contract.organisation_id.in_(organisation_ids))
    )
    awards = union_all(awarded, by_hand).subquery()
    known, inside = awards.c.inside.is_not(None), awards.c.inside.is_(True)
    rows = session.execute(
        select(
            Organisation.name,
            func.count(case((known, awards.c.need_id)).distinct()),
            func.count(case((inside, awards.c.need_id)).distinct()),
            func.count(),
            func.count().filter(inside),
            func.count().filter(inside, awards.c.is_firm),
            func.count().filter(~known),
            func.coalesce(func.sum(awards.c.amount).filter(known), 0),
            func.coalesce(func.sum(awards.c.amount).filter(inside), 0),
            func.coalesce(func.sum(awards.c.amount).filter(inside, awards.c.is_firm), 0),
        )
        .join(Organisation, Organisation.id == awards.c.organisation_id)
        .group_by(Organisation.id, Organisation.name)
        .order_by(Organisation.name)
    )
    return [DistrictPurchases(*row) for row in rows]
