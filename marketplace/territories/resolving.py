"""Which commune, department or SIRET a person meant, however it is written. Pure."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, Indel

from marketplace import siret
from marketplace.territories import commune_names
from marketplace.territories.asked import (
    DEPARTMENT_CODE,
    LEAD,
    Asked,
    department_cores,
    departments_around,
    take_apart,
)
from marketplace.territories.commune_names import Name, Pool
from marketplace.territories.gazetteer import Commune, Gazetteer
from marketplace.territories.spelling import ARTICLES, core_of, repaired, sound_of, words_of

MOST = 5
"""Candidates given at most."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a text may mean; a score of 1 says that the spelling is the same."""

    code: str
    name: str
    score: float


# How well a way of matching a name speaks for it, from the same letters down.
_SAME_CORE = 0.97
_SAME_SOUND = 0.95
_BEGINNING = 0.88
_SHORT_BEGINNING = 0.75
_NAMED_IN_TEXT = 0.85
_ALMOST_IN_TEXT = 0.75
_POSTCODE_ALONE = 0.6

# What is left of a score when something speaks against it.
_FORMER_NAME = 0.97
_WITHOUT_ARTICLES = 0.98
_BY_SOUND = 0.9
_OTHER_FIRST_LETTER = 0.98
_OTHER_POSTCODE = 0.95
_OTHER_DEPARTMENT = 0.7

_GOOD_ENOUGH = 0.8
"""From this score on, no wider or rougher search is made."""

_LONGEST_RUN = 45
"""Letters: the longest name of a commune has 38."""

_LONGEST_NAME = 8
"""Words: « Saint-Remy-en-Bouzemont-Saint-Genest-et-Isson » has eight."""

_LEADS = frozenset(
    "ville commune mairie municipalite secteur territoire agglomeration ccas cias bourg canton"
    " metropole communes".split()
)
_FOLLOWERS = frozenset("agglo agglomeration metropole communaute".split())
_PREPOSITIONS = frozenset("a de d du des".split())
_STREETS = frozenset(
    "rue avenue av boulevard bd bld place pl chemin ch allee allees impasse route quai square"
    " cours esplanade faubourg fbg passage voie rond residence gymnase college lycee ecole stade"
    " parc espace salle".split()
)
"""Before a name, these say that it is a street's or a building's, not the commune's."""

_COMMON = _LEADS | _FOLLOWERS | _STREETS
"""Words that are also names of communes: Ville, Bourg, Place."""


Scores = dict[str, float]
"""The best score so far of each commune or department, by code."""


def resolve_commune(
    query: str, gazetteer: Gazetteer, department: str | None = None, postcode: str | None = None
) -> list[Candidate]:
    """The communes that a text may name, best first, five at most; none when none is plausible.

    The text may be a bare name, misspelt or not, or an address or a phrase around one. A
    postcode or a department, inside the text or given beside it, narrows the search; when
    nothing there fits, the rest of the country is searched, for lower scores. Equal scores
    go by population, then code: homonyms show by their equal scores.
    """
    asked = take_apart(query, gazetteer, department, postcode)
    served = _served(asked.postcodes, gazetteer)
    best: Scores = {}
    if served:
        _keep(best, _matches(asked, commune_names.of(served, gazetteer)), 1.0)
    located = departments_around(asked.departments, gazetteer)
    if located and not _settled(best):
        for code in located:
            pool = commune_names.by_department(gazetteer)[code]
            _keep(best, _matches(asked, pool), _OTHER_POSTCODE if served else 1.0)
    if not _settled(best):
        country = commune_names.country(gazetteer)
        factor = _OTHER_DEPARTMENT if served or located else 1.0
        _keep(best, _matches(asked, country, is_wide=True), factor)
    if not _settled(best):
        # When the words say nothing, the postcode still does.
        _keep(best, {commune.code: 1.0 for commune in served}, _POSTCODE_ALONE)
    return _ranked(best, gazetteer)


