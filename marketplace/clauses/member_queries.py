"""Reads: what each member of a group takes of the contract that its joint answer won."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session

from marketplace.answers.consortium_queries import (
    accepted_members,
    answering_groups,
    shares_of,
)
from marketplace.answers.consortium_tables import Consortium
from marketplace.clauses.contract_tables import Contract, ContractLot
from marketplace.formats import percent
from marketplace.structures.tables import Structure

WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Part:
    """So many per cent of a lot, or of the whole contract when it names none."""

    lot: ContractLot | None
    percent: Decimal

    @property
    def said(self) -> str:
        what = "du contrat" if self.lot is None else f"du lot {self.lot.number}"
        return f"{percent(float(self.percent / WHOLE))} {what}"


def led_group(session: Session, need_id: int, siret: str) -> Consortium | None:
    """The group that answered a need under a structure of this SIRET."""
    told = answering_groups(session, need_id).values()
    groups = (group for groups in told for group in groups)
    return next((group for group in groups if siret and group.lead.siret == siret), None)


def partners_on(group: Consortium, lot_ids: Iterable[int | None]) -> list[Structure]:
    """The members that work on what a group won, but its lead: all of them while nothing says
    who takes which lot."""
    won, shares = set(lot_ids), shares_of(group)
    takes = {one.structure_id for one in shares if one.lot_id is None or one.lot_id in won}
    return [
        member.structure
        for member in accepted_members(group)
        if member.structure_id != group.lead_id and (not shares or member.structure_id in takes)
    ]


def parts_of(session: Session, contract: Contract) -> Mapping[int, Sequence[Part]]:
    """What each employer takes, by its id; none of a contract that no group won."""
    if contract.need_id is None:
        return {}
    group = led_group(session, contract.need_id, contract.holder.siret)
    if group is None:
        return {}
    lots = {lot.lot_id: lot for lot in contract.lots if lot.lot_id is not None}
    employers = {employer.siret: employer.id for employer in contract.employers}
    sirets = {member.structure_id: member.structure.siret for member in group.members}
    found: dict[int, list[Part]] = {}
    for share in shares_of(group):
        employer_id = employers.get(sirets.get(share.structure_id, ""))
        if employer_id is not None and (share.lot_id is None or share.lot_id in lots):
            part = Part(lots[share.lot_id] if share.lot_id else None, share.percent)
            found.setdefault(employer_id, []).append(part)
    return found


def hours_due(parts: Sequence[Part], due: Mapping[int, float]) -> float | None:
    """The hours of these parts, of what each lot of the contract owes, by its id."""
    if not parts:
        return None
    return sum(
        (sum(due.values()) if part.lot is None else due.get(part.lot.id, 0.0))
        * float(part.percent / WHOLE)
        for part in parts
    )
