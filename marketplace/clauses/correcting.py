"""The contracts that a need led to follow its outcome, when its buyer corrects it."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.answers.awarding import decided_of
from marketplace.answers.lifecycle import Decided
from marketplace.answers.queries import outcomes_of
from marketplace.audit import Action
from marketplace.clauses.changing import By, change_employer, keep_change
from marketplace.clauses.contract_tables import (
    Contract,
    ContractChange,
    ContractEmployer,
    ContractLot,
    HourReport,
)
from marketplace.clauses.contract_words import NOT_SAID, in_words
from marketplace.clauses.contracting import (
    EmployerTold,
    LotTold,
    add_employer,
    add_lot,
    open_contract,
    partners_of,
    won_by,
)
from marketplace.clauses.correction_queries import (
    Following,
    Step,
    contracts_of_need,
    employer_of,
    following,
    lots_about,
)
from marketplace.clauses.informing import tell_employed, tell_opened
from marketplace.clauses.post_tables import Opening
from marketplace.clauses.reported import EmployerRole
from marketplace.needs.tables import Need
from marketplace.structures.tables import Structure


def follow_correction(
    session: Session, need_id: int, before: Decided, after: Decided, by: By, secret_key: str
) -> Following:
    """Bring the contracts of a need in line with an outcome that was just corrected, and tell who
    has hours to report from now on.

    A contract that somebody gave to another firm on its own page, and an amount that somebody
    changed there, stay as they are. A need whose hours nobody follows yet has no contract, and
    gets none. Raises HoursReported.
    """
    locked = contracts_of_need(need_id).with_for_update(of=Contract)
    contracts = session.scalars(locked.execution_options(populate_existing=True)).all()
    found = following(session, contracts, before, after)
    if found.of is None and found.to is None and found.step is not Step.ADDED:
        return found
    decisions = [decided_of(one) for one in outcomes_of(session, need_id)]
    was = [before if one.lot_id == before.lot_id else one for one in decisions]
    following_amounts = [
        contract
        for contract in (found.of, found.to)
        if contract is not None and contract.amount == _amount(contract, was)
    ]
    _apply(session, need_id, found, (before, after), by, secret_key)
    if found.step is not Step.DROPPED:
        for contract in following_amounts:
            _follow_amount(session, contract, _amount(contract, decisions), by)
    return found


def _amount(contract: Contract, decisions: Iterable[Decided]) -> Decimal | None:
    """What the outcomes say that a contract is worth."""
    lot_ids = {lot.lot_id for lot in contract.lots}
    about = [one for one in decisions if one.lot_id in lot_ids and one.amount is not None]
    return sum((one.amount or Decimal(0) for one in about), Decimal(0)) if about else None


def _follow_amount(session: Session, contract: Contract, amount: Decimal | None, by: By) -> None:
    if contract.amount != amount:
        said = ["Montant hors taxes", in_words(contract.amount, "€"), in_words(amount, "€")]
        contract.amount = amount
        keep_change(session, contract.id, [said], by)


def _apply(
    session: Session,
    need_id: int,
    found: Following,
    decisions: tuple[Decided, Decided],
    by: By,
    secret_key: str,
) -> None:
    before, after = decisions
    if found.step is Step.ADDED:
        _add(session, need_id, found.to, after, (), by, secret_key)
        return
    loser, now = found.of, employer_of(session, after)
    if loser is None:
        return
    if found.step is Step.RENAMED and now:
        holder = loser.holder
        told = replace(now, email=holder.email, is_in_qpv=holder.is_in_qpv)
        change_employer(session, holder.id, told, by)
    elif found.step is Step.HANDED_OVER and now:
        _hand_over(session, need_id, loser, (before, after), now, by, secret_key)
    elif found.step in (Step.MOVED, Step.REMOVED):
        lots = _take_away(session, need_id, loser, before, by)
        if found.step is Step.MOVED:
            _add(session, need_id, found.to, after, lots, by, secret_key)
    elif found.step is Step.DROPPED:
        _drop(session, loser, by)


def _hand_over(
    session: Session,
    need_id: int,
    contract: Contract,
    decisions: tuple[Decided, Decided],
    now: EmployerTold,
    by: By,
    secret_key: str,
) -> None:
    """To another holder and whoever answered with it; those who never worked there leave no
    trace but in the history."""
    before, after = decisions
    former = contract.holder
    changed = [
        ["Titulaire", former.name, now.name],
        ["SIRET", in_words(former.siret), in_words(now.siret)],
    ]
    partners = _partners(session, need_id, before, contract)
    gone = [former] + [one for one in contract.employers if one.siret in partners]
    for one in gone:
        session.delete(one)
    session.flush()
    session.expire(contract, ["employers"])
    told = (now, *_partners(session, need_id, after, contract).values())
    hired = [_hire(session, contract, one) for one in told]
    keep_change(session, contract.id, changed, by)
    for employer in hired:
        tell_employed(session, employer, secret_key)


def _partners(
    session: Session, need_id: int, decided: Decided, contract: Contract
) -> dict[str, EmployerTold]:
    """Who works with a holder on the lots of a contract, by SIRET."""
    holder = session.get(Structure, decided.structure_id) if decided.structure_id else None
    told = partners_of(session, need_id, holder, [lot.lot_id for lot in contract.lots])
    return {one.siret: one for one in told}


def _hire(session: Session, contract: Contract, told: EmployerTold) -> ContractEmployer:
    """On a contract: whoever works on it otherwise is given this role."""
    there = next(
        (one for one in contract.employers if told.siret and one.siret == told.siret), None
    )
    if there is None:
        added = add_employer(session, contract.id, told)
        session.expire(contract, ["employers"])
        return added
    there.role = told.role
    session.flush()
    return there


def _take_away(
    session: Session, need_id: int, contract: Contract, before: Decided, by: By
) -> tuple[LotTold, ...]:
    """The lots that its holder does not have, as they were planned; the partners who worked on
    nothing else leave with them."""
    with_it = _partners(session, need_id, before, contract)
    lots = lots_about(contract, before.lot_id)
    told = tuple(_as_told(lot) for lot in lots)
    changed = [[f"Lot {lot.number}", lot.title, "Retiré"] for lot in lots]
    for lot in lots:
        session.delete(lot)
    session.flush()
    session.expire(contract, ["lots"])
    idle = with_it.keys() - _partners(session, need_id, before, contract).keys()
    for one in contract.employers:
        if one.role is EmployerRole.MEMBER and one.siret in idle and not _reports(session, one.id):
            changed.append(["Cotraitant", one.name, "Retiré"])
            session.delete(one)
    session.flush()
    session.expire(contract, ["employers"])
    keep_change(session, contract.id, changed, by)
    return told


def _reports(session: Session, employer_id: int) -> bool:
    said = select(HourReport.id).where(HourReport.employer_id == employer_id).limit(1)
    return session.scalar(said) is not None


def _as_told(lot: ContractLot) -> LotTold:
    return LotTold(
        lot.title,
        lot.planned_hours,
        lot.committed_hours,
        lot.targets,
        lot.support_hires,
        lot.lot_id,
    )


def _add(
    session: Session,
    need_id: int,
    contract: Contract | None,
    after: Decided,
    lots: Collection[LotTold],
    by: By,
    secret_key: str,
) -> None:
    """What its new holder won: to the contract that it has, or as one of its own."""
    outcome = next(one for one in outcomes_of(session, need_id) if one.lot_id == after.lot_id)
    won = won_by(session, session.get_one(Need, need_id), [outcome], by.now)
    if contract is None:
        own = replace(won, lots=tuple(lots) or won.lots)
        opened = open_contract(session, own, by.user_id, by.now)
        tell_opened(session, opened, secret_key)
        return
    changed = []
    for told in lots or won.lots:
        lot = add_lot(session, contract.id, told)
        changed.append([f"Lot {lot.number}", NOT_SAID, lot.title])
    session.expire(contract, ["lots"])
    there = {one.siret for one in contract.employers}
    for told_member in won.members:
        if told_member.siret not in there:
            tell_employed(session, _hire(session, contract, told_member), secret_key)
    keep_change(session, contract.id, changed, by)


def _drop(session: Session, contract: Contract, by: By) -> None:
    """What nobody holds, and nobody worked on; posts that were to be filled for it stay."""
    audit.note(
        session,
        Action.CHANGED,
        actor_id=by.user_id,
        about=("contract", contract.id),
        ip=by.ip,
        fields=["dropped"],
        title=contract.title,
        holder=contract.holder.name,
        why=by.reason,
    )
    session.execute(
        update(Opening).where(Opening.contract_id == contract.id).values(contract_id=None)
    )
    for rows in (ContractChange, ContractEmployer, ContractLot):
        session.execute(delete(rows).where(rows.contract_id == contract.id))
    session.expire(contract)
    session.delete(contract)
    session.flush()
