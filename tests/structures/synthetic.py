"""A register as long as wanted, of structures that nobody knows, in towns that exist."""

from collections.abc import Iterator

from marketplace.structures.kinds import Kind
from tests.structures.registers import register

TOWNS = (
    ("39100", "Dole", "39", "47.09", "5.49"),
    ("25000", "Besançon", "25", "47.24", "6.02"),
    ("21000", "Dijon", "21", "47.32", "5.04"),
    ("13001", "Marseille", "13", "43.30", "5.38"),
)
TRADES = ("JARDINS", "MENUISERIE", "BLANCHISSERIE", "TRAITEUR", "RECYCLERIE", "IMPRIMERIE")
NAF = ("8130Z", "4332A", "9601A", "5621Z", "3832Z", "1812Z")


def long_register(rows: int) -> bytes:
    return register(*_rows(rows))


def _rows(rows: int) -> Iterator[dict[str, str]]:
    kinds = list(Kind)
    for number in range(rows):
        postcode, city, department, lat, lon = TOWNS[number % len(TOWNS)]
        trade = number % len(TRADES)
        yield {
            "siret": siret(number),
            "kind": kinds[number % len(kinds)],
            "name": f"{TRADES[trade]} {_word(number)}",
            "address": f"{number % 90 + 1} rue du Port",
            "postcode": postcode,
            "city": city,
            "department": department,
            "lat": lat,
            "lon": lon,
            "naf": NAF[trade],
        }


def _word(number: int) -> str:
    """A name of letters for each number, unlike its neighbours'."""
    mixed = (number * 7_919 + 104_729) % 11_881_376
    letters = ""
    for _ in range(5):
        mixed, rest = divmod(mixed, 26)
        letters += chr(65 + rest)
    return letters[::-1] * 2


def siret(number: int) -> str:
    """A SIRET with a right key."""
    siren = _keyed(f"{10_000_000 + number:08d}")
    return _keyed(f"{siren}0001")


def _keyed(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return f"{digits}{-total % 10}"
