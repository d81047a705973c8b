"""What the clause room holds about a person. It stays: it is its need's, its
contract's or its desk's."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from marketplace.clauses.contract_tables import (
    Contract,
    ContractChange,
    DeskYearPeople,
    HourReport,
    ReportVersion,
)
from marketplace.clauses.post_tables import Opening
from marketplace.clauses.tables import ClauseCalculation


def export_of(session: Session, user_id: int) -> dict[str, list[dict[str, object]]]:
    rows = session.scalars(
        select(ClauseCalculation)
        .filter_by(created_by_id=user_id)
        .options(joinedload(ClauseCalculation.need))
        .order_by(ClauseCalculation.id)
    )
    return {
        "calculs_d_heures": [
            {"besoin": row.need.title, "heures": row.hours, "le": row.created_at} for row in rows
        ],
        "contrats_ouverts": [
            {"contrat": contract.title, "le": contract.created_at}
            for contract in session.scalars(
                select(Contract).filter_by(created_by_id=user_id).order_by(Contract.id)
            )
        ],
        "modifications_des_contrats": [
            {"contrat": change.contract_id, "pourquoi": change.reason, "le": change.changed_at}
            for change in session.scalars(
                select(ContractChange).filter_by(user_id=user_id).order_by(ContractChange.id)
            )
        ],
        "postes_ouverts": [
            {"metier": opening.trade, "postes": opening.posts, "le": opening.created_at}
            for opening in session.scalars(
                select(Opening).filter_by(created_by_id=user_id).order_by(Opening.id)
            )
        ],
        "releves_d_heures_envoyes": _reports(session, HourReport.sent_by_id == user_id),
        "releves_d_heures_decides": _reports(session, HourReport.decided_by_id == user_id),
        "versions_de_releves": [
            {"releve": version.report_id, "numero": version.number, "le": version.sent_at}
            for version in session.scalars(
                select(ReportVersion)
                .filter_by(user_id=user_id)
                .order_by(ReportVersion.report_id, ReportVersion.number)
            )
        ],
        "personnes_declarees": [
            {"annee": said.year, "personnes": said.distinct_people, "le": said.said_at}
            for said in session.scalars(
                select(DeskYearPeople).filter_by(user_id=user_id).order_by(DeskYearPeople.year)
            )
        ],
    }


def _reports(session: Session, named: ColumnElement[bool]) -> list[dict[str, object]]:
    told = session.scalars(select(HourReport).where(named).order_by(HourReport.id))
    return [
        {"mois": report.month, "employeur": report.employer.name, "question": report.question}
        for report in told
    ]
