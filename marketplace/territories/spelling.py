"""The many ways to write one French place name, brought together. Pure."""

import html
import re
from functools import lru_cache

from marketplace.text import plain

LONGEST = 500
"""Characters read of one text: a place or a name is never longer, whatever surrounds it."""

_LOST = re.compile("[\ufffd\ufffe\uffff]+")
_MOJIBAKE = re.compile("[ÂÃÅâ][\u0080-\u00bf\u0152-\u02ff\u2010-\u2122]")
_SUR = re.compile(r"\bs/s\b|\bs/|/", re.IGNORECASE)

_WRITTEN_OUT = {
    "st": "saint",
    "ste": "sainte",
    "sts": "saints",
    "stes": "saintes",
    "nd": "notre dame",
    "mt": "mont",
    "ss": "sous",
    "lez": "les",
    "s": "sur",
}
ARTICLES = frozenset("a au aux d de des du en et l la le les sous sur".split())

_SOUNDS = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"(.)\1+", r"\1"),
        (r"sch|sh", "ch"),
        (r"ph", "f"),
        (r"ch(?=[lrnt])", "k"),
        (r"ch", "C"),
        (r"h", ""),
        (r"gn", "N"),
        (r"qu|q|ck|cq", "k"),
        (r"c(?=[eiy])", "s"),
        (r"c", "k"),
        (r"ge(?=[ao])|g(?=[eiy])", "j"),
        (r"gu(?=[eiy])", "g"),
        (r"eau|au", "o"),
        (r"(?<=[oa])ill?(?=[aeiou])|il(?=l)", "y"),
        (r"(?:[ae]?[iy]|(?<![aeo])u)[nm](?![aeiouyN])", "I"),
        (r"[ae][nm](?![aeiouyN])", "A"),
        (r"o[nm](?![aeiouyN])", "O"),
        (r"(?<=[AIO])[tdp](?=[bcdfgjklmnpstvzNC])", ""),
        (r"ae|ai|ei|ay|ey", "e"),
        (r"oeu|oe|eu", "E"),
        (r"y", "i"),
        (r"w", "v"),
        (r"x(?=.)", "ks"),
        (r"z", "s"),
        (r"(?:e?[sxz]|e)$", ""),
        (r"(?<=[a-zA-Z]{2})[tdpsx]$", ""),
        (r"(.)\1+", r"\1"),
    )
]


def repaired(text: str) -> str:
    """The text with its HTML entities and UTF-8 read as Windows-1252 undone; cut if very long.

    Letters lost for good (U+FFFD) are dropped: a lost letter is then one typing error.
    """
    text = html.unescape(text[:LONGEST])
    if _MOJIBAKE.search(text):
        text = _undone(text)
    return _LOST.sub("", text)


def _undone(text: str) -> str:
    for encoding in ("cp1252", "latin-1"):
        try:
            return text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return text


def words_of(text: str) -> list[str]:
    """Bare words with the usual abbreviations written out: « St », « s/ », « lez »."""
    slashed = _SUR.sub(lambda found: " sous " if found[0].lower() == "s/s" else " sur ", text)
    words = plain(slashed).split()
    return [
        part
        for place, word in enumerate(words)
        # A lone « s » is « sur » only between two words: « Chalon s Saône ».
        for part in (
            [word]
            if word == "s" and place in (0, len(words) - 1)
            else _WRITTEN_OUT.get(word, word).split()
        )
    ]


def core_of(words: list[str]) -> str:
    """The words run together, less the articles that people drop; all of them if only those."""
    return "".join(word for word in words if word not in ARTICLES) or "".join(words)


def sound_of(words: list[str]) -> str:
    """About how the words sound, run together, without articles: equal for homophones."""
    return "".join(_sound(word) for word in words if word not in ARTICLES) or "".join(words)


@lru_cache(maxsize=50_000)
def _sound(word: str) -> str:
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word
