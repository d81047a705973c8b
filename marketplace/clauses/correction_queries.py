"""Reads: what the correction of an outcome would change of the contracts that it led to."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from marketplace.answers.lifecycle import Decided, Result
from marketplace.clauses.changing import is_reported
from marketplace.clauses.contract_tables import Contract, ContractLot
from marketplace.clauses.contracting import EmployerTold, employed
from marketplace.clauses.reported import EmployerRole
from marketplace.structures.tables import Structure


class HoursReported(Exception):
    """Hours were reported on what its holder would no longer have: it worked there, so that this
    is no slip of the pen. Who follows the contract changes it first, on its page: by closing the
    lot where it would leave (`leaves`), else by naming another holder."""

    def __init__(self, contract: Contract, leaves: bool) -> None:
        super().__init__(contract.id)
        self.holder = contract.holder.name
        self.leaves = leaves


class Step(StrEnum):
    NOTHING = "nothing"
    KEPT = "kept"
    """Its contract was given to another firm since, on its own page."""
    RENAMED = "renamed"
    """The same firm, better named."""
    HANDED_OVER = "handed_over"
    MOVED = "moved"
    """Its lots leave a contract that has others, for one of their new holder."""
    ADDED = "added"
    """What nobody held is followed too."""
    REMOVED = "removed"
    DROPPED = "dropped"
    """Nobody holds what the contract was about."""


@dataclass(frozen=True, slots=True)
class Following:
    """What a correction does to the contracts: to the one that was about it (`of`), and to the
    one that its new holder has already (`to`)."""

    step: Step
    of: Contract | None = None
    to: Contract | None = None


NOTHING = Following(Step.NOTHING)


def what_follows(session: Session, need_id: int, before: Decided, after: Decided) -> Following:
    """What follow_correction would do now. Raises HoursReported."""
    contracts = session.scalars(contracts_of_need(need_id)).all()
    return following(session, contracts, before, after)


def contracts_of_need(need_id: int) -> Select[Contract]:
    return select(Contract).where(Contract.need_id == need_id).order_by(Contract.id)


def following(
    session: Session, contracts: Sequence[Contract], before: Decided, after: Decided
) -> Following:
    if not contracts:
        return NOTHING
    was, now = employer_of(session, before), employer_of(session, after)
    about = [contract for contract in contracts if lots_about(contract, after.lot_id)]
    loser = next((one for one in about if was and _is_held_by(one, was)), None)
    winner = next((one for one in contracts if now and _is_held_by(one, now)), None)
    if was and now and _is_same_firm(was, now, loser):
        is_named = (was.siret, was.name) == (now.siret, now.name)
        return Following(Step.NOTHING if is_named or loser is None else Step.RENAMED, loser)
    if loser is None:
        if now and not about:
            return Following(Step.ADDED, to=winner)
        return NOTHING if not about or winner in about else Following(Step.KEPT)
    lots = lots_about(loser, after.lot_id)
    has_others = len(loser.lots) > len(lots)
    if any(is_reported(session, lot.id) for lot in lots):
        raise HoursReported(loser, leaves=has_others or now is None)
    if now:
        return Following(Step.MOVED if has_others else Step.HANDED_OVER, loser, winner)
    return Following(Step.REMOVED if has_others else Step.DROPPED, loser)


def employer_of(session: Session, decided: Decided) -> EmployerTold | None:
    if decided.result is not Result.AWARDED:
        return None
    if decided.structure_id is None:
        return EmployerTold(decided.holder_siret, decided.holder_name)
    return employed(session.get_one(Structure, decided.structure_id), EmployerRole.HOLDER)


def lots_about(contract: Contract, lot_id: int | None) -> list[ContractLot]:
    """Those of a lot of the need, or of all of it, that are still worked on."""
    return [
        lot
        for lot in contract.lots
        if lot.closed_at is None and (lot_id is None or lot.lot_id == lot_id)
    ]


def _is_held_by(contract: Contract, told: EmployerTold) -> bool:
    holder = contract.holder
    return holder.siret == told.siret and (bool(told.siret) or holder.name == told.name)


def _is_same_firm(was: EmployerTold, now: EmployerTold, contract: Contract | None) -> bool:
    """One firm, better named or numbered; not one whose new number another employer has."""
    others = {one.siret for one in contract.employers} - {was.siret} if contract else set()
    is_one = was.siret == now.siret if was.siret and now.siret else was.name == now.name
    return is_one and now.siret not in others
