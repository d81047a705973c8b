"""Which people are told of together, so that no figure of a territory is of a few. Pure.

Hours that fewer than five people made in a territory are not told there: they join those of the
territory that holds it, and count from there on upwards. docs/decisions/0013-few-people.md says
why nothing can then be worked out.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

from marketplace.clauses.masking import is_small
from marketplace.clauses.nesting import chain_to
from marketplace.territories.gazetteer import Gazetteer

Counts = Mapping[date | None, int]
"""How many people, by month: as many different ones at least as in the fullest. None: in all."""


def pooled(places: Gazetteer, waiting: Mapping[str, Counts]) -> dict[str, str]:
    """By territory with something to tell, the one where it is told: itself, or the narrowest
    around it where five people come together. Those whom even the country leaves few wait."""
    told: dict[str, str] = {}
    members = {code: [code] for code in waiting}
    people = {code: Counter(counts) for code, counts in waiting.items()}
    for code in _inside_out(places, waiting):
        if code not in members:
            continue
        if not is_small((most(people[code]),)):
            told |= dict.fromkeys(members[code], code)
        elif above := chain_to(places, code)[:-1]:
            members.setdefault(above[-1], []).extend(members[code])
            people.setdefault(above[-1], Counter()).update(people[code])
    return told


def most(people: Counts) -> int:
    return max(people.values(), default=0)


def _inside_out(places: Gazetteer, codes: Iterable[str]) -> list[str]:
    """Territories, and all that hold them, each before what holds it."""
    depth = {holder: rank for code in codes for rank, holder in enumerate(chain_to(places, code))}
    return sorted(depth, key=lambda code: (-depth[code], code))
