"""What a page of figures shows, as tables: the page draws them and the export writes them,
so that neither says more than the other. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum

from marketplace.clauses.reported import FEW


class Masked(Enum):
    """A figure that few people or contracts make, or that would let one such be found."""

    HIDDEN = "non montré"

    def __str__(self) -> str:
        return str(self.value)


Value = int | float | Decimal | str | Masked | None
"""None: not known."""


@dataclass(frozen=True, slots=True)
class Block:
    """A table: its first column names the rows. `note` says what to know before reading it."""

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    note: str = ""

    def __bool__(self) -> bool:
        return bool(self.rows)

    def first(self, number: int) -> "Block":
        """The same cut short, which says so."""
        if len(self.rows) <= number:
            return self
        rest = f"Les {number} premières lignes sur {len(self.rows)}\u00a0; le fichier les a toutes."
        return replace(self, rows=self.rows[:number], note=f"{rest} {self.note}".strip())


EXPORTED = ("territoire", "tableau", "ligne", "mesure", "valeur", "remarque")


def exported(territory: str, blocks: Iterable[Block]) -> Iterator[tuple[object, ...]]:
    """A row for each cell, so that one file holds tables of every shape."""
    for block in blocks:
        for name, *values in block.rows:
            for measure, value in zip(block.columns[1:], values, strict=True):
                yield territory, block.title, name, measure, _cell(value), block.note


def _cell(value: Value) -> object:
    if isinstance(value, Masked):
        return str(value)
    if isinstance(value, float | Decimal):
        return f"{value:.2f}".rstrip("0").rstrip(".").replace(".", ",")
    return "" if value is None else value


def few(value: Decimal | float | None, count: int) -> Value:
    """A figure that stands by itself, hidden when fewer than five make it."""
    return Masked.HIDDEN if 0 < count < FEW else value
