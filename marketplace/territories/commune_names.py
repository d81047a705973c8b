"""The names of communes, today's and former ones, in the forms that are compared. Pure."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from marketplace.territories.gazetteer import Commune, Gazetteer
from marketplace.territories.spelling import core_of, sound_of, words_of
from marketplace.text import plain

_MOST_CLOSE = 20


@dataclass(frozen=True, slots=True)
class Name:
    """One name of a commune: its words, run together, without articles, and as it sounds."""

    commune: Commune
    is_former: bool
    spaced: str
    whole: str
    core: str
    sound: str


class Spellings:
    """Names under one of their forms, by its length: one error changes it by one at most."""

    def __init__(self) -> None:
        self._by_length: dict[int, tuple[list[str], list[Name]]] = {}

    def add(self, spelt: str, name: Name) -> None:
        spellings, names = self._by_length.setdefault(len(spelt), ([], []))
        spellings.append(spelt)
        names.append(name)

    def close_to(self, asked: str, errors: int) -> Iterator[tuple[Name, str, int]]:
        """Names within so many typing errors, their spelling, and how many errors."""
        for length in range(len(asked) - errors, len(asked) + errors + 1):
            spellings, names = self._by_length.get(length, ([], []))
            close = process.extract(
                asked, spellings, scorer=OSA.distance, score_cutoff=errors, limit=_MOST_CLOSE
            )
            for spelt, distance, place in close:
                yield names[place], spelt, distance


@dataclass
class Pool:
    """Names that are compared together: a department's, or the country's."""

    names: list[Name] = field(default_factory=list)
    wholes: Spellings = field(default_factory=Spellings)
    cores: Spellings = field(default_factory=Spellings)
    sounds: Spellings = field(default_factory=Spellings)
    by_whole: dict[str, list[Name]] = field(default_factory=lambda: defaultdict(list))
    by_core: dict[str, list[Name]] = field(default_factory=lambda: defaultdict(list))
    by_sound: dict[str, list[Name]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: Name) -> None:
        self.wholes.add(name.whole, name)
        self.cores.add(name.core, name)
        self.sounds.add(name.sound, name)
        self.names.append(name)
        self.by_whole[name.whole].append(name)
        self.by_core[name.core].append(name)
        self.by_sound[name.sound].append(name)

    def beginning(self, spaced: str) -> Iterator[Name]:
        """The names that begin with these words, the last one maybe unfinished."""
        return _beginning(spaced, self._in_order, self.names)

    def beginning_without_articles(self, core: str) -> Iterator[Name]:
        return _beginning(core, self._cores_in_order, self.names)

    @cached_property
    def _in_order(self) -> list[tuple[str, int]]:
        return sorted((name.spaced, place) for place, name in enumerate(self.names))

    @cached_property
    def _cores_in_order(self) -> list[tuple[str, int]]:
        return sorted((name.core, place) for place, name in enumerate(self.names))


def _beginning(text: str, in_order: list[tuple[str, int]], names: list[Name]) -> Iterator[Name]:
    for at in range(bisect_left(in_order, (text, 0)), len(in_order)):
        spelt, place = in_order[at]
        if not spelt.startswith(text):
            return
        yield names[place]


@lru_cache(maxsize=2)
def country(gazetteer: Gazetteer) -> Pool:
    pool = Pool()
    for commune in gazetteer.communes:
        pool.add(_named(commune.name, commune, is_former=False))
    for former in gazetteer.former:
        today = gazetteer.commune(former.commune)
        if former.name and today and plain(former.name) != plain(today.name):
            pool.add(_named(former.name, today, is_former=True))
    return pool


@lru_cache(maxsize=2)
def by_department(gazetteer: Gazetteer) -> dict[str, Pool]:
    pools: dict[str, Pool] = defaultdict(Pool)
    for name in country(gazetteer).names:
        pools[name.commune.department].add(name)
    return dict(pools)


def of(communes: Iterable[Commune], gazetteer: Gazetteer) -> Pool:
    """The names of these communes alone."""
    codes = {commune.code for commune in communes}
    pool = Pool()
    for department in sorted({commune.department for commune in communes}):
        for name in by_department(gazetteer)[department].names:
            if name.commune.code in codes:
                pool.add(name)
    return pool


def _named(text: str, commune: Commune, is_former: bool) -> Name:
    words = words_of(text)
    return Name(
        commune, is_former, " ".join(words), "".join(words), core_of(words), sound_of(words)
    )
