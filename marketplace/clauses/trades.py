"""The share of labour in the price of each trade, proposed to who computes hours. Pure."""

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "data" / "trades.toml"


@dataclass(frozen=True)
class Trade:
    """`low` and `high`: percents of the price. `mark`: "V" published, "U" to be verified.

    `takes_over`: staff usually go from one holder to the next. `in_days`: counted in days.
    """

    code: str
    label: str
    low: int
    high: int
    mark: str
    takes_over: bool = False
    in_days: bool = False
    sectors: tuple[str, ...] = ()
    """Those whose needs are of this trade."""

    @property
    def proposed(self) -> float:
        """The middle of the range, as a fraction."""
        return (self.low + self.high) / 200


@cache
def trades() -> dict[str, Trade]:
    """By code, in the order in which they are proposed."""
    entries = tomllib.loads(FILE.read_text(encoding="utf-8"))["trades"]
    return {
        entry["code"]: Trade(**entry | {"sectors": tuple(entry.get("sectors", ()))})
        for entry in entries
    }


def trade_of(sectors: Collection[str]) -> Trade | None:
    """The trade of a need with these sectors, when one alone fits."""
    fitting = [trade for trade in trades().values() if set(trade.sectors) & set(sectors)]
    return fitting[0] if len(fitting) == 1 else None