def communes_begun(words: str, gazetteer: Gazetteer, limit: int) -> list[Candidate]:
    """What a person who is typing may want: names that begin so, then those that resemble.

    The first go with their article, then without it, by population; former names come last.
    """
    asked = words_of(repaired(words))
    if not asked:
        return []
    country = commune_names.country(gazetteer)
    found: dict[str, Candidate] = {}
    for names in (
        country.beginning(" ".join(asked)),
        country.beginning_without_articles(core_of(asked)),
    ):
        for name in heapq.nsmallest(2 * limit, names, key=_most_likely_first):
            commune = name.commune
            found.setdefault(commune.code, Candidate(commune.code, commune.name, 1.0))
    if len(found) < limit:
        for candidate in resolve_commune(words, gazetteer):
            found.setdefault(candidate.code, candidate)
    return list(found.values())[:limit]


def _most_likely_first(name: Name) -> tuple[bool, int, str]:
    return name.is_former, -name.commune.population, name.commune.code


def resolve_department(query: str, gazetteer: Gazetteer) -> list[Candidate]:
    """The departments that a text may name, best first, five at most.

    By code (« 21 », « 1 », « 2a ») or by name, alone or inside a phrase, even when its
    accented letters were lost or garbled on the way.
    """
    text = repaired(query)
    cores = department_cores(gazetteer)
    best: Scores = {}
    for code in DEPARTMENT_CODE.findall(text):
        _keep(best, dict.fromkeys(departments_around([code], gazetteer)[:2], 1.0), 1.0)
    words = words_of(text)
    for start, end in _windows(words):
        if code := cores.get(core_of(words[start:end])):
            covers = len("".join(words[start:end])) / len("".join(words))
            _keep(best, {code: 0.6 + 0.4 * covers}, 1.0)
    for part in (words, words_of(LEAD.sub("", text))):
        asked = core_of(part)
        close = process.extract(
            asked, list(cores), scorer=OSA.distance, score_cutoff=_errors_allowed(asked, False)
        )
        for name, distance, _ in close:
            # What is broken has lost letters more often than it changed them.
            errors = distance + 0.1 * Indel.distance(asked, name)
            _keep(best, {cores[name]: 1 - errors / max(len(asked), 4)}, 1.0)
    ordered = sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Candidate(code, gazetteer.name(code) or "", score) for code, score in ordered[:MOST]]


def resolve_siret(query: str) -> list[Candidate]:
    """The SIRET or SIREN of a text, or none: a wrong key is refused, never repaired."""
    return [
        Candidate(number, siret.formatted(number), 1.0) for number in siret.found_in(query)[:MOST]
    ]


def _settled(best: Scores) -> bool:
    return max(best.values(), default=0.0) >= _GOOD_ENOUGH


def _keep(best: Scores, found: Scores, factor: float) -> None:
    for code, score in found.items():
        best[code] = max(best.get(code, 0.0), round(score * factor, 4))


def _ranked(best: Scores, gazetteer: Gazetteer) -> list[Candidate]:
    communes = {code: gazetteer.commune(code) for code in best}
    ordered = sorted(
        (commune for commune in communes.values() if commune),
        key=lambda commune: (-best[commune.code], -commune.population, commune.code),
    )
    return [Candidate(one.code, one.name, best[one.code]) for one in ordered[:MOST]]


def _served(postcodes: Iterable[str], gazetteer: Gazetteer) -> list[Commune]:
    served = {c.code: c for postcode in postcodes for c in gazetteer.by_postcode(postcode)}
    if not served:
        # People also put INSEE's code where a postcode goes.
        served = {c.code: c for code in postcodes if (c := gazetteer.commune(code))}
    return list(served.values())


def _matches(asked: Asked, pool: Pool, is_wide: bool = False) -> Scores:
    found: Scores = {}
    for part in asked.parts:
        _compare(part, pool, is_wide, found)
        if max(found.values(), default=0.0) >= _SAME_CORE:
            return found
    if not _settled(found):
        _look_inside(asked.words, pool, is_wide, found)
    if asked.parts:
        _complete(asked.parts[0], pool, found)
    if not _settled(found) and not is_wide:
        _look_roughly_inside("".join(asked.words), pool, found)
    return found


def _give(found: Scores, name: Name, score: float) -> None:
    score *= _FORMER_NAME if name.is_former else 1.0
    found[name.commune.code] = max(found.get(name.commune.code, 0.0), score)


