"""The lines of `marketplace resolve` and `marketplace territories`. Pure but for reading."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum

from marketplace import sheets
from marketplace.jsonl import Complaints, Object, Refused, Unreadable
from marketplace.territories.establishments import Establishment, Register, resolve_structure
from marketplace.territories.gazetteer import Commune, Gazetteer
from marketplace.territories.resolving import (
    Candidate,
    resolve_commune,
    resolve_department,
    resolve_siret,
)

_COLUMNS = ("siret", "name", "brand", "kind", "city", "department")


class Sought(StrEnum):
    """What `marketplace resolve` may look for."""

    COMMUNE = "commune"
    DEPARTMENT = "department"
    SIRET = "siret"
    STRUCTURE = "structure"


@dataclass(frozen=True, slots=True)
class Asked:
    """One line: a text, and what is known beside it."""

    id: str
    query: str
    department: str | None
    postcode: str | None


Resolve = Callable[[Asked], list[Candidate]]


def asked(item: Object) -> Asked:
    """The question of a line; unknown keys are ignored. Raises Refused."""
    if not isinstance(item.get("query"), str):
        raise Refused("query", "required, a string")
    context = item.get("context")
    if context is None:
        context = {}
    if not isinstance(context, dict):
        raise Refused("context", "not an object")
    for key in ("department", "postcode"):
        if not isinstance(context.get(key), str | None):
            raise Refused(f"context.{key}", "not a string")
    return Asked(item["id"], item["query"], context.get("department"), context.get("postcode"))


def answered(question: Asked, candidates: list[Candidate]) -> Object:
    return {"id": question.id, "candidates": [asdict(candidate) for candidate in candidates]}


def resolver(sought: Sought, among: str | None, complaints: Complaints) -> Resolve:
    """How to answer questions of a kind; structures are sought `among` a CSV file.

    Raises Unreadable when that file is missing or is not such a register.
    """
    if sought is Sought.SIRET:
        return lambda question: resolve_siret(question.query)
    if sought is Sought.STRUCTURE:
        if among is None:
            raise Unreadable("--kind structure needs --among, the register to look into")
        register = Register(_establishments(among, complaints))
        return lambda question: resolve_structure(question.query, register, question.department)
    gazetteer = Gazetteer.shipped()
    if sought is Sought.DEPARTMENT:
        return lambda question: resolve_department(question.query, gazetteer)
    return lambda question: resolve_commune(
        question.query, gazetteer, question.department, question.postcode
    )


def _establishments(path: str, complaints: Complaints) -> Iterator[Establishment]:
    """The rows of a register; one whose cells cannot be told apart is refused."""
    try:
        with open(path, "rb") as file:
            for row in sheets.rows(file, _COLUMNS):
                if isinstance(row, sheets.BrokenRow):
                    complaints.refuse(row.line, Refused("--among", row.reason))
                else:
                    yield Establishment(*(row.cells[column].strip() for column in _COLUMNS))
    except sheets.Unreadable as error:
        raise Unreadable(f"{path}: {error}") from error
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from error


def commune_line(commune: Commune) -> Object:
    return asdict(commune)
