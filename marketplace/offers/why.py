"""Why a structure or an offer was found, in French sentences. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from marketplace import formats
from marketplace.text import stems

NBSP = "\u00a0"
MOST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a result: its own words, where it is and goes, what it bears."""

    name: str
    titles: Sequence[str]
    description: str
    city: str
    is_seated_there: bool
    distance_km: float | None
    radius_km: int | None
    reach: frozenset[str]
    named_sectors: Sequence[str]
    """Those that the visitor asked for, or that its words surely name."""
    inferred_sectors: Sequence[str]
    """The same, that nobody declared."""
    further: Sequence[str]
    """What else was ticked and that it bears, in French."""


@dataclass(frozen=True, slots=True)
class Sought:
    """`place_marks` as a place has them; `zone_names` by code, for the zones that hold it."""

    stems: frozenset[str]
    place_name: str
    place_marks: frozenset[str]
    zone_names: dict[str, str]


def reasons(told: Told, sought: Sought) -> list[str]:
    """The sentences, what was asked first: words, sector, place, the rest."""
    said = []
    if sought.stems:
        said += _words(told, sought.stems)
    if told.named_sectors:
        word = "Secteurs" if len(told.named_sectors) > 1 else "Secteur"
        said.append(f"{word}{NBSP}: {', '.join(told.named_sectors)}")
    if told.inferred_sectors:
        start = "Secteurs déduits" if len(told.inferred_sectors) > 1 else "Secteur déduit"
        said.append(f"{start} de ses activités{NBSP}: {', '.join(told.inferred_sectors)}")
    if sought.place_marks:
        said += _place(told, sought)
    said += told.further
    return said


def _words(told: Told, asked: frozenset[str]) -> list[str]:
    """Where the words stand; each is told once, at the best place."""
    left = set(asked)
    said = []
    for where, text in (
        ("dans son nom", told.name),
        *((f"dans l'offre «{NBSP}{title}{NBSP}»", title) for title in told.titles),
        ("dans sa présentation", told.description),
    ):
        found = _found(text, left)
        if found:
            left -= {stem for word in found for stem in stems(word)}
            said.append(f"{_quoted(found)} {where}")
        if not left or len(said) == MOST_WORDS:
            break
    return said


def _found(text: str, asked: Iterable[str]) -> list[str]:
    """The words of a text, as it spells them, whose stems are asked; each stem once."""
    wanted = set(asked)
    found = []
    for word in text.replace("'", " ").replace("\u2019", " ").replace("-", " ").split():
        bare = word.strip('.,;:!?()[]«»"/' + NBSP)
        stem = next(iter(stems(bare)), "")
        if stem in wanted:
            wanted.discard(stem)
            found.append(bare)
    return found


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f"«{NBSP}{word}{NBSP}»" for word in words)


def _place(told: Told, sought: Sought) -> list[str]:
    said = []
    if told.is_seated_there:
        said.append(f"Siège{NBSP}: {told.city or sought.place_name}")
    elif told.distance_km is not None:
        said.append(f"À {formats.distance(told.distance_km)} de {sought.place_name}")
    zones = [code for code in sought.zone_names if f"in:{code}" in told.reach]
    if (
        told.radius_km is not None
        and told.distance_km is not None
        and told.distance_km <= told.radius_km
    ):
        said.append(f"Intervient jusqu'à {told.radius_km}{NBSP}km de son siège")
    elif zones:
        said.append(f"Intervient{NBSP}: {sought.zone_names[zones[0]]}")
    elif not told.is_seated_there and not sought.place_marks.isdisjoint(told.reach):
        said.append("Présente ou active dans une partie de ce territoire")
    return said
