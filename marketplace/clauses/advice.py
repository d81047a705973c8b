"""What an advice upon a lever is made of, and what is known of the purchase. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from marketplace.clauses.texts import Text
from marketplace.needs.thresholds import Procedure, band
from marketplace.structures.kinds import Kind

FEW = 3
"""Under so many structures, a reserved contract may find nobody."""
WORTHWHILE_HOURS = 150
"""Under some weeks of work, counting hours costs more than it brings."""
SAY_WHAT = "Dites ce que vous cherchez pour savoir qui pourrait répondre."


class Fit(StrEnum):
    ADVISED = "advised"
    POSSIBLE = "possible"
    UNLIKELY = "unlikely"


FITS = {
    Fit.ADVISED: "Conseillé ici",
    Fit.POSSIBLE: "Possible",
    Fit.UNLIKELY: "Peu adapté ici",
}


@dataclass(frozen=True)
class Situation:
    """What is known of a purchase.

    `amount`: euros, excluding tax. `answering`: how many structures of each kind could
    answer it; None while nobody looked. `is_social_service`: one of needs.specific_services.
    `hours`: insertion hours that a usual rate would ask for, when computed.
    """

    nature: str
    buyer_kind: str
    on: date
    amount: Decimal | None = None
    lots: int = 0
    answering: Mapping[Kind, int] | None = None
    is_social_service: bool = False
    hours: float | None = None

    @property
    def is_direct(self) -> bool:
        """Cheap enough to be bought without publicity nor competition (R2122-8)."""
        if self.amount is None:
            return False
        stands = band(self.nature, self.buyer_kind, self.amount, self.on, self.is_social_service)
        return stands.procedure is Procedure.DIRECT

    def count(self, kinds: frozenset[Kind]) -> int | None:
        if self.answering is None:
            return None
        return sum(count for kind, count in self.answering.items() if kind in kinds)


@dataclass(frozen=True)
class Advice:
    """`lever`: a code of needs.tables.Lever, or nothing for buying without any.
    `could_answer`: structures of the kinds that the lever names; None where any firm may, or
    while nobody looked."""

    lever: str
    title: str
    fit: Fit
    why: str
    conditions: Sequence[str]
    wording: str
    verify: Sequence[str]
    articles: Sequence[Text]
    could_answer: int | None = None
