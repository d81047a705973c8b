"""What `marketplace exposure` reports of a quarter, on cases that can be counted by hand."""

import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from marketplace.cli import main
from marketplace.jsonl import Refused
from marketplace.matching.exposure import gini, judged, ndcg, report, simulated, size
from marketplace.matching.shapes import Ranked, Ranking


def ranking(*structure_ids: str) -> Ranking:
    """All eligible, and close to one another."""
    matches = [
        Ranked(structure_id, f"o-{structure_id}", 0.9 - place / 1000, {}, [])
        for place, structure_id in enumerate(structure_ids)
    ]
    return Ranking(len(matches), matches)


FIFTEEN = tuple(f"s{number:02}" for number in range(15))
TWICE = {"first": ranking(*FIFTEEN), "second": ranking(*FIFTEEN)}


def test_without_rotation_the_same_ten_are_shown_and_with_it_everybody_is():
    found = report(TWICE, {}, None, days=90)
    assert found["structures"] == 15
    assert found["without_rotation"]["never_in_top_10"] == pytest.approx(1 / 3, abs=1e-4)
    assert found["with_rotation"]["never_in_top_10"] == 0
    assert found["with_rotation"]["gini"] < found["without_rotation"]["gini"]


def test_what_was_shown_long_ago_is_forgotten_in_a_longer_simulation():
    rankings = [ranking(*FIFTEEN)] * 3
    close = simulated(rankings, 90, rotating=True).orders
    far = simulated(rankings, 900, rotating=True).orders
    assert close[1] != close[0]
    assert far == [list(FIFTEEN[:10])] * 3


def test_relevance_lost_is_the_fall_of_ndcg_when_a_worse_structure_takes_its_turn():
    grades = dict.fromkeys(FIFTEEN[:10], 3) | dict.fromkeys(FIFTEEN[10:], 2)
    found = report(TWICE, {}, {"first": grades, "second": grades}, days=90)
    assert found["counted"] == "relevant"
    assert found["without_rotation"]["ndcg@10"] == 1
    assert found["ndcg_lost"] == pytest.approx(1 - found["with_rotation"]["ndcg@10"])
    assert found["ndcg_lost"] > 0


def test_only_relevant_structures_are_counted_even_when_never_found():
    found = report(
        {"n": ranking("a", "b")}, {}, {"n": {"a": 3, "b": 1, "absent": 2}, "else": {"c": 3}}, 90
    )
    assert found["structures"] == 2
    assert found["without_rotation"]["never_in_top_10"] == 0.5


def test_exposure_is_shared_by_size():
    found = report({"n": ranking("big", "small")}, {"big": 4, "small": 1}, None, days=90)
    assert found["structures_by_size"] == {"small": 0.5, "medium": 0, "large": 0.5}
    shares = found["without_rotation"]["exposure_by_size"]
    assert shares["large"] > shares["small"] > shares["medium"] == 0


def test_a_structure_that_misses_a_criterion_is_not_counted_as_eligible():
    near = Ranked("near", "o", 0.2, {}, [], ["sector"])
    assert report({"n": Ranking(0, [near])}, {}, None, 90)["structures"] == 0


def test_no_need_gives_zeros():
    found = report({}, {}, {}, 90)
    assert (found["needs"], found["structures"], found["ndcg_lost"]) == (0, 0, 0)


def test_sizes_go_by_the_number_of_activities():
    assert [size(count) for count in (0, 1, 2, 3, 4, 50)] == [
        *("small", "small", "medium", "medium", "large", "large")
    ]


def test_gini_is_zero_when_all_have_the_same_and_high_when_one_has_it_all():
    assert gini([]) == gini([0, 0]) == gini([3, 3, 3]) == 0
    assert gini([0, 0, 0, 8]) == 0.75


@given(st.lists(st.floats(0, 1e6), max_size=30))
def test_gini_lies_between_zero_and_one(values):
    assert -1e-9 <= gini(values) < 1


@given(st.dictionaries(st.sampled_from(FIFTEEN), st.integers(0, 3)))
def test_ndcg_is_one_in_the_order_of_the_grades(grades):
    order = sorted(grades, key=lambda one: -grades[one])
    assert ndcg(order, grades) == pytest.approx(1 if any(grades.values()) else 0)


@pytest.mark.parametrize("relevant", [None, [], {"a": 4}, {"a": -1}, {"a": True}, {"a": "3"}])
def test_a_line_of_grades_that_is_not_one_is_refused(relevant):
    with pytest.raises(Refused, match="relevant"):
        judged({"need": {"id": "n"}, "relevant": relevant})


def offer_line(number: int) -> dict[str, object]:
    return {
        "id": f"o{number}",
        "structure_id": f"s{number}",
        "kind": "EI",
        "sectors": ["blanchisserie"],
        "coverage": {"type": "zones", "codes": ["21"]},
        "commune": "21231",
    }


def test_the_command_prints_one_object_and_names_the_lines_refused(tmp_path):
    place = {"type": "point", "commune": "21231"}
    needs = [
        {"id": f"n{number}", "title": "Linge", "sectors": ["blanchisserie"], "place": place}
        for number in range(3)
    ]
    files = {
        "offers": [offer_line(number) for number in range(12)],
        "needs": needs,
        "gold": [
            {"need": {"id": "n0"}, "relevant": {f"s{number}": 3 for number in range(12)}},
            {"need": "n1", "relevant": {}},
        ],
    }
    arguments = ["exposure"]
    for name, lines in files.items():
        path = tmp_path / f"{name}.jsonl"
        path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        arguments += [f"--{name}", str(path)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert "line 2: id: required" in result.stderr
    found = json.loads(result.stdout)
    assert (found["needs"], found["structures"], found["ndcg_lost"]) == (3, 12, 0)
    assert found["without_rotation"]["never_in_top_10"] == pytest.approx(1 / 6, abs=1e-4)
    assert found["with_rotation"]["never_in_top_10"] == 0
