"""Who works with the demonstration's desks."""

import tomllib
from datetime import datetime
from importlib.resources import files

from sqlalchemy.orm import Session

from marketplace.demo.cast import Cast
from marketplace.insights.partnering import Said, add_partner
from marketplace.insights.tables import Part


def name_partners(session: Session, cast: Cast, now: datetime) -> None:
    words = files("marketplace.demo") / "words" / "partners.toml"
    for row in tomllib.loads(words.read_text(encoding="utf-8"))["partners"]:
        desk_id = cast.desks[row["desk"]]
        said = Said(
            name=row["name"],
            part=Part(row["part"]),
            role=row["role"],
            contact=row["contact"],
            website="",
            territory_code=row.get("where"),
        )
        add_partner(session, desk_id, said, cast.moderators[desk_id], now, "")
