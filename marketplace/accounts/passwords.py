"""Which passwords are refused, and why: the CNIL's and ASVS's rules. Pure.

Length and rarity, no rule of composition: twelve characters at least, nothing that stands
on the lists of stolen passwords, nothing of the person's name or address. The lists that
circulate are mostly one or two usual words, or a walk over the keyboard, dressed with
digits and marks. So we keep such a list (data/stolen_passwords.txt), short ones included, and
the words of our country (data/common_words.txt), and undress the password, which refuses
every spelling of them and not only those that somebody listed.

Sources: CNIL, recommendation 2022-100 on passwords; OWASP ASVS 5.0, 6.2; for the list, its
own head.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from marketplace import text

SHORTEST, LONGEST = 12, 200
TOO_FEW_KINDS = 4
"""A password of so few different characters is one key held down, or nearly."""

SHORTEST_PART = 4
"""Of a name or an address: shorter parts stand in too many innocent words."""

MOST_PIECES = 2
"""Three usual words that have nothing to do with each other are not guessed first."""

SHORTEST_PIECE = 3
SHORTEST_STOLEN = 4
"""Three letters that somebody used once stand in too many innocent words."""

_LINKS = frozenset(
    "is the my and for you are of de du des le la les et est mon ma mes un une pour moi".split()
)
"""What ties two usual words together adds nothing to guess: footballislife."""

_WALKS = (
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "qwertyuiop",
    "qwertzuiop",
    "asdfghjkl",
    "zxcvbnm",
    "abcdefghijklmnopqrstuvwxyz",
    "1234567890",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "1a2z3e4r5t6y7u8i9o0p",
    "a1z2e3r4t5y6u7i8o9p0",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "zaq12wsxcde34rfvbgt56yhnmju7",
    "1aqw2zsx3edc4rfv5tgb6yhn7ujm",
    "a1b2c3d4e5f6g7h8i9j0",
    "1a2b3c4d5e6f7g8h9i0j",
)
"""The rows and columns of both keyboards, the alphabet, and their usual weaves with digits."""

_LOOK_ALIKES = (
    str.maketrans("@4310!5$7+8", "aaelolssttb"),
    str.maketrans("@4310!5$7+8", "aaeioissttb"),
)
_REPEATED = re.compile(r"(.+?)\1+")
_OUTER_MARKS = re.compile(r"^[\W\d_]+|[\W\d_]+$")


def normal(password: str) -> str:
    """The same characters whichever keyboard composed their accents."""
    return unicodedata.normalize("NFC", password)


def refusal(password: str, full_name: str = "", email: str = "") -> str | None:
    """Why this password cannot be this person's, in French; None when it can."""
    if len(normal(password)) < SHORTEST:
        return f"Choisissez au moins {SHORTEST} caractères, par exemple quatre mots sans rapport"
    if len(password) > LONGEST:
        return f"Ce mot de passe dépasse {LONGEST} caractères"
    if _speaks_of(password, full_name, email):
        return "Ce mot de passe contient votre nom ou votre adresse\u00a0: choisissez-en un autre"
    if is_common(password):
        return "Ce mot de passe est trop courant\u00a0: essayez quatre mots sans rapport entre eux"
    return None


def is_common(password: str) -> bool:
    """Whether undressing the password leaves usual words, a walk over the keyboard, or nothing."""
    bare = text.without_accents(password).lower()
    if len(set(bare)) <= TOO_FEW_KINDS:
        return True
    core = _OUTER_MARKS.sub("", bare)
    readings = {bare, core, *(core.translate(table) for table in _LOOK_ALIKES)}
    return any(_is_made_of_few(text.plain(reading).replace(" ", "")) for reading in readings)


def _is_made_of_few(word: str) -> bool:
    """Whether two known pieces, and any digits or linking words, make up the whole word.

    cost[n] is how few pieces make up its first n characters. A piece that comes again right
    after itself counts once.
    """
    while repeated := _REPEATED.fullmatch(word):
        word = repeated[1]
    cost = [0.0] + [float("inf")] * len(word)
    for end in range(1, len(word) + 1):
        if word[end - 1].isdigit():
            cost[end] = cost[end - 1]
        for link in _LINKS:
            if word.endswith(link, 0, end):
                cost[end] = min(cost[end], cost[end - len(link)])
        for start in range(max(0, end - _longest_piece()), end - SHORTEST_PIECE + 1):
            if cost[start] + 1 < cost[end] and word[start:end] in _pieces():
                cost[end] = cost[start] + 1
    return bool(word) and cost[-1] <= MOST_PIECES


@cache
def _pieces() -> frozenset[str]:
    """Usual words, what was stolen, and the walks of three keys and more, both ways."""
    words = {text.plain(word) for word in _listed("common_words.txt")}
    stolen = {text.plain(word).replace(" ", "") for word in _listed("stolen_passwords.txt")}
    words |= {word for word in stolen if len(word) >= SHORTEST_STOLEN and not word.isdigit()}
    walks = {
        way[start:end]
        for walk in _WALKS
        for way in (walk, walk[::-1])
        for start in range(len(way))
        for end in range(start + SHORTEST_PIECE, len(way) + 1)
    }
    return frozenset(word for word in words if len(word) >= SHORTEST_PIECE) | walks


def _listed(name: str) -> Iterator[str]:
    lines = Path(__file__).with_name("data").joinpath(name).read_text("utf-8").splitlines()
    return (word for line in lines if not line.startswith("#") for word in line.split())


@cache
def _longest_piece() -> int:
    return max(map(len, _pieces()))


def _speaks_of(password: str, full_name: str, email: str) -> bool:
    said = text.plain(password).replace(" ", "")
    local, _, domain = email.partition("@")
    site = domain.rpartition(".")[0]
    parts = text.plain(f"{full_name} {local} {site}").split()
    return any(len(part) >= SHORTEST_PART and part in said for part in parts)
