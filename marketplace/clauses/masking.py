"""Which figures of a table stay hidden, so that nobody is told of a few people. Pure.

A count under five is hidden; and so is the smallest of the others when the hidden ones alone
could be worked out, by taking what is shown from the total.
"""

from collections.abc import Mapping
from typing import TypeVar

from marketplace.clauses.reported import FEW

Key = TypeVar("Key")


def hidden(people: Mapping[Key, int], is_total_shown: bool = True) -> frozenset[Key]:
    """The cells of one breakdown to hide. `people`: how many each counts; a cell of nobody
    tells of nobody and is shown, unless it has to hide another.

    Beside a total, the hidden cells are two at least and hold five people at least, as long as
    there are cells to hide.
    """
    small = {key for key, count in people.items() if 0 < count < FEW}
    if not small or not is_total_shown:
        return frozenset(small)
    others = sorted(
        (key for key in people if key not in small),
        key=lambda key: (people[key] == 0, people[key], str(key)),
    )
    masked = set(small)
    for key in others:
        if len(masked) > 1 and sum(people[one] for one in masked) >= FEW:
            break
        masked.add(key)
    return frozenset(masked)
