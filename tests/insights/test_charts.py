"""Where bars, lines and shades stand."""

from hypothesis import given
from hypothesis import strategies as st

from marketplace.insights import charts
from marketplace.insights.blocks import Masked

COUNTS = st.integers(0, 10**7)


@given(st.lists(st.tuples(st.text(max_size=20), COUNTS), min_size=1))
def test_the_largest_bar_is_full_and_the_others_its_share(rows: list[tuple[str, int]]) -> None:
    drawn = charts.bars(rows)
    most = max(value for _, value in rows)
    assert [bar.value for bar in drawn] == [value for _, value in rows]
    assert all(
        abs(bar.share - (100 * value / most if most else 0)) < 0.0501
        for bar, (_, value) in zip(drawn, rows, strict=True)
    )


def test_a_hidden_figure_has_its_words_and_no_length() -> None:
    hidden, shown = charts.bars([("Femmes", Masked.HIDDEN), ("Hommes", 12)])
    assert (hidden.value, hidden.share, shown.share) == (Masked.HIDDEN, 0, 100)


@given(st.lists(st.none() | COUNTS, min_size=1, max_size=24))
def test_a_line_stays_in_its_drawing_and_breaks_where_nothing_is_told(
    values: list[int | None],
) -> None:
    lines = charts.lines([str(n) for n in range(len(values))], [("Heures", values)])
    series = lines.series[0]
    assert [dot.value for dot in series.dots] == [value for value in values if value is not None]
    assert all(charts.LEFT <= dot.x <= charts.WIDTH for dot in series.dots)
    assert all(charts.TOP <= dot.y <= charts.HEIGHT - charts.BOTTOM for dot in series.dots)
    starts = sum(
        1
        for number, value in enumerate(values)
        if value is not None and (number == 0 or values[number - 1] is None)
    )
    assert series.path.count("M") == starts


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.none() | COUNTS))
def test_more_is_never_paler_and_nothing_has_no_shade(values: dict[str, int | None]) -> None:
    shaded = charts.shades(values)
    assert all((shade == 0) == (not values[code]) for code, shade in shaded.shade.items())
    by_value = sorted((values[code] or 0, shade) for code, shade in shaded.shade.items())
    assert [shade for _, shade in by_value] == sorted(shade for _, shade in by_value)
    assert all(1 <= shade <= charts.SHADES and least <= most for shade, least, most in shaded.bands)