def _compare(words: list[str], pool: Pool, is_wide: bool, found: Scores) -> None:
    """The names that the words spell as a whole, well or badly."""
    whole, core, sound = "".join(words), core_of(words), sound_of(words)
    for name in pool.by_whole.get(whole, ()):
        _give(found, name, 1.0)
    for name in pool.by_core.get(core, ()):
        _give(found, name, _SAME_CORE + (1 - _SAME_CORE) * _likeness(whole, name.whole))
    if max(found.values(), default=0.0) >= _SAME_CORE or len(whole) > _LONGEST_RUN:
        return
    for name in pool.by_sound.get(sound, ()):
        _give(found, name, (_SAME_SOUND + _likeness(whole, name.whole)) / 2)
    forms = [(whole, pool.wholes, 1.0), (core, pool.cores, _WITHOUT_ARTICLES)]
    if not is_wide:
        forms.append((sound, pool.sounds, _BY_SOUND))
    for asked, spellings, share in forms:
        errors = _errors_allowed(asked, is_wide)
        for name, near, distance in spellings.close_to(asked, errors):
            # Counted against the letters asked for, so that one error is one error whatever
            # its sort; people get the first letter right.
            likeness = share * (1 - distance / max(len(asked), 4))
            likeness *= _OTHER_FIRST_LETTER if near[:1] != asked[:1] else 1.0
            _give(found, name, likeness)


def _likeness(one: str, other: str) -> float:
    return float(OSA.normalized_similarity(one, other))


def _errors_allowed(asked: str, is_wide: bool) -> int:
    """Typing errors (a letter added, lost, changed, or two swapped) before it is another name."""
    letters = len(asked)
    if letters < 5:
        return 1 if is_wide or letters < 4 else 2
    return 2 if letters < 10 else 3


def _windows(words: list[str]) -> Iterable[tuple[int, int]]:
    """Runs of words, the longest first."""
    for size in range(min(_LONGEST_NAME, len(words)), 0, -1):
        for start in range(len(words) - size + 1):
            yield start, start + size


def _look_inside(words: list[str], pool: Pool, is_wide: bool, found: Scores) -> None:
    """The names that stand whole inside a longer text, as in « Centre de secours de Dijon »."""
    letters = len("".join(words))
    taken: set[int] = set()
    for start, end in _windows(words):
        window = words[start:end]
        is_too_short = len("".join(window)) < 3 or (end - start == 1 and window[0] in _COMMON)
        if is_too_short or taken.issuperset(range(start, end)):
            continue
        names = pool.by_whole.get("".join(window), ())
        if not names and window[0] not in ARTICLES:
            names = pool.by_core.get(core_of(window), ())
        if not names:
            continue
        covers = len("".join(window)) / letters
        is_called = _is_called(words, start, end)
        if is_wide and not is_called and covers < 0.5:
            continue
        taken.update(range(start, end))
        score = _NAMED_IN_TEXT + 0.08 * covers + 0.02 * is_called + 0.01 * end / len(words)
        score -= 0.15 if _STREETS.intersection(words[max(0, start - 3) : start]) else 0.0
        for name in names:
            _give(found, name, score)


def _is_called(words: list[str], start: int, end: int) -> bool:
    """Whether the words around say that a place comes here: « ville de … », « … agglo »."""
    before = words[max(0, start - 3) : start]
    if end < len(words) and words[end] in _FOLLOWERS:
        return True
    ends_the_text = end == len(words) and bool(_PREPOSITIONS.intersection(before[-1:]))
    return ends_the_text or bool(_LEADS.intersection(before))


def _complete(words: list[str], pool: Pool, found: Scores) -> None:
    """The names that begin with the words, as « Chalette » for « Châlette-sur-Loing »."""
    beginning = " ".join(words)
    if len(beginning) >= 4:
        score = _BEGINNING if len(beginning) >= 6 else _SHORT_BEGINNING
        for name in pool.beginning(f"{beginning} "):
            _give(found, name, score)


def _look_roughly_inside(text: str, pool: Pool, found: Scores) -> None:
    """The names misspelt inside a longer text."""
    wholes = [name.whole for name in pool.names]
    close = process.extract(text, wholes, scorer=fuzz.partial_ratio, score_cutoff=85, limit=20)
    for spelt, likeness, place in close:
        if 6 <= len(spelt) <= len(text):
            _give(found, pool.names[place], _ALMOST_IN_TEXT * likeness / 100)
