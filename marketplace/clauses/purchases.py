"""Reads: « achats en QPV », what organisations award to suppliers of priority districts."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import Organisation
from marketplace.answers.lifecycle import Result
from marketplace.answers.tables import Outcome
from marketplace.clauses.contract_tables import Contract, ContractEmployer
from marketplace.clauses.reported import EmployerRole
from marketplace.needs.tables import Need
from marketplace.structures.tables import Structure


@dataclass(frozen=True, slots=True)
class DistrictPurchases:
    """Of one organisation. Awards of lots count one each; `unknown` are those whose holder's
    place is not known, and stay out of every share. Amounts are euros, excluding tax."""

    organisation: str
    needs: int
    needs_inside: int
    awards: int
    inside: int
    unknown: int
    amount: Decimal
    amount_inside: Decimal

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
    went to a priority district. Of a firm that is not on Tandem, the place is what the contract
    followed for the need says of its holder."""
    said_of_firm = (
        select(func.bool_or(ContractEmployer.is_in_qpv))
        .join(Contract, Contract.id == ContractEmployer.contract_id)
        .where(
            Contract.need_id == Outcome.need_id,
            ContractEmployer.role == EmployerRole.HOLDER,
            ContractEmployer.name == Outcome.holder_name,
        )
        .scalar_subquery()
    )
    is_inside = func.coalesce(Structure.is_in_qpv, said_of_firm)
    awards = (
        select(
            Need.organisation_id,
            Need.id.label("need_id"),
            is_inside.label("inside"),
            Outcome.amount,
        )
        .join(Need, Need.id == Outcome.need_id)
        .outerjoin(Structure, Structure.id == Outcome.structure_id)
        .where(Outcome.result == Result.AWARDED, Need.organisation_id.in_(organisation_ids))
        .subquery()
    )
    known, inside = awards.c.inside.is_not(None), awards.c.inside.is_(True)
    rows = session.execute(
        select(
            Organisation.name,
            func.count(case((known, awards.c.need_id)).distinct()),
            func.count(case((inside, awards.c.need_id)).distinct()),
            func.count(),
            func.count().filter(inside),
            func.count().filter(~known),
            func.coalesce(func.sum(awards.c.amount).filter(known), 0),
            func.coalesce(func.sum(awards.c.amount).filter(inside), 0),
        )
        .join(Organisation, Organisation.id == awards.c.organisation_id)
        .group_by(Organisation.id, Organisation.name)
        .order_by(Organisation.name)
    )
    return [DistrictPurchases(*row) for row in rows]
