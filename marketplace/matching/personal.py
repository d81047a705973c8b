"""What matches hold about a person. The steps stay: they say what became of a need, and the
account that they name is what loses its name."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.matching.tables import Match, MatchMove
from marketplace.needs.tables import Need


def export_of(session: Session, user_id: int) -> dict[str, list[dict[str, object]]]:
    moves = session.execute(
        select(MatchMove, Need.title)
        .join(Match, Match.id == MatchMove.match_id)
        .join(Need, Need.id == Match.need_id)
        .where(MatchMove.user_id == user_id)
        .order_by(MatchMove.id)
    )
    return {
        "etapes_des_correspondances": [
            {
                "besoin": title,
                "etape": row.status,
                "le": row.moved_at,
                "raison": row.reason_code,
                "motif": row.reason,
            }
            for row, title in moves
        ]
    }
