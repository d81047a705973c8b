"""French words made comparable: case, accents, elision, plurals. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import snowballstemmer

LONGEST = 20_000
"""Characters read of one text: what follows is a pasted document, not a description."""

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "’": "'"})
_WORD = re.compile(r"[a-z0-9]+")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_ELISION = re.compile(r"\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu)'(?=\w)", re.IGNORECASE)
_STOP_WORDS = frozenset(
    "a afin ai ainsi apres au aucun aussi autre autres aux avant avec avoir car ce ceci cela "
    "celle celles celui ces cet cette ceux chaque chez comme d dans de des deux donc dont du "
    "elle elles en entre est et etre eux hors il ils j je l la le les leur leurs lors lui m "
    "mais me meme memes mes mon n ne ni nos notre nous on ont ou par parmi pas plus pour pres "
    "qu que quel quelle quelles quels qui s sa sans se selon ses si soit son sont sous sur t "
    "ta te tes toi ton tous tout toute toutes tu un une vers via vos votre vous y".split()
)
_stemmer = snowballstemmer.stemmer("french")


def without_accents(text: str) -> str:
    """The same letters, bare: « Œuvre à l'été » gives « OEuvre a l'ete »."""
    return _BEYOND_ASCII.sub(lambda found: _bare(found.group()), text)


@lru_cache(maxsize=4096)
def _bare(letter: str) -> str:
    decomposed = unicodedata.normalize("NFKD", letter.translate(_LIGATURES))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def plain(text: str) -> str:
    """Lower case, bare letters and digits, single spaces: what two spellings share."""
    return " ".join(_WORD.findall(without_accents(text).lower()))


def slug(text: str) -> str:
    """The same with hyphens, as in URLs and sector slugs."""
    return plain(text).replace(" ", "-")


def sort_key(name: str) -> str:
    """Orders names as a French reader expects, whatever the server's collation."""
    return plain(name)


def words(text: str) -> Iterator[str]:
    """The words that carry meaning, bare and in order: no elided article, no stop word."""
    bare = without_accents(text[:LONGEST]).lower()
    if "'" in bare:
        bare = _ELISION.sub("", bare)
    for word in _WORD.findall(bare):
        if word not in _STOP_WORDS:
            yield word


def stems(text: str) -> list[str]:
    """The French stems of the words that carry meaning, in order, repeats kept.

    Accents go first and the stemmer comes after, as PostgreSQL does with our
    configuration (unaccent, then french_stem), so both sides see the same stems.
    """
    return list(_stemmer.stemWords(list(words(text))))
