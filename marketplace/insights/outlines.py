"""The outlines of the departments, from the drawing that `make assets` installs. Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

DRAWING = Path(__file__).parents[1] / "static" / "vendor" / "svg-maps" / "france.departments.svg"
_PATH = re.compile(r'<path\s+id="([0-9AB]+)"\s+aria-label="[^"]*"\s+d="([^"]+)"')
_PIECE = re.compile(r"([mz])([^mz]*)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
EDGE = 4

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Outlines:
    """The path of each department, and the part of the drawing that they fill."""

    paths: dict[str, str]
    view_box: str


@lru_cache(maxsize=64)
def outlines_of(codes: frozenset[str]) -> Outlines:
    """Of those of these departments that the drawing holds: none lies overseas."""
    known = {code: rings for code, rings in _drawing().items() if code in codes}
    return Outlines(
        {code: " ".join(_written(ring) for ring in rings) for code, rings in known.items()},
        _box([point for rings in known.values() for ring in rings for point in ring]),
    )


@lru_cache(maxsize=1)
def _drawing() -> dict[str, list[list[Point]]]:
    said = DRAWING.read_text(encoding="utf-8")
    return {code: _rings(path) for code, path in _PATH.findall(said)}


def _rings(path: str) -> list[list[Point]]:
    """Points of each ring: the drawing only ever moves by steps from the point before."""
    rings: list[list[Point]] = []
    x = y = 0.0
    for command, said in _PIECE.findall(path):
        if command == "z":
            x, y = rings[-1][0]
            continue
        numbers = [float(number) for number in _NUMBER.findall(said)]
        ring = []
        for step_x, step_y in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + step_x, y + step_y
            ring.append((x, y))
        rings.append(ring)
    return rings


def _written(ring: list[Point]) -> str:
    """By steps again, of a tenth at the least; rounded from where each point is, so that
    neighbours still touch."""
    before = (0, 0)
    steps = []
    for x, y in ring:
        here = (round(x * 10), round(y * 10))
        if here != before:
            steps.append(f"{(here[0] - before[0]) / 10:g},{(here[1] - before[1]) / 10:g}")
        before = here
    return f"m{' '.join(steps)}z"


def _box(points: Collection[Point]) -> str:
    if not points:
        return "0 0 1 1"
    xs, ys = [x for x, _ in points], [y for _, y in points]
    left, top = min(xs) - EDGE, min(ys) - EDGE
    return f"{left:.0f} {top:.0f} {max(xs) + EDGE - left:.0f} {max(ys) + EDGE - top:.0f}"
