"""What an estimated amount means for a public contract: one dated table of thresholds. Pure.

Excluding tax. Sources: Code de la commande publique, R2122-8 (no publicity, no competition),
R2131-12 (where to publish), and the notice on European thresholds of its annex 2; as told by
laviecommunale-actualites.fr, saury-martin.fr and gartner-avocats.fr in 2026. Social and other
specific services (R2123-1, 3°; see needs.specific_services) have rules of their own: an adapted
procedure at any amount, a European notice from 750 000 euros on. What holds for a kind of buyer
that the texts class one by one, or for these services, is marked to be verified.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

WORKS, SERVICES = "works", "services"
CENTRAL = frozenset({"state"})
CLASSED_ONE_BY_ONE = frozenset({"public_body", "association", "company"})
"""Some are central authorities, some others networks, some no contracting authorities at all."""
ALWAYS = date(9999, 12, 31)


class Procedure(StrEnum):
    """What an amount allows at least, the lightest first."""

    DIRECT = "direct"
    ADAPTED = "adapted"
    PUBLISHED = "published"
    NOTICE = "notice"
    FORMAL = "formal"


LABELS = {
    Procedure.DIRECT: "Sous le seuil de publicité",
    Procedure.ADAPTED: "Procédure adaptée",
    Procedure.PUBLISHED: "Procédure adaptée, avis au BOAMP ou dans un journal d'annonces légales",
    Procedure.NOTICE: "Procédure adaptée, avis européen",
    Procedure.FORMAL: "Procédure formalisée, avis européen",
}
MEANINGS = {
    Procedure.DIRECT: "vous pouvez acheter sans publicité ni mise en concurrence, en veillant à "
    "une bonne utilisation des deniers publics",
    Procedure.ADAPTED: "vous choisissez la publicité et la procédure selon l'objet et le montant",
    Procedure.PUBLISHED: "la procédure reste libre, mais l'avis paraît au BOAMP ou dans un journal "
    "d'annonces légales, et les documents sont sur votre profil d'acheteur",
    Procedure.NOTICE: "pour un service social ou spécifique, la procédure reste libre à tout "
    "montant, mais l'avis paraît au Journal officiel de l'Union européenne",
    Procedure.FORMAL: "appel d'offres ou procédure avec négociation, avis au BOAMP et au Journal "
    "officiel de l'Union européenne",
}


@dataclass(frozen=True)
class Threshold:
    """From this amount on, between these days, the procedure is at least this one."""

    procedure: Procedure
    euros: int
    is_works: bool
    is_central: bool | None
    """For the State alone, for all others alone, or for everyone."""
    since: date
    until: date
    is_specific: bool | None = None
    """For social and specific services alone, for all other purchases alone, or for both."""


_2024, _2026, _APRIL = date(2024, 1, 1), date(2026, 1, 1), date(2026, 4, 1)
_END_OF_2025, _MARCH, _END_OF_2027 = date(2025, 12, 31), date(2026, 3, 31), date(2027, 12, 31)

TABLE = (
    Threshold(Procedure.ADAPTED, 100_000, True, None, _2024, ALWAYS),
    Threshold(Procedure.FORMAL, 5_538_000, True, None, _2024, _END_OF_2025),
    Threshold(Procedure.FORMAL, 5_404_000, True, None, _2026, _END_OF_2027),
    Threshold(Procedure.ADAPTED, 40_000, False, None, _2024, _MARCH),
    Threshold(Procedure.ADAPTED, 60_000, False, None, _APRIL, ALWAYS),
    Threshold(Procedure.PUBLISHED, 90_000, False, None, _2024, ALWAYS, False),
    Threshold(Procedure.NOTICE, 750_000, False, None, _2024, ALWAYS, True),
    Threshold(Procedure.FORMAL, 143_000, False, True, _2024, _END_OF_2025, False),
    Threshold(Procedure.FORMAL, 140_000, False, True, _2026, _END_OF_2027, False),
    Threshold(Procedure.FORMAL, 221_000, False, False, _2024, _END_OF_2025, False),
    Threshold(Procedure.FORMAL, 216_000, False, False, _2026, _END_OF_2027, False),
)
"""European thresholds change every other year: after the last one known, it goes on holding."""


@dataclass(frozen=True)
class Band:
    """Where an amount stands: from `least` euros on, under `most` where there is a next band."""

    procedure: Procedure
    least: int
    most: int | None
    to_verify: bool
    """The buyer may be of another class, the day is past the thresholds known here, or the
    services are social or specific, whose list is an annex to be read."""

    @property
    def label(self) -> str:
        return LABELS[self.procedure]

    @property
    def is_european(self) -> bool:
        """From a European threshold on."""
        return self.procedure in (Procedure.NOTICE, Procedure.FORMAL)

    @property
    def sentence(self) -> str:
        doubt = ". À vérifier pour votre organisme" if self.to_verify else ""
        return f"{self.label}\u00a0: {MEANINGS[self.procedure]}{doubt}."


def bands(nature: str, organisation_kind: str, on: date, is_specific: bool = False) -> list[Band]:
    """The bands of one nature of purchase (works, supplies, services) and kind of buyer, in
    the order of their amounts. `is_specific`: the services are social or specific ones."""
    is_works, is_central = nature == WORKS, organisation_kind in CENTRAL
    is_specific = is_specific and nature == SERVICES
    applying = [
        threshold
        for threshold in TABLE
        if threshold.is_works == is_works
        and threshold.is_central in (None, is_central)
        and threshold.is_specific in (None, is_specific)
    ]
    holding = [_holding(applying, procedure, on) for procedure in Procedure]
    steps = [(Procedure.DIRECT, 0, True)]
    steps += [(one.procedure, one.euros, one.since <= on <= one.until) for one in holding if one]
    ends: list[int | None] = [euros for _, euros, _ in steps[1:]]
    is_unsure = organisation_kind in CLASSED_ONE_BY_ONE
    return [
        Band(
            procedure,
            least,
            most,
            not is_known
            or (is_unsure and procedure is Procedure.FORMAL)
            or (is_specific and procedure is not Procedure.DIRECT),
        )
        for (procedure, least, is_known), most in zip(steps, [*ends, None], strict=True)
    ]


def band(
    nature: str, organisation_kind: str, amount: Decimal, on: date, is_specific: bool = False
) -> Band:
    """Where an estimated amount stands on a day."""
    possible = bands(nature, organisation_kind, on, is_specific)
    return next(one for one in reversed(possible) if amount >= one.least)


def _holding(thresholds: list[Threshold], procedure: Procedure, on: date) -> Threshold | None:
    """The one of that day; before the first known, the first, and after the last, the last."""
    dated = sorted((t for t in thresholds if t.procedure is procedure), key=lambda t: t.since)
    begun = [threshold for threshold in dated if threshold.since <= on]
    return begun[-1] if begun else next(iter(dated), None)
