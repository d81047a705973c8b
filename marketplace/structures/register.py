"""A row of a register of structures, as registers write them. Pure."""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from marketplace import siret
from marketplace.jsonl import Refused
from marketplace.sectors.nomenclature import BY_SLUG
from marketplace.structures.kinds import Kind
from marketplace.structures.placing import Address, Doubt, Point
from marketplace.text import slug

REQUIRED = (
    "siret",
    "kind",
    "name",
    "brand",
    "legal_form",
    "address",
    "postcode",
    "city",
    "department",
    "lon",
    "lat",
    "naf",
    "website",
)
OPTIONAL = ("email", "phone", "sectors")

_LONGEST = {"brand": 255, "legal_form": 120, "address": 255, "city": 120}
_LONGEST_NAME = 255
_FORMULA = ("=", "\uff1d")
"""No name begins so: a spreadsheet gave the formula instead of what it shows."""
_LONGEST_ACTIVITY = 120
_MOST_ACTIVITIES = 12
_VISIBLE = {"Cf": "", "Cc": " "}
"""What stands for the characters of these Unicode categories."""
_POSTCODE = re.compile(r"\d{5}")
_NAF = re.compile(r"\d{4}[A-Z]")
_EMAIL = re.compile(r"[^\s@,;:<>()\"]+@(?:[\w-]+\.)+[\w-]{2,}")
_PHONE = re.compile(r"\+?[\d .()/-]{6,29}")
_HOST = re.compile(r"(?:[\w-]+\.)+[\w-]{2,}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A structure as a row describes it. What the row leaves empty is empty here."""

    siret: str
    kind: Kind
    name: str
    details: Mapping[str, str]
    """By the name of the column, which is also the table's."""
    address: Address
    sectors: tuple[str, ...]
    activities: tuple[str, ...]
    """What stands among its sectors and is none of the list, in its own words."""
    doubts: tuple[Doubt, ...]
    """What was left out of the row, and why."""


def entry_of(cells: Mapping[str, str]) -> Entry:
    """Raises Refused, with a reason in French: no right SIRET, kind, name or point."""
    for field, cell in cells.items():
        if "\0" in cell:
            raise Refused(field, "caractère nul")
    doubts: list[Doubt] = []
    try:
        number = siret.checked(cells["siret"])
    except siret.WrongSiret as error:
        raise Refused("siret", str(error)) from error
    kind = _clean(cells["kind"]).upper()
    if kind not in set(Kind):
        raise Refused("kind", f"type de structure inconnu\u00a0: {kind[:20] or 'vide'}")
    name = _clean(cells["name"])
    if not name:
        raise Refused("name", "nom manquant")
    if name.startswith(_FORMULA):
        raise Refused("name", "c'est une formule, pas un nom")
    if len(name) > _LONGEST_NAME:
        raise Refused("name", f"plus de {_LONGEST_NAME} caractères")
    details = _details(cells, doubts)
    address = Address(
        details["city"],
        _postcode(cells["postcode"], doubts),
        _department(cells["department"]),
        _point(cells, doubts),
    )
    sectors, activities = _sectors(_clean(cells.get("sectors", "")), doubts)
    return Entry(number, Kind(kind), name, details, address, sectors, activities, tuple(doubts))


def _clean(text: str) -> str:
    """One line of visible characters: marks that turn or hide text are not a name's."""
    if not text.isprintable() or not text.isascii():
        text = unicodedata.normalize("NFC", text)
        text = "".join(_VISIBLE.get(unicodedata.category(c), c) for c in text)
    return " ".join(text.split())


def _details(cells: Mapping[str, str], doubts: list[Doubt]) -> dict[str, str]:
    details = {}
    for field, longest in _LONGEST.items():
        details[field] = _clean(cells[field])
        if details[field].startswith(_FORMULA):
            details[field] = ""
            doubts.append(Doubt(field, "c'est une formule, laissée de côté"))
        elif len(details[field]) > longest:
            details[field] = ""
            doubts.append(Doubt(field, f"plus de {longest} caractères, laissé de côté"))
    naf = _clean(cells["naf"]).upper().replace(".", "").replace(" ", "")
    details["naf"] = _kept("naf", naf, bool(_NAF.fullmatch(naf)), doubts)
    website = website_typed(_clean(cells["website"]))
    details["website"] = _kept("website", website, is_website(website), doubts)
    email = _clean(cells.get("email", ""))
    is_email = len(email) <= 254 and bool(_EMAIL.fullmatch(email))
    details["email"] = _kept("email", email, is_email, doubts)
    phone = _clean(cells.get("phone", ""))
    details["phone"] = _kept("phone", phone, is_phone(phone), doubts)
    return details


def _kept(field: str, value: str, is_right: bool, doubts: list[Doubt]) -> str:
    if value and not is_right:
        doubts.append(Doubt(field, f"illisible, laissé de côté\u00a0: {value[:60]}"))
        return ""
    return value


def website_typed(text: str) -> str:
    """Registers and people often leave the scheme out."""
    return f"https://{text}" if _HOST.fullmatch(text.partition("/")[0]) else text


def is_phone(number: str) -> bool:
    return bool(_PHONE.fullmatch(number))


def is_website(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(_HOST.fullmatch(host)) and len(address) <= 255


def _postcode(cell: str, doubts: list[Doubt]) -> str:
    """Spreadsheets lose the zero at the head."""
    postcode = _clean(cell).replace(" ", "")
    if len(postcode) == 4:
        postcode = f"0{postcode}"
    return _kept("postcode", postcode, bool(_POSTCODE.fullmatch(postcode)), doubts)


def _department(cell: str) -> str:
    department = _clean(cell).upper()
    return department.zfill(2) if department else ""


def _point(cells: Mapping[str, str], doubts: list[Doubt]) -> Point | None:
    lat, lon = _degrees(cells, "lat", 90), _degrees(cells, "lon", 180)
    if lat is None and lon is None:
        return None
    if lat is None or lon is None:
        doubts.append(Doubt("lat" if lat is None else "lon", "coordonnée manquante"))
        return None
    return lat, lon


def _degrees(cells: Mapping[str, str], field: str, most: int) -> float | None:
    cell = _clean(cells[field])
    if not cell:
        return None
    try:
        degrees = float(cell.replace(",", "."))
    except ValueError as error:
        raise Refused(field, f"ce n'est pas un nombre\u00a0: {cell[:20]}") from error
    if not math.isfinite(degrees) or abs(degrees) > most:
        raise Refused(field, f"hors limites\u00a0: {cell[:20]}")
    return degrees


def _sectors(cell: str, doubts: list[Doubt]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Slugs, from slugs or names parted by bars, semicolons or commas; and what is neither.

    Some names hold commas themselves, so the longest run of pieces that is a name wins.
    """
    slugs, activities = [], []
    for part in re.split(r"[|;]", cell):
        pieces = [piece.strip() for piece in part.split(",") if piece.strip()]
        while pieces:
            runs = range(len(pieces), 0, -1)
            end = next((end for end in runs if slug(",".join(pieces[:end])) in BY_SLUG), 0)
            if end:
                slugs.append(slug(",".join(pieces[:end])))
            else:
                doubts.append(Doubt("sectors", f"secteur inconnu\u00a0: {pieces[0][:60]}"))
                activities.append(pieces[0][:_LONGEST_ACTIVITY])
            del pieces[: max(end, 1)]
    return tuple(slugs), tuple(dict.fromkeys(activities[:_MOST_ACTIVITIES]))
