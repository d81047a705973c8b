"""Which figures stay hidden, so that nobody is told of a few people. Pure.

A figure of fewer than five people is hidden; and so are the smallest of the others when what
is hidden could be worked out, by taking what is shown from a total. The argument, and what it
leaves out, is in docs/decisions/0013-few-people.md.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from marketplace.clauses.reported import FEW

Key = TypeVar("Key")
Counts = tuple[int, ...]
"""How many people, each way of counting them: those who worked, those who entered."""


def is_small(counts: Counts) -> bool:
    return any(0 < count < FEW for count in counts)


def hidden(cells: Mapping[Key, Counts], kept_back: Counts = ()) -> frozenset[Key]:
    """The parts of a total to hide. `kept_back`: a part that is never shown, and that is what
    remains when all the others are.

    What is hidden, that part with it, holds five people at least or none, whichever way they
    are counted. The total is not small: else it is hidden itself, with all its parts.
    """
    masked = {key for key, counts in cells.items() if is_small(counts)}
    others = sorted(
        (key for key in cells if key not in masked and any(cells[key])),
        key=lambda key: (cells[key], str(key)),
    )
    for key in others:
        if not is_small(added([kept_back, *(cells[one] for one in masked)])):
            break
        masked.add(key)
    return frozenset(masked)


def added(counts: Iterable[Counts]) -> Counts:
    return tuple(map(sum, zip(*filter(None, counts), strict=True)))
