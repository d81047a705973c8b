"""A text that somebody typed for a place, taken apart: what names it, what locates it. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.spelling import core_of, repaired, words_of

_MOST_PARTS = 4
_CEDEX = re.compile(r"\bcedex\b\s*\d{0,2}", re.IGNORECASE)
_POSTCODE = re.compile(r"(?<!\w)(\d[\dAB]\s?\d{3})(?!\w)", re.IGNORECASE)
DEPARTMENT_CODE = re.compile(r"(?<!\w)(9[78]\d|2[AB]|\d{1,2})(?!\w)", re.IGNORECASE)
_BRACKETS = re.compile(r"\(([^()]*)\)")
LEAD = re.compile(
    r"^\W*(?:la |le |l['’])?(?:ville|commune|mairie|municipalit[eé]|secteur|territoire|canton"
    r"|agglom[eé]ration|bourg|quartier|ccas|cias|m[eé]tropole|d[eé]partement"
    r"|communaut[eé] (?:de communes|d['’]agglom[eé]ration|urbaine))"
    r"\s+(?:de la |de l['’]|de |du |des |d['’])?(?=\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A query taken apart: the parts that may be the name, surest first, and what locates it."""

    parts: list[list[str]]
    words: list[str]
    postcodes: list[str]
    departments: list[str]


def take_apart(
    query: str, gazetteer: Gazetteer, department: str | None, postcode: str | None
) -> Asked:
    text = _CEDEX.sub(" ", repaired(query))
    postcodes = [found.replace(" ", "").upper() for found in _POSTCODE.findall(text)]
    postcodes += [postcode.replace(" ", "")] if postcode else []
    departments = [department] if department else []
    departments += [
        code for inside in _BRACKETS.findall(text) if (code := _department_named(inside, gazetteer))
    ]
    departments += [_department_of(postcode) for postcode in postcodes]
    bare = _BRACKETS.sub(" ", text)
    pieces = _POSTCODE.split(bare)
    before, after = pieces[0], pieces[-1]
    segments = bare.split(",")[:0:-1]
    parts: dict[tuple[str, ...], None] = {}
    for part in (after, _POSTCODE.sub(" ", bare), *segments, before):
        for form in (part, LEAD.sub("", part)):
            parts[tuple(_letters_only(form))] = None
    parts.pop((), None)
    return Asked(
        parts=[list(words) for words in parts][:_MOST_PARTS],
        words=_letters_only(_POSTCODE.sub(" ", text)),
        postcodes=postcodes,
        departments=departments,
    )


def _letters_only(text: str) -> list[str]:
    return [word for word in words_of(text) if not word.isdigit()]


def _department_of(postcode: str) -> str:
    return postcode[:3] if postcode.startswith(("97", "98")) else postcode[:2]


def departments_around(codes: Iterable[str], gazetteer: Gazetteer) -> list[str]:
    """Codes as people use them: Corsica's old one, and the islands that left Guadeloupe."""
    around: list[str] = []
    for code in codes:
        bare = code.strip().upper().zfill(2)
        around += {"20": ["2A", "2B"], "971": ["971", "977", "978"]}.get(bare, [bare])
    return [code for code in dict.fromkeys(around) if gazetteer.department(code)]


def _department_named(text: str, gazetteer: Gazetteer) -> str | None:
    """The department that a text is the exact name or code of."""
    code = text.strip().upper().zfill(2)
    if gazetteer.department(code):
        return code
    return department_cores(gazetteer).get(core_of(words_of(text)))


@lru_cache(maxsize=2)
def department_cores(gazetteer: Gazetteer) -> dict[str, str]:
    return {core_of(words_of(one.name)): one.code for one in gazetteer.departments}
