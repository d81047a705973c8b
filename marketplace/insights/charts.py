"""Bars, lines and shades: where each stands in its drawing. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log10

WIDTH, HEIGHT = 480, 220
LEFT, RIGHT, TOP, BOTTOM = 48, 20, 14, 30
SHADES = 5


@dataclass(frozen=True, slots=True)
class Bar:
    """`share`: its length, of 100; none when its value is not told."""

    label: str
    value: object
    share: float


@dataclass(frozen=True, slots=True)
class Tick:
    value: float
    y: float


@dataclass(frozen=True, slots=True)
class Dot:
    label: str
    value: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    dots: tuple[Dot, ...]
    path: str
    """Broken where a value is not shown."""


@dataclass(frozen=True, slots=True)
class Lines:
    series: tuple[Series, ...]
    ticks: tuple[Tick, ...]
    labels: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Shaded:
    """`shade` goes from 1 to 5 by each value's rank among those above zero; 0 for nothing.
    `bands`: the least and the most of each shade in use."""

    shade: dict[str, int]
    bands: tuple[tuple[int, float, float], ...]


def bars(rows: Iterable[tuple[str, object]]) -> list[Bar]:
    """One bar a row, in the order given, as long as its share of the largest."""
    told = list(rows)
    most = max((float(value) for _, value in told if isinstance(value, int | float)), default=0)
    return [
        Bar(
            label,
            value,
            round(100 * value / most, 1) if isinstance(value, int | float) and most else 0,
        )
        for label, value in told
    ]


def lines(
    labels: Sequence[str], series: Sequence[tuple[str, Sequence[float | None]]], every: int = 1
) -> Lines:
    """Values over the same moments; of the moments, one in `every` is named."""
    shown = [value for _, values in series for value in values if value is not None]
    top = _round_up(max(shown, default=0))
    step = (WIDTH - LEFT - RIGHT) / max(1, len(labels) - 1)

    def x(number: int) -> float:
        return round(LEFT + number * step, 1)

    def y(value: float) -> float:
        room = HEIGHT - TOP - BOTTOM
        return round(TOP + room * (1 - float(value) / top), 1)

    return Lines(
        tuple(
            Series(
                name,
                tuple(
                    Dot(label, value, x(number), y(value))
                    for number, (label, value) in enumerate(zip(labels, values, strict=True))
                    if value is not None
                ),
                _path([None if v is None else (x(n), y(v)) for n, v in enumerate(values)]),
            )
            for name, values in series
        ),
        tuple(Tick(value, y(value)) for value in (0, top / 2, top)),
        tuple((x(n), label) for n, label in enumerate(labels) if n % every == 0),
    )


def shades(values: Mapping[str, float | None]) -> Shaded:
    """Classes of about as many members: a large city does not leave all the rest pale."""
    above = sorted({float(value) for value in values.values() if value})
    size = ceil(len(above) / SHADES) or 1
    class_of = {value: number // size + 1 for number, value in enumerate(above)}
    bands = [
        (shade, [value for value, its in class_of.items() if its == shade])
        for shade in sorted(set(class_of.values()))
    ]
    return Shaded(
        {code: class_of[float(value)] if value else 0 for code, value in values.items()},
        tuple((shade, min(held), max(held)) for shade, held in bands),
    )


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    path, is_drawing = [], False
    for point in points:
        if point is not None:
            path.append(f"{'L' if is_drawing else 'M'}{point[0]:g},{point[1]:g}")
        is_drawing = point is not None
    return " ".join(path)


def _round_up(value: float) -> float:
    """The next 2, 4, 10, 20, 40, 100…: halves of it are whole numbers too."""
    if value <= 2:
        return 2
    power = 10 ** int(log10(float(value)))
    return float(next(times * power for times in (1, 2, 4, 10) if times * power >= value))
