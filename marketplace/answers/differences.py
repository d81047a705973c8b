"""What an amendment changed, in French: before and after, answer by answer."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import formats
from marketplace.needs import wording
from marketplace.needs.amending_lots import key, numbers_in
from marketplace.needs.tables import Need, NeedAmendment, PlaceType
from marketplace.offers.tables import ServiceType
from marketplace.offers.wording import SERVICE_TYPES
from marketplace.sectors import cpv
from marketplace.sectors.aims import AIMS
from marketplace.sectors.nomenclature import BY_SLUG
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer

PLACE = ("place_type", "commune_code", "radius_km", "zones")
NOTHING = "Rien"
LONGEST = 1_500
"""Characters of an answer that a page or a mail repeats."""


class Difference(NamedTuple):
    label: str
    before: str
    after: str


def differences_of(amendment: NeedAmendment, places: Gazetteer) -> list[Difference]:
    """What changed, in the order in which a need says it."""
    return in_words(amendment.changes, places)


def changes_since(
    session: Session, need: Need, since: datetime, places: Gazetteer
) -> list[Difference]:
    """What was changed in a need after that, the latest change first."""
    if need.amended_at is None or need.amended_at <= since:
        return []
    later = select(NeedAmendment).where(
        NeedAmendment.need_id == need.id, NeedAmendment.amended_at > since
    )
    rows = session.scalars(later.order_by(NeedAmendment.id.desc()))
    return [one for row in rows for one in differences_of(row, places)]


def in_words(changes: Mapping[str, list[Any]], places: Gazetteer) -> list[Difference]:
    """The same of changes that are not kept yet."""
    said = _said(_lines(places), changes)
    for number in numbers_in(changes):
        prefix = key(number, "")
        of_lot = {
            name.removeprefix(prefix): sides
            for name, sides in changes.items()
            if name.startswith(prefix)
        }
        was, becomes = of_lot.get("title", ["", ""])
        said += [
            Difference(
                f"Lot {number}, {label}",
                NOTHING if was is None else before,
                NOTHING if becomes is None else after,
            )
            for label, before, after in _said(_lot_lines(places), of_lot)
        ]
    return said


def _said(lines: list["_Line"], changes: Mapping[str, list[Any]]) -> list[Difference]:
    said: list[Difference] = []
    for label, of_one, names in lines:
        if names[0] not in changes:
            continue
        before, after = (
            of_one({name: changes[name][side] for name in names if name in changes})
            for side in (0, 1)
        )
        if before != after:
            said.append(Difference(label, _shown(before), _shown(after)))
    return said


def _shown(words: str) -> str:
    words = words or NOTHING
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"


_Said = Callable[[Mapping[str, Any]], str]
_Line = tuple[str, _Said, tuple[str, ...]]


def _lines(places: Gazetteer) -> list[_Line]:
    return [
        ("Titre", _text, ("title",)),
        ("Description", _text, ("description",)),
        ("Secteurs", _each(_sector), ("sectors",)),
        ("Nature", _of(wording.NATURES), ("nature",)),
        ("Montant HT", _amount, ("amount_min", "amount_max")),
        ("Montant visible des structures", _yes, ("is_amount_shared",)),
        ("Codes CPV", _each(_code), ("cpv_codes",)),
        ("Lieu", partial(_place, places), PLACE),
        ("Réponses jusqu'au", _day, ("deadline_on",)),
        ("Début", _day, ("starts_on",)),
        ("Durée", _months, ("duration_months",)),
        ("Questions possibles jusqu'au", _day, ("asking_until",)),
        ("Structures admises", _kinds, ("kinds",)),
        ("Prestations", _each(_service, "Toutes"), ("service_types",)),
        ("Structures de toute la France", _yes, ("include_country",)),
        ("Levier d'achat inclusif", _of(wording.LEVERS), ("lever",)),
        ("Pourquoi aucun levier", _text, ("lever_reason",)),
        ("Objectifs environnementaux", _each(_aim), ("environmental_tags",)),
        ("Ce qui compte dans le classement", _each(_value), ("valued",)),
        ("Comment répondre", _each(_mode), ("response_modes",)),
        ("Courriel pour répondre", _text, ("response_email",)),
        ("Téléphone pour répondre", _text, ("response_phone",)),
        ("Lien de la consultation", _text, ("response_url",)),
        ("Questions aux structures", _questions, ("questions",)),
        ("Fichiers joints", _each(str), ("files",)),
    ]  # fmt: skip


def _lot_lines(places: Gazetteer) -> list[_Line]:
    return [
        ("titre", _text, ("title",)),
        ("description", _text, ("description",)),
        ("secteurs", _each(_sector, "Déduits de ses mots"), ("sectors",)),
        ("lieu", partial(_lot_place, places), PLACE),
        ("montant HT", _amount, ("amount_min", "amount_max")),
        ("levier", _of(wording.LEVERS, "Celui du besoin"), ("lever",)),
        ("état", _of(wording.LOT_ENDINGS, "Ouvert"), ("ending",)),
        ("raison", _text, ("ending_reason",)),
    ]


def _one(said: Mapping[str, Any]) -> Any:
    return next(iter(said.values()))


def _text(said: Mapping[str, Any]) -> str:
    return str(_one(said) or "")


def _yes(said: Mapping[str, Any]) -> str:
    return "Oui" if _one(said) else "Non"


def _day(said: Mapping[str, Any]) -> str:
    value = _one(said)
    return formats.long_date(date.fromisoformat(value)) if value else ""


def _months(said: Mapping[str, Any]) -> str:
    return wording.duration(_one(said)) if _one(said) else ""


def _amount(said: Mapping[str, Any]) -> str:
    least, most = (
        Decimal(said[name]) if said.get(name) else None for name in ("amount_min", "amount_max")
    )
    return formats.euros_range(least, most)


def _kinds(said: Mapping[str, Any]) -> str:
    allowed = frozenset(_one(said))
    known = (label for label, kinds in wording.RESERVATIONS.values() if kinds == allowed)
    return next(known, ", ".join(sorted(allowed)))


def _questions(said: Mapping[str, Any]) -> str:
    return "\n".join(f"{number}. {words}" for number, words in enumerate(_one(said), start=1))


def _each(label: Callable[[str], str], of_none: str = "") -> _Said:
    return lambda said: ", ".join(label(one) for one in _one(said) or ()) or of_none


def _of(labels: Mapping[Any, str], of_none: str = "") -> _Said:
    return lambda said: labels.get(_one(said), "") if _one(said) else of_none


def _sector(slug: str) -> str:
    return BY_SLUG[slug].name if slug in BY_SLUG else slug


def _code(code: str) -> str:
    return str(cpv.labelled(code))


def _service(code: str) -> str:
    return SERVICE_TYPES[ServiceType(code)]


def _value(code: str) -> str:
    return wording.VALUED.get(code, code)


def _aim(code: str) -> str:
    return AIMS[code].label if code in AIMS else code


def _mode(code: str) -> str:
    return {str(mode): label for mode, label in wording.RESPONSE_MODES.items()}.get(code, code)


def _lot_place(places: Gazetteer, said: Mapping[str, Any]) -> str:
    return _place(places, said) if said.get("place_type") else "Là où est le besoin"


def _place(places: Gazetteer, said: Mapping[str, Any]) -> str:
    if said.get("place_type") == PlaceType.COUNTRY:
        return "Toute la France"
    if said.get("place_type") == PlaceType.ZONES:
        return ", ".join(naming.label(places, code) for code in said.get("zones") or ())
    where = naming.label(places, said.get("commune_code") or "")
    km = said.get("radius_km")
    return f"{where}, à moins de {km}{formats.NBSP}km" if km else where
