"""Which establishment of a register a name points to, however it is written. Pure."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from marketplace.territories.resolving import MOST, Candidate
from marketplace.territories.spelling import repaired
from marketplace.text import plain


@dataclass(frozen=True, slots=True)
class Establishment:
    """A row of a register; `siret` is whatever identifies it there, not checked."""

    siret: str
    name: str
    brand: str
    kind: str
    city: str
    department: str


_PLAUSIBLE = 0.5
_ELSEWHERE = 0.9
"""What is left of a score when the establishment is not in the department asked for."""
_GOOD_ENOUGH = 0.72
_SAME_INITIALS = 0.8
_ANOTHER_KIND = 0.72
_REFINED = 25
"""Establishments compared closely, after a first look at all."""

_DOTS = re.compile(r"(?<=\w)\.(?=\w)|(?<=\b\w)\.")
_KIND_PHRASES = [
    (re.compile(rf"\b(?:{phrase})\b"), kind)
    for phrase, kind in (
        ("entreprise de travail temporaire d? ?insertion", "etti"),
        ("entreprise d? ?insertion par le travail independant", "eiti"),
        ("entreprise adaptee de travail temporaire", "eatt"),
        ("entreprises? d? ?insertion", "ei"),
        ("entreprises? adaptees?", "ea"),
        ("ateliers? (?:et |ou )?chantiers? d? ?insertion", "aci"),
        ("chantiers? d? ?insertion", "aci"),
        ("ass(?:o|oc|ociation)? interm(?:ediaire)?", "ai"),
        (
            "etablissements? et services? d? ?(?:aide|accompagnement) par le travail",
            "esat",
        ),
        ("cat|centre d? ?aide par le travail", "esat"),
        ("groupement d? ?employeurs pour l? ?insertion et la qualification", "geiq"),
    )
]
_LEGAL_FORMS = frozenset(
    "association associations assoc asso ass sarl sas sasu sa eurl scop scic scp epic ccas"
    " societe ste coop".split()
)
_KINDS = frozenset("ei ai aci etti eiti geiq ea eatt esat sep siae".split())
_FOR_HANDICAP = frozenset(("ea", "eatt", "esat"))
_EMPTY = frozenset("a au aux d de des du en et l la le les un une pour par sur".split())
_WRITTEN_OUT = {
    "st": "saint",
    "ste": "sainte",
    "ctre": "centre",
    "inser": "insertion",
    "interm": "intermediaire",
    "hdf": "hauts de france",
    "paca": "provence alpes cote azur",
    "idf": "ile de france",
    "bfc": "bourgogne franche comte",
    "aura": "auvergne rhone alpes",
}


@dataclass(frozen=True, slots=True)
class _Written:
    """A name in the forms that are compared."""

    words: tuple[str, ...]
    """All of them but legal forms."""
    strong: tuple[str, ...]
    """Less articles and kinds; all when nothing else is left."""
    spaced: str
    joined: str
    initials: frozenset[str]
    """Three letters at least: with and without those of the small words."""
    kinds: frozenset[str]


def _written(text: str) -> _Written:
    bare = plain(_DOTS.sub("", repaired(text).replace("&", " et ")))
    said = bare.split()
    unformed = [word for word in said if word not in _LEGAL_FORMS]
    kinds = set()
    for phrase, kind in _KIND_PHRASES:
        if phrase.search(bare):
            kinds.add(kind)
            shorter = " ".join(phrase.sub(" ", bare).split())
            bare = shorter if set(shorter.split()) - _LEGAL_FORMS - _EMPTY else bare
    words = [part for word in bare.split() for part in _WRITTEN_OUT.get(word, word).split()]
    kinds.update(word for word in words if word in _KINDS)
    named = [word for word in words if word not in _LEGAL_FORMS] or words
    strong = [w for w in named if w not in _EMPTY | _KINDS | {"intermediaire"}] or named
    initials = {"".join(w[0] for w in some) for some in (said, unformed, named, strong)}
    return _Written(
        words=tuple(named),
        strong=tuple(strong),
        spaced=" ".join(strong),
        joined="".join(strong),
        initials=frozenset(letters for letters in initials if len(letters) >= 3),
        kinds=frozenset(kinds),
    )


class Register:
    """Establishments ready to be searched by name."""

    def __init__(self, establishments: Iterable[Establishment]) -> None:
        self.rows: list[tuple[Establishment, _Written]] = []
        for one in establishments:
            names = (_written(name) for name in dict.fromkeys((one.name, one.brand)))
            self.rows += [(one, written) for written in names if written.joined]
        self._by_department: dict[str, list[int]] = {}
        seen: Counter[str] = Counter()
        for place, (one, written) in enumerate(self.rows):
            self._by_department.setdefault(one.department, []).append(place)
            seen.update(set(written.strong))
        rows = len(self.rows) or 1
        self._rarity = {word: math.log(1 + rows / count) for word, count in seen.items()}
        self._rarest = math.log(1 + rows)

    def rarity(self, word: str) -> float:
        return self._rarity.get(word, self._rarest)

    def places_in(self, department: str) -> list[int]:
        return self._by_department.get(department, [])


def resolve_structure(
    query: str, register: Register, department: str | None = None
) -> list[Candidate]:
    """The establishments that a name may point to, best first, five at most.

    Against legal name and brand, whichever is nearer; kinds and legal forms before the name
    count for next to nothing, rare words for more than common ones. With a department, its
    establishments come first and the others are searched only when none there fits.
    Equal scores go by identifier.
    """
    asked = _written(query)
    if not asked.joined:
        return []
    best: dict[str, tuple[float, str]] = {}
    near = register.places_in(department) if department else []
    _search(asked, register, near, 1.0, best)
    if max((score for score, _ in best.values()), default=0.0) < _GOOD_ENOUGH:
        factor = _ELSEWHERE if department else 1.0
        _search(asked, register, range(len(register.rows)), factor, best)
    ordered = sorted(best.items(), key=lambda pair: (-pair[1][0], pair[0]))
    return [
        Candidate(code, name, score)
        for code, (score, name) in ordered[:MOST]
        if score >= _PLAUSIBLE
    ]


def _search(
    asked: _Written,
    register: Register,
    places: Sequence[int],
    factor: float,
    best: dict[str, tuple[float, str]],
) -> None:
    if not places:
        return
    pool = [register.rows[place] for place in places]
    rough = _rough(asked, [written for _, written in pool])
    closest = np.argsort(-rough, kind="stable")[:_REFINED].tolist()
    abbreviated = [at for at, (_, written) in enumerate(pool) if _abbreviates(asked, written)]
    for at in closest + abbreviated:
        one, written = pool[at]
        score = (float(rough[at]) + _shared(asked, written, register)) / 2
        if _abbreviates(asked, written):
            score = max(score, _SAME_INITIALS)
        if asked.words == written.words:
            score = 1.0
        else:
            is_there = bool(set(plain(one.city).split()) & set(asked.words))
            score *= 0.96 + 0.02 * is_there + 0.01 * (_kind_of(one) in asked.kinds)
        if _is_of_another_kind(asked, one):
            score *= _ANOTHER_KIND
        score = round(score * factor, 4)
        if score > best.get(one.siret, (0.0, ""))[0]:
            best[one.siret] = (score, one.name)


def _kind_of(one: Establishment) -> str:
    return one.kind.lower()


def _is_of_another_kind(asked: _Written, one: Establishment) -> bool:
    """One association often runs an ESAT and an EA under the same name."""
    return bool(asked.kinds & _FOR_HANDICAP) and _kind_of(one) in _FOR_HANDICAP - asked.kinds


def _rough(asked: _Written, pool: Sequence[_Written]) -> npt.NDArray[np.float32]:
    """In [0, 1]: words in any order, words of one among the other's, letters run together."""
    spaced = [written.spaced for written in pool]
    joined = [written.joined for written in pool]
    by_order = process.cdist([asked.spaced], spaced, scorer=fuzz.token_sort_ratio)[0]
    by_share = process.cdist([asked.spaced], spaced, scorer=fuzz.token_set_ratio)[0]
    by_letter = process.cdist([asked.joined], joined, scorer=fuzz.ratio)[0]
    blended: npt.NDArray[np.float32] = (
        0.4 * np.maximum(by_order, by_letter) + 0.3 * by_share + 0.3 * by_letter
    ) / 100
    return blended


def _shared(asked: _Written, written: _Written, register: Register) -> float:
    """The share of rare words that both names have, misspelt or not, each way; the mean."""
    ways = (asked.strong, written.strong), (written.strong, asked.strong)
    shares = []
    for ours, theirs in ways:
        weights = [register.rarity(word) for word in ours]
        likeness = [max(_alike(word, other) for other in theirs) for word in ours]
        shares.append(
            sum(weight * like for weight, like in zip(weights, likeness, strict=True))
            / sum(weights)
        )
    return sum(shares) / 2


def _alike(word: str, other: str) -> float:
    if word == other:
        return 1.0
    if len(word) > 3 and len(other) > 3 and (word.startswith(other) or other.startswith(word)):
        return 0.85
    likeness = float(OSA.normalized_similarity(word, other, score_cutoff=0.7))
    return likeness if min(len(word), len(other)) > 3 else 0.0


def _abbreviates(asked: _Written, written: _Written) -> bool:
    """Whether one name is the initials of the other: « ADLC » and « Ateliers de la … »."""
    return asked.joined in written.initials or written.joined in asked.initials
