"""The terms by which sectors are known, and what is out of scope, as roots. Pure."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

from marketplace.sectors.nomenclature import BY_SLUG, DATA, SECTORS
from marketplace.text import words

OUTSIDE = len(SECTORS)
"""The class, after those of the sectors, of what no inclusive supplier sells."""

_STRENGTH_OF_FIELD = {"hints": 0.35, "broad": 0.8, "names": 1.0, "decides": 2.0}
_STRENGTH_OF_LENGTH = (0.0, 1.0, 1.7, 2.2, 2.6)
"""Of a term of so many words that tell something: a longer one leaves less doubt."""
_ENDINGS = (
    ("eau", "eau"),
    ("au", "al"),
    ("euse", "eur"),
    ("ive", "if"),
    ("elle", "el"),
    ("ale", "al"),
    ("iere", "ier"),
    ("eure", "eur"),
    ("ee", "e"),
    ("ienne", "ien"),
    ("trice", "teur"),
)

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """What a sequence of roots says for one class, `index` being a sector's or OUTSIDE."""

    index: int
    strength: float
    is_broad: bool


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`opening` lists the terms by their first root, then by their last.

    `spelling` holds every word as it stands in a term: what a misspelt one can be mended into.
    `also` gives the sectors that go with another, and for what share of it.
    `decisive` are the terms that no longer one silences. `works` are the roots that name works,
    `hosted` the sectors that a building may house.
    """

    terms: dict[Key, list[Term]]
    opening: dict[str, dict[str, list[Key]]]
    also: dict[int, dict[int, float]]
    decisive: frozenset[Key]
    spelling: frozenset[str]
    aliases: dict[str, str]
    empty: frozenset[str]
    works: frozenset[str]
    hosted: frozenset[int]


def root(word: str) -> str:
    """The word without its plural and its feminine.

    A stemmer goes too far here: it makes one of commune and communication, of preventive and
    prevention, of eleve and elevateur, of terre and terrasse.
    """
    if word[-1:] in ("s", "x"):
        word = word[:-1]
    for feminine, masculine in _ENDINGS:
        if word.endswith(feminine):
            return word.removesuffix(feminine) + masculine
    return word[:-1] if len(word) > 6 and word.endswith("e") else word


def load() -> Lexicon:
    """The lexicon of the data files. Raises KeyError for a sector that does not exist."""
    sectors = tomllib.loads((DATA / "lexicon.toml").read_text(encoding="utf-8"))
    scope = tomllib.loads((DATA / "scope.toml").read_text(encoding="utf-8"))
    entries = {BY_SLUG[slug].index: entry for slug, entry in sectors.items()}
    also = {
        index: {BY_SLUG[other].index: share for other, share in entry["also"].items()}
        for index, entry in entries.items()
        if "also" in entry
    }
    entries[OUTSIDE] = scope["outside"]

    empty = frozenset(words(scope["empty"]["words"]))
    terms: dict[Key, dict[int, Term]] = {}
    spelling: set[str] = set()
    for index, entry in entries.items():
        for field, factor in _STRENGTH_OF_FIELD.items():
            for listed in _listed(entry.get(field, "")):
                of_term = list(words(listed))
                spelling.update(of_term)
                if key := tuple(root(word) for word in of_term):
                    telling = sum(word not in empty for word in of_term)
                    length = min(max(telling, 1), len(_STRENGTH_OF_LENGTH) - 1)
                    strength = factor * _STRENGTH_OF_LENGTH[length]
                    terms.setdefault(key, {})[index] = Term(index, strength, field == "broad")
    opening: dict[str, dict[str, list[Key]]] = {}
    for key in terms:
        opening.setdefault(key[0], {}).setdefault(key[-1], []).append(key)
    hosted = set(_listed(scope["works"]["hosted"]))
    return Lexicon(
        terms={key: list(of_key.values()) for key, of_key in terms.items()},
        opening=opening,
        also=also,
        decisive=frozenset(
            tuple(root(word) for word in words(term))
            for term in _listed(scope["outside"]["decides"])
        ),
        spelling=frozenset(spelling),
        aliases=scope["aliases"],
        empty=empty,
        works=frozenset(
            root(word) for head in _listed(scope["works"]["heads"]) for word in words(head)
        ),
        hosted=frozenset(s.index for s in SECTORS if s.group.slug in hosted),
    )


def _listed(terms: str) -> Iterator[str]:
    yield from (term.strip() for term in re.split(r"[,\n]", terms) if term.strip())
