"""SIRET numbers as people write them, and their keys. Pure."""

import re
import unicodedata
from collections.abc import Iterator

from stdnum.exceptions import ValidationError
from stdnum.fr import siren, siret, tva

LONGEST = 300
"""Characters read of one text: what follows is no number."""

_TOKEN = re.compile(r"[A-Z0-9]+")
_LABEL = re.compile(r"^(?:NO|N|SIRET|SIREN|RCS)+(?=[0-9O])")
_VAT = re.compile(r"FR\W*([0-9A-HJ-NP-Z]{2})\W*((?:[0-9O]\W*){8}[0-9O])(?!\W*[0-9O])")


class WrongSiret(ValueError):
    """Not a SIRET; the message says why, in French."""


def cleaned(text: str) -> str:
    """The number without spaces, dots, labels nor any letter O for a zero; not checked."""
    return "".join(_groups(text))


def checked(text: str) -> str:
    """The 14 digits of a SIRET whose keys are right.

    Nothing is repaired: a wrong key is refused, and so is a zero lost at the head. La Poste
    has a rule of its own for its post offices, which `stdnum` knows.

    Raises WrongSiret.
    """
    number = cleaned(text)
    if not number:
        is_written = any(c.isalnum() for c in text)
        raise WrongSiret("un SIRET est fait de 14 chiffres" if is_written else "SIRET manquant")
    if not number.isdigit():
        raise WrongSiret("un SIRET ne contient que des chiffres")
    if len(number) != 14:
        raise WrongSiret(f"un SIRET compte 14 chiffres, et non {len(number)}")
    if number.startswith("000000000"):
        raise WrongSiret("un SIRET ne commence pas par neuf zéros")
    if not is_siret(number):
        raise WrongSiret("la clé de ce SIRET est fausse\u00a0: un chiffre est erroné")
    return number


def formatted(number: str) -> str:
    """« 732 829 320 00074 »; a SIREN likewise, in three groups."""
    return siret.format(number).strip()


def is_siret(number: str) -> bool:
    return len(number) == 14 and not number.startswith("000000000") and siret.is_valid(number)


def is_siren(number: str) -> bool:
    return len(number) == 9 and number != "000000000" and siren.is_valid(number)


def found_in(text: str) -> list[str]:
    """The SIRET (14 digits) or SIREN (9) that a text gives, as written, each once.

    A SIREN is taken from a French VAT number; a zero lost at the head of a SIRET comes back
    when its key then holds. A number whose key is wrong gives nothing.
    """
    found: dict[str, None] = {}
    if vat := _VAT.search(_capitals(text)):
        number = re.sub(r"\W", "", vat[2]).replace("O", "0")
        if _is_vat(vat[1] + number):
            return [number]
    for number in _groups(text):
        if is_siret(number) or is_siren(number):
            found[number] = None
        elif len(number) == 13 and is_siret(f"0{number}"):
            found[f"0{number}"] = None
        elif len(number) == 11 and _is_vat(number):
            found[number[2:]] = None
    return list(found)


def _is_vat(number: str) -> bool:
    try:
        tva.validate(number)
    except ValidationError:
        return False
    return is_siren(number[2:])


def _groups(text: str) -> Iterator[str]:
    """The numbers of a text: what no word parts belongs together."""
    group = ""
    for token in _TOKEN.findall(_capitals(text)):
        bare = _LABEL.sub("", token)
        number = bare.replace("O", "0")
        if any(c.isdigit() for c in bare) or (group and set(bare) == {"O"}):
            group += number
        elif group:
            yield group
            group = ""
    if group:
        yield group


def _capitals(text: str) -> str:
    return unicodedata.normalize("NFKC", text[:LONGEST]).upper()
