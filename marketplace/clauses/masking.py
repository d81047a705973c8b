"""Which figures stay hidden, so that nobody is told of a few people. Pure.

A figure of fewer than five people is hidden; and so are the smallest of the others when what
is hidden could be worked out, by taking what is shown from a total. The argument, and what it
leaves out, is in docs/decisions/0013-few-people.md.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from marketplace.clauses.reported import FEW

Key = TypeVar("Key")
Counts = tuple[int, ...]
"""How many people, each way of counting them."""


def is_small(counts: Counts) -> bool:
    return any(0 < count < FEW for count in counts)


def added(counts: Iterable[Counts]) -> Counts:
    return tuple(map(sum, zip(*counts, strict=True)))


def fullest(counts: Iterable[Counts]) -> Counts:
    """Of parts in which the same people may be."""
    return tuple(map(max, zip(*counts, strict=True)))


def hidden(
    cells: Mapping[Key, Counts], together: Callable[[Iterable[Counts]], Counts] = added
) -> frozenset[Key]:
    """The parts of a total to hide. `together`: how many people several of them are.

    What is hidden holds five people at least or none, whichever way they are counted. The total
    is not small: else it is hidden itself, with all its parts.
    """
    masked = {key for key, counts in cells.items() if is_small(counts)}
    others = sorted(
        (key for key in cells if key not in masked and any(cells[key])),
        key=lambda key: (cells[key], str(key)),
    )
    for key in others:
        if not is_small(together(cells[one] for one in masked)):
            break
        masked.add(key)
    return frozenset(masked)
