"""How a contract's facts are told in French. Pure.

Keys are the codes of needs.tables.Lever and Nature.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from marketplace.formats import euros, long_date, number

LEVERS: Mapping[str, str] = {
    "execution": "Clause d'insertion (condition d'exécution)",
    "reserved_insertion": "Marché réservé à l'insertion",
    "reserved_handicap": "Marché réservé au handicap",
    "reserved_both": "Marché réservé à l'insertion et au handicap",
    "reserved_prison": "Marché réservé au travail en prison",
    "reserved_social": "Marché réservé à l'économie sociale",
    "criterion": "Critère d'attribution",
    "insertion_service": "Services d'insertion",
    "subcontracting": "Part confiée à une structure inclusive",
}
NATURES: Mapping[str, str] = {
    "works": "Travaux",
    "supplies": "Fournitures",
    "services": "Services",
}
QPV: Mapping[bool | None, str] = {True: "Oui", False: "Non", None: "Non connu"}
NOT_SAID = "Non précisé"


def in_words(value: str | int | date | Decimal | None, unit: str = "") -> str:
    """A fact as a history tells it; `unit`: « h » or « € »."""
    if value is None or value == "":
        return NOT_SAID
    if isinstance(value, date):
        return long_date(value)
    if isinstance(value, Decimal):
        return euros(value) if unit == "€" else f"{number(float(value))}\u00a0{unit}".strip()
    return str(value)


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[list[str]]:
    """What differs: its name, what it was and what it is, in the order of `after`."""
    return [
        [name, before.get(name, NOT_SAID), said]
        for name, said in after.items()
        if before.get(name, NOT_SAID) != said
    ]
