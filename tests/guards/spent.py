"""Spending, a programme and posts to fill, for the world of the guards."""

from flask import current_app
from sqlalchemy.orm import Session

from marketplace.clauses import post_links
from marketplace.clauses.post_tables import Opening, OpeningShare, Prescriber
from marketplace.clauses.prescribers import PrescriberKind
from marketplace.insights.spend_tables import PotentialStudy, SpendFile, SpendLine
from tests.factories.market import BESANCON, MONDAY, in_three_weeks


def populate_spending(
    session: Session, organisation_id: int, desk_id: int, user_id: int, things: dict[str, str]
) -> None:
    _spending(session, organisation_id, user_id, things)
    _posts(session, desk_id, user_id, things)


def _spending(
    session: Session, organisation_id: int, author_id: int, things: dict[str, str]
) -> None:
    """A file of spending, and a programme whose potential was asked."""
    owned = {"organisation_id": organisation_id, "author_id": author_id, "created_at": MONDAY}
    file = SpendFile(name="Dépenses", **owned)
    study = PotentialStudy(name="Programme", lines="Intitulé;Lieu;Montant\nTonte;Jura;5\n", **owned)
    session.add_all([file, study])
    session.flush()
    session.add(SpendLine(file_id=file.id, line=2, siret="", amount=10))
    things |= {"spend_file": str(file.id), "study": str(study.id)}


def _posts(session: Session, desk_id: int, user_id: int, things: dict[str, str]) -> None:
    """Posts that one prescriber was told of, and another not."""
    opening = Opening(
        desk_id=desk_id,
        commune_code=BESANCON,
        trade="Peintre",
        posts=2,
        publics=["young"],
        starts_on=in_three_weeks(),
        apply_until=in_three_weeks(),
        created_at=MONDAY,
        created_by_id=user_id,
    )
    told, other = (
        Prescriber(
            desk_id=desk_id,
            name="Mission locale",
            kind=PrescriberKind.MISSION_LOCALE,
            email=f"{name}@tandem.invalid",
        )
        for name in ("mission", "emploi")
    )
    session.add_all([opening, told, other])
    session.flush()
    session.add(OpeningShare(opening_id=opening.id, prescriber_id=told.id, shared_at=MONDAY))
    things |= {"opening": str(opening.id), "prescriber": str(told.id)}
    things["candidates_link"] = post_links.token_of(
        current_app.config["SECRET_KEY"], opening.id, told.id
    )
