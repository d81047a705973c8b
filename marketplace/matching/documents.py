"""The words of offers, weighed so that a need's are told against all of them at once. Pure."""

import re
from array import array
from collections import Counter
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from marketplace.text import LONGEST, stems

Ints = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]

_TYPICAL_STEMS = 40
_K1, _B = 1.2, 0.75
TERM_UNIT = 8192
IDF_UNIT = 1024
_SHORTEST_MISSPELT = 5
_MOST_MISSPELT = 4
_MEANINGS_KEPT = 1000
_ALIKE = 84
WORD = re.compile(r"[^\W_]+")


class Growing:
    """An array that grows at its end."""

    __slots__ = ("_all", "size")

    def __init__(self, dtype: npt.DTypeLike, *width: int) -> None:
        self._all: npt.NDArray[Any] = np.empty((0, *width), dtype)
        self.size = 0

    def extend(self, values: npt.ArrayLike) -> None:
        more = np.asarray(values, self._all.dtype)
        end = self.size + len(more)
        if end > len(self._all):
            longer = max(end, self.size * 3 // 2)
            grown = np.empty((longer, *self._all.shape[1:]), self._all.dtype)
            grown[: self.size] = self._all[: self.size]
            self._all = grown
        self._all[self.size : end] = more
        self.size = end

    @property
    def values(self) -> npt.NDArray[Any]:
        return self._all[: self.size]


def spread(starts: npt.ArrayLike, sizes: npt.ArrayLike) -> tuple[Ints, Ints]:
    """The cells of some lists, end to end, and where each list ends among them."""
    first, count = np.asarray(starts, np.int64), np.asarray(sizes, np.int64)
    ends = np.cumsum(count)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(first - ends + count, count), ends


class Documents:
    """The texts of offers as BM25 weights of French stems, equal texts once.

    Weights are whole numbers, so a sum is the same in whatever order it is made.
    """

    def __init__(self) -> None:
        self.starts = Growing(np.int64)
        self.starts.extend([0])
        self.terms = Growing(np.int32)
        self.term_weights = Growing(np.uint16)
        self.uses = Growing(np.int32)
        self.frequency = Growing(np.int32)
        self.alive = 0
        self.term_of: dict[str, int] = {}
        self.stem_of: list[str] = []
        self._terms_of_token: dict[str, tuple[int, ...]] = {}
        self._number: dict[bytes, int] = {}
        self._digests: list[bytes] = []
        self._by_initial: dict[str, list[str]] = {}
        self._meant: dict[str, dict[str, str | None]] = {}

    def add(self, texts: list[str]) -> list[int]:
        """The document of each text, new or already known."""
        numbers: list[int] = []
        terms, counts, lengths, sizes = array("i"), array("i"), array("i"), array("q")
        for text in texts:
            digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
            number = self._number.get(digest)
            if number is None:
                number = self._number[digest] = len(self._digests)
                self._digests.append(digest)
                tally = Counter(self._terms_in(text))
                terms.extend(tally)
                counts.extend(tally.values())
                lengths.append(sum(tally.values()))
                sizes.append(len(tally))
            numbers.append(number)
        self._append(np.array(terms), np.array(counts), np.array(lengths), np.array(sizes))
        self._use(np.array(numbers, np.int64), +1)
        return numbers

    def drop(self, document: int) -> None:
        """One offer fewer speaks these words."""
        self._use(np.array([document]), -1)

    def terms_asked(self, text: str) -> dict[int, str]:
        """The terms of a need's text that some offer speaks, each with the need's own word.

        A word that no offer speaks counts as the nearest spelling that one does.
        """
        frequency = self.frequency.values
        asked: dict[int, str] = {}
        unknown: dict[str, str] = {}
        for stem, word in _stems_asked(text):
            term = self.term_of.get(stem)
            if term is not None and frequency[term]:
                asked[term] = word
            elif len(stem) >= _SHORTEST_MISSPELT and not stem.isdigit():
                unknown[stem] = word
        for stem, word in islice(unknown.items(), _MOST_MISSPELT):
            known = self._meant.setdefault(stem[0], {})
            if stem not in known:
                if len(known) >= _MEANINGS_KEPT:
                    known.clear()
                known[stem] = self._nearest_spelling(stem)
            meant = known[stem]
            if meant is not None:
                asked.setdefault(self.term_of[meant], word)
        return asked

    def rarity(self, terms: Numbers) -> Ints:
        """BM25's inverse document frequency, in IDF_UNIT."""
        df = self.frequency.values[terms]
        idf = np.log1p((self.alive - df + 0.5) / (df + 0.5))
        rounded: Ints = np.rint(idf * IDF_UNIT).astype(np.int64)
        return rounded

    def cells(self, documents: Numbers) -> tuple[Ints, Ints]:
        """Where the terms of some documents stand, end to end, and where each one ends."""
        first = self.starts.values[documents]
        return spread(first, self.starts.values[documents + 1] - first)

    def packed(self, kept: Numbers) -> "Documents":
        """The same with these documents alone."""
        new = Documents()
        new.term_of, new._terms_of_token = self.term_of, self._terms_of_token
        new.stem_of, new._by_initial = self.stem_of, self._by_initial
        cells, ends = self.cells(kept)
        new.starts.extend(ends)
        new.terms.extend(self.terms.values[cells])
        new.term_weights.extend(self.term_weights.values[cells])
        new.uses.extend(self.uses.values[kept])
        new.frequency.extend(self.frequency.values)
        new.alive = self.alive
        new._digests = [self._digests[number] for number in kept.tolist()]
        new._number = {digest: number for number, digest in enumerate(new._digests)}
        return new

    def _terms_in(self, text: str) -> list[int]:
        found: list[int] = []
        known = self._terms_of_token
        for token in text[:LONGEST].split():
            terms = known.get(token)
            if terms is None:
                terms = known[token] = tuple(self._term(stem) for stem in stems(token))
            found += terms
        return found

    def _term(self, stem: str) -> int:
        term = self.term_of.get(stem)
        if term is None:
            term = self.term_of[stem] = len(self.term_of)
            self.stem_of.append(stem)
            self._by_initial.setdefault(stem[0], []).append(stem)
        return term

    def _append(self, terms: Ints, counts: Ints, lengths: Ints, sizes: Ints) -> None:
        fresh = len(self.term_of) - self.frequency.size
        self.frequency.extend(np.zeros(fresh, np.int32))
        if not len(sizes):
            return
        norm = _K1 * (1 - _B + _B * np.repeat(lengths, sizes) / _TYPICAL_STEMS)
        weights = counts * (_K1 + 1) / (counts + norm)
        self.starts.extend(self.starts.values[-1] + np.cumsum(sizes))
        self.terms.extend(terms)
        self.term_weights.extend(np.rint(weights * TERM_UNIT))
        self.uses.extend(np.zeros(len(sizes), np.int32))

    def _use(self, numbers: Ints, by: int) -> None:
        touched = np.unique(numbers)
        uses = self.uses.values
        before = uses[touched] > 0
        np.add.at(uses, numbers, by)
        changed = touched[(uses[touched] > 0) != before]
        if changed.size:
            self.alive += by * len(changed)
            cells, _ = self.cells(changed)
            terms, frequency = self.terms.values[cells], self.frequency.values
            was_spoken = frequency[terms] > 0
            np.add.at(frequency, terms, by)
            for term in terms[was_spoken != (frequency[terms] > 0)].tolist():
                self._meant.pop(self.stem_of[term][0], None)

    def _nearest_spelling(self, stem: str) -> str | None:
        frequency = self.frequency.values
        alike = process.extract(
            stem,
            self._by_initial.get(stem[0], ()),
            scorer=fuzz.ratio,
            score_cutoff=_ALIKE,
            limit=None,
        )
        spoken = [(-score, other) for other, score, _ in alike if frequency[self.term_of[other]]]
        return min(spoken)[1] if spoken else None


@lru_cache(maxsize=1024)
def _stems_asked(text: str) -> tuple[tuple[str, str], ...]:
    """The stems of a need's text, each with the first word that has it."""
    words: dict[str, str] = {}
    for word in WORD.findall(text[:LONGEST]):
        stem = _stem(word)
        if stem is not None:
            words.setdefault(stem, word.lower())
    return tuple(words.items())


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str | None:
    found = stems(word)
    return found[0] if found else None
