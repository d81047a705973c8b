"""The title of a public contract, read as a buyer means it: which words carry the work. Pure.

« Construction d'une école - lot 3 : peinture » asks for peinture; « pour les besoins de la
cantine » asks for nothing. So the text is cut in chunks and each word gets a weight.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from rapidfuzz.distance import OSA

from marketplace.sectors.lexicon import Lexicon, root
from marketplace.text import LONGEST, without_accents, words

LOST = "\ufffd"
"""What a wrong encoding leaves of a letter; some publishers leave a question mark."""
IN_CONTEXT = 0.45
"""The weight of what follows « pour les besoins de », « dans », « destiné à »."""
AFTER_THE_FIRST = 0.7
"""The weight of the chunks that follow the first one of the title, or of the lot."""
SHORTEST_MENDED = 6
"""In letters; a shorter word is one slip away from too many others."""
LONGEST_MENDED = 24
MOST_LOST = 2
"""Letters searched for in a word: each multiplies the trials by eight."""
MOST_CONTEXTS = 4
"""Looked at in a chunk: in a real one, the first or the second has the work before it."""
REMEMBERED = 50_000
"""Words whose root is kept in memory."""

_BLANKS = re.compile(r"[^\S\n\r]+")
_LOT = re.compile(
    r"\b(?:sous-?)?lots? ?(?:n ?[o°ºâa.]? ?)?[:.\-–]? ?\d{1,3}[a-z]{0,2}\b ?[-–:.)à]*"
)
_BETWEEN_CHUNKS = re.compile(r"\s[-–—*/]+\s|[:;()\[\]\n\r\"«»–—]|\.\s")
_CONTEXT = re.compile(
    r"\b(?:au profit|(?:a )?destin(?:e|ation|es|ee|ees)|suite a|y compris"
    r"|de la (?:ville|commune|communaute|region)"
    r"|du (?:departement|sdis|ccas|lycee|college|centre hospitalier|syndicat|musee|conseil)"
    r"|des (?:services|sites|ecoles|colleges|lycees|communes|villes)"
    r"|de l'(?:universite|ecole|hopital)"
    r"|pour|vers|depuis|dans|sur|chez|aupres)\b"
)
_WITH_LOST = re.compile(rf"[a-z']*[{LOST}?][a-z{LOST}?']*")
_OFTEN_LOST = ("e", "a", "i", "o", "u", "c", "oe", "")


class Part(Enum):
    """What the title of a lot says, and what stands around it."""

    AROUND = "around"
    LOT = "lot"


@dataclass(frozen=True, slots=True)
class Token:
    """`is_empty` is for the boilerplate of public contracts."""

    root: str
    weight: float
    is_empty: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of text that no term straddles."""

    part: Part
    tokens: list[Token]


class Reader:
    """Reads texts with the words of a lexicon, into which it mends the misspelt ones."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._spelling = lexicon.spelling
        self._aliases = lexicon.aliases
        self._empty = lexicon.empty
        self._near: dict[str, list[str]] = {}
        for word in sorted(lexicon.spelling):
            if len(word) >= SHORTEST_MENDED:
                for shorter in _without_one_letter(word):
                    self._near.setdefault(shorter, []).append(word)
        self._roots: dict[str, tuple[str, ...]] = {}

    def read(self, text: str) -> Iterator[Chunk]:
        """The chunks of the text, in order; those that say nothing are left out."""
        bare = _BLANKS.sub(" ", without_accents(_decoded(text[:LONGEST])).lower())
        if LOST in bare or "?" in bare:
            bare = _WITH_LOST.sub(lambda found: self._found_again(found.group()), bare)
        for part, is_first, chunk in _chunks(bare):
            head, context = self._head_and_context(chunk)
            weight = 1.0 if is_first else AFTER_THE_FIRST
            tokens = [
                Token(word_root, weight * share, word in self._empty or word.isdigit())
                for share, portion in ((1.0, head), (IN_CONTEXT, context))
                if portion
                for word in words(portion)
                for word_root in self._roots_of(word)
            ]
            if tokens:
                yield Chunk(part, tokens)

    def _roots_of(self, word: str) -> tuple[str, ...]:
        known = self._roots.get(word)
        if known is None:
            known = self._read(word)
            if len(self._roots) < REMEMBERED:
                self._roots[word] = known
        return known

    def _read(self, word: str) -> tuple[str, ...]:
        if word in self._aliases:
            return tuple(root(w) for w in words(self._aliases[word]))
        return (root(self._mended(word)),)

    def _mended(self, word: str) -> str:
        """The word of the lexicon that is one slip away, or the word itself.

        The first letter must be the same: people seldom miss it, and place names abound.
        """
        if not SHORTEST_MENDED <= len(word) <= LONGEST_MENDED or self._is_known(word):
            return word
        candidates = set(self._near.get(word, ()))
        for shorter in _without_one_letter(word):
            candidates.update(self._near.get(shorter, ()))
            if shorter in self._spelling:
                candidates.add(shorter)
        near = [w for w in candidates if w[0] == word[0] and OSA.distance(w, word) == 1]
        return min(near, key=lambda w: (w[-1] != word[-1], w)) if near else word

    def _is_known(self, word: str) -> bool:
        forms = (word, word + "s", word + "e", word + "es", word[:-1], word.removesuffix("es"))
        return word in self._empty or any(form in self._spelling for form in forms)

    def _head_and_context(self, chunk: str) -> tuple[str, str]:
        """The work, and what it is for; the work comes first, and is more than boilerplate."""
        for found in itertools.islice(_CONTEXT.finditer(chunk), MOST_CONTEXTS):
            if any(word not in self._empty for word in words(chunk[: found.start()])):
                return chunk[: found.start()], chunk[found.start() :]
        return chunk, ""

    def _found_again(self, broken: str) -> str:
        """The word with its lost letters, where the lexicon tells which; else without them."""
        pieces = re.split(rf"[{LOST}?]", broken)
        lost = len(pieces) - 1
        if lost <= MOST_LOST and any(pieces):
            for letters in itertools.product(_OFTEN_LOST, repeat=lost):
                between = zip(letters, pieces[1:], strict=True)
                word = pieces[0] + "".join(letter + piece for letter, piece in between)
                if self._is_known(word.rpartition("'")[2]):
                    return word
        return " ".join(pieces)


def _without_one_letter(word: str) -> Iterator[str]:
    for i in range(len(word)):
        yield word[:i] + word[i + 1 :]


def _decoded(text: str) -> str:
    """UTF-8 that was read as Latin-1, « Ã© », put right."""
    if "Ã" not in text:
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _chunks(bare: str) -> Iterator[tuple[Part, bool, str]]:
    """Each chunk, with its part and whether it is the first one there."""
    start, part = 0, Part.AROUND
    for found in (*_LOT.finditer(bare), None):
        stop = found.start() if found else len(bare)
        pieces = [p for p in _BETWEEN_CHUNKS.split(bare[start:stop]) if p and p.strip()]
        for rank, piece in enumerate(pieces):
            yield part, rank == 0, piece
        if found:
            start, part = found.end(), Part.LOT
