"""What the words of a search mean here: their stems, the misspelt ones put right."""

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA
from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace import siret
from marketplace.sectors.suggesting import suggest
from marketplace.text import stems, words

MOST_WORDS = 12
SURE = 0.5
"""The confidence above which words are taken for the name of a sector."""

_NEAREST = text(
    "SELECT a.word, CASE WHEN EXISTS (SELECT FROM searched_words w WHERE w.stem = a.stem)"
    " THEN NULL ELSE ARRAY(SELECT w.word FROM searched_words w WHERE w.word % a.word"
    " ORDER BY similarity(w.word, a.word) DESC, w.word LIMIT 12) END AS near"
    " FROM unnest(CAST(:words AS text[]), CAST(:stems AS text[])) AS a (word, stem)"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the words typed were taken for."""

    stems: tuple[str, ...] = ()
    taken_for: tuple[tuple[str, str], ...] = ()
    """Misspelt words, each with the known one that stands for it."""
    unknown: tuple[str, ...] = ()
    """Words left out: nothing is spelt like them."""
    sectors: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.stems


def read_words(session: Session, typed: str) -> Reading:
    """What these words mean here: one query for their spelling, none without words."""
    number = siret.cleaned(typed)
    if len(number) in (9, 14) and number.isdigit() and not any(c.isalpha() for c in typed):
        return Reading(stems=(number,))
    asked = list(dict.fromkeys(words(typed)))[:MOST_WORDS]
    if not asked:
        return Reading()
    stem_of = {word: (stems(word) or [word])[0] for word in asked}
    checked = [word for word in asked if 4 <= len(word) <= 30 and not word[0].isdigit()]
    near: dict[str, list[str] | None] = {}
    if checked:
        said = {"words": checked, "stems": [stem_of[word] for word in checked]}
        near = {row.word: row.near for row in session.execute(_NEAREST, said)}
    taken: list[tuple[str, str]] = []
    unknown: list[str] = []
    kept: list[str] = []
    for word in asked:
        candidates = near.get(word)
        best = word if candidates is None else _closest(word, candidates)
        if best is None:
            unknown.append(word)
            continue
        if best != word:
            taken.append((word, best))
        kept.append(best)
    certain = [s for s in suggest(" ".join(kept), top=2) if s.confidence >= SURE] if kept else []
    return Reading(
        stems=tuple(dict.fromkeys(stem for word in kept for stem in stems(word))),
        taken_for=tuple(taken),
        unknown=tuple(unknown),
        sectors=tuple(suggestion.slug for suggestion in certain),
    )


def _closest(word: str, candidates: Sequence[str]) -> str | None:
    """The candidate with the fewest slips; one letter in five at most, never all of a word."""
    slips = 1 if len(word) <= 5 else 2 if len(word) <= 9 else 3
    ranked = sorted((OSA.distance(word, c), c[0] != word[0], c) for c in candidates)
    return ranked[0][2] if ranked and ranked[0][0] <= slips else None
