"""What a need's own words say of sectors, with a confidence: the buyer confirms. Pure.

Each term of the lexicon found in the text is evidence for its sectors, in units of one plain
word that names the work. The figures below were set on judged contract titles; on 101 others
that nobody had read yet, the first suggestion suited 82 times in 100, one of three 98 times.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marketplace.sectors import codes, lexicon
from marketplace.sectors.lexicon import OUTSIDE, Key
from marketplace.sectors.nomenclature import GROUPS, SECTORS
from marketplace.sectors.reading import Part, Reader, Token

Floats = NDArray[np.float64]

GAP = 2
"""Words that may stand between those of a term, not counting boilerplate."""
REACH = 8
"""The next word of a term is looked for no further, boilerplate or not."""
AROUND_THE_LOT = 0.4
"""What the title of the whole operation weighs, when that of the lot names a trade."""
A_TRADE = 0.7
HOSTED = 0.5
"""In works, what is left to the words that say what the building is for."""
FURTHER = 0.08
"""A term weighs 1 / (1 + 0.08 n) after n words of its chunk: the work comes first."""
CODE = 1.2
"""The evidence of a CPV code of full grade: less than a clear title, which may overrule it."""
TOGETHER = 0.3
"""What a sector that already has evidence gains, as a share, of what `also` sends it."""
KINSHIP = 0.4
"""What a sector receives of the strongest one of its group, to be listed before strangers."""
SHARPNESS = 2.5
"""How fast a probability falls with the evidence: e ** 2.5 times for one plain word less."""
DOUBT = 1.0
"""The evidence that would leave the scope even: one plain word."""
VERY_LIKELY = 0.5
"""The confidence that one plain word gives alone, in a text that says nothing else."""
LEAST_SCOPE = 0.3
"""Below this share of the evidence, no inclusive supplier sells this: nothing is suggested."""

_LEXICON = lexicon.load()
_READER = Reader(_LEXICON)
_GROUP_OF = np.array([GROUPS.index(sector.group) for sector in SECTORS])


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`confidence` is between 0 and 1; it is that of the scope for the first sector."""

    slug: str
    name: str
    group: str
    confidence: float


def in_words(confidence: float) -> str:
    return "très probable" if confidence >= VERY_LIKELY else "possible"


def suggest(text: str, top: int = 5, cpv: str | None = None) -> list[Suggestion]:
    """The likeliest sectors, best first; empty when no inclusive supplier sells this.

    Equal evidence goes by the order of the nomenclature.
    """
    sold, outside = _evidence(text, cpv)
    strongest = float(sold.max())
    if strongest <= LEAST_SCOPE * (strongest + outside):
        return []
    kin = np.zeros(len(GROUPS))
    np.maximum.at(kin, _GROUP_OF, sold)
    ranked = sold + KINSHIP * kin[_GROUP_OF]
    confidence = strongest / (strongest + outside + DOUBT) * ranked / ranked.max()
    order = np.argsort(-ranked, kind="stable")[:top].tolist()
    return [
        Suggestion(
            SECTORS[i].slug, SECTORS[i].name, SECTORS[i].group.name, round(float(confidence[i]), 4)
        )
        for i in order
    ]


def probabilities(text: str) -> Floats:
    """How likely each sector is the one asked for, in the order of SECTORS.

    They sum to 1, or are all zero when the text speaks of none.
    """
    sold, _ = _evidence(text)
    if not sold.any():
        return sold
    likely = np.where(sold > 0, np.exp(SHARPNESS * (sold - sold.max())), 0.0)
    return np.asarray(likely / likely.sum())


def sectors_of_naf(code: str) -> Sequence[str]:
    """Slugs of what a firm of this NAF code may sell, likeliest first; none for most codes.

    The code is taken with or without its dot: « 81.21Z », « 8121Z ».
    """
    return codes.sectors_of_naf(code)


def _evidence(text: str, cpv: str | None = None) -> tuple[Floats, float]:
    """For each sector, what the words and the code say; then the same for what is outside."""
    said = _said(text)
    for index, share in codes.classes_of_cpv(cpv) if cpv else ():
        said[index] += CODE * share
    sold = said[:OUTSIDE]
    together = sold.copy()
    for index in sold.nonzero()[0].tolist():
        for other, share in _LEXICON.also.get(index, {}).items():
            gift = share * sold[index]
            together[other] = max(together[other] + TOGETHER * gift, gift)
    return together, float(said[OUTSIDE])


def _said(text: str) -> Floats:
    """The evidence of the words alone, for each class: the title of the lot before the rest."""
    found: dict[Part, dict[int, dict[Key, float]]] = {Part.AROUND: {}, Part.LOT: {}}
    works_before = False
    for chunk in _READER.read(text):
        if chunk.part is Part.LOT:
            works_before = False
        first_works = _first_works(chunk.tokens, works_before)
        works_before = first_works < len(chunk.tokens)
        for key, places in _terms(chunk.tokens):
            weight = sum([chunk.tokens[place].weight for place in places]) / len(places)
            weight /= 1 + FURTHER * places[0]
            for term in _LEXICON.terms[key]:
                is_hosted = term.index in _LEXICON.hosted and places[0] > first_works
                strength = weight * term.strength * (HOSTED if is_hosted else 1.0)
                of_class = found[chunk.part].setdefault(term.index, {})
                # Broad words do not add up: « rénovation, réhabilitation et aménagement ».
                once = () if term.is_broad else key
                of_class[once] = max(strength, of_class.get(once, 0.0))
    lot = _total(found[Part.LOT])
    around = _total(found[Part.AROUND])
    return lot + (AROUND_THE_LOT if lot.max() >= A_TRADE else 1.0) * around


def _total(found: dict[int, dict[Key, float]]) -> Floats:
    total = np.zeros(OUTSIDE + 1)
    for index, strengths in found.items():
        total[index] = sum(strengths.values())
    return total


def _first_works(tokens: Sequence[Token], works_before: bool) -> int:
    """The place of the word that names works; beyond the end when none does."""
    if works_before:
        return -1
    named = (place for place, token in enumerate(tokens) if token.root in _LEXICON.works)
    return next(named, len(tokens))


def _terms(tokens: Sequence[Token]) -> list[tuple[Key, list[int]]]:
    """The terms of a chunk with their places: the decisive, the longest, the tightest first."""
    found = []
    present = {token.root for token in tokens}
    for start, token in enumerate(tokens):
        opening = _LEXICON.opening.get(token.root, {})
        for last in opening.keys() & present:
            for key in opening[last]:
                if places := _places(tokens, start, key):
                    found.append((key, places))
    # No two terms have the same places: the order in which they were found is of no account.
    found.sort(key=lambda f: (f[0] not in _LEXICON.decisive, -len(f[0]), f[1][-1] - f[1][0], f[1]))
    taken: set[int] = set()
    kept = []
    for key, places in found:
        free = sum(place not in taken for place in places)
        is_loose = places[-1] - places[0] >= len(places)
        if free == len(places) or (free and not is_loose):
            kept.append((key, places))
            taken.update(places)
    return kept


def _places(tokens: Sequence[Token], start: int, key: Key) -> list[int]:
    """Where each word of the term stands, from `start` on; empty when one is missing."""
    places, gap = [start], 0
    for root in key[1:]:
        for at in range(places[-1] + 1, min(places[-1] + REACH, len(tokens))):
            if tokens[at].root == root:
                places.append(at)
                break
            gap += not tokens[at].is_empty
            if gap > GAP:
                return []
        else:
            return []
    return places
