"""The JSON lines of `marketplace suggest-sectors`: texts in, sectors out. Pure."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from marketplace.jsonl import Object, Refused
from marketplace.sectors.suggesting import Suggestion


@dataclass(frozen=True, slots=True)
class Described:
    id: str
    text: str


def described(line: Object) -> Described:
    """Raises Refused when the text is missing, or no string."""
    text = line.get("text")
    if not isinstance(text, str):
        raise Refused("text", "required, a string")
    return Described(line["id"], text)


def suggested(asked: Described, suggestions: Iterable[Suggestion]) -> Object:
    return {"id": asked.id, "sectors": [asdict(suggestion) for suggestion in suggestions]}
