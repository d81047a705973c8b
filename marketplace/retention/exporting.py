"""Everything that Tandem holds about a person, for that person, as JSON and as a sheet."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from marketplace import audit, mail
from marketplace.accounts import personal as accounts
from marketplace.answers import personal as answers
from marketplace.clauses import personal as clauses
from marketplace.digests import personal as digests
from marketplace.files import personal as files
from marketplace.insights import personal as insights
from marketplace.lists import personal as lists
from marketplace.matching import personal as matching
from marketplace.moderation import personal as moderation
from marketplace.needs import personal as needs
from marketplace.offers import personal as offers
from marketplace.sheets import write_csv
from marketplace.structures import personal as structures

Export = Mapping[str, Sequence[Mapping[str, object]]]
"""Sections, each a list of rows of named values."""

ROOMS = (
    accounts,
    structures,
    needs,
    offers,
    moderation,
    lists,
    matching,
    answers,
    clauses,
    insights,
    files,
    digests,
    mail,
    audit,
)


def everything_about(session: Session, user_id: int) -> Export:
    """What each room holds; a section without rows says that there is nothing."""
    found: dict[str, list[dict[str, object]]] = {}
    for room in ROOMS:
        found |= room.export_of(session, user_id)
    return found


def as_json(export: Export) -> str:
    """Times are ISO 8601."""
    return json.dumps(export, ensure_ascii=False, indent=2, default=_plain) + "\n"


def as_csv(export: Export) -> str:
    """The same as a sheet, a line for each value."""
    rows = (
        (section, number, name, _in_a_cell(value))
        for section, lines in export.items()
        for number, line in enumerate(lines, start=1)
        for name, value in line.items()
    )
    return "".join(write_csv(("rubrique", "ligne", "champ", "valeur"), rows))


def _in_a_cell(value: object) -> object:
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    return value


def _plain(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)
