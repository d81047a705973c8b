"""Figures that must not fall, on judged cases that the project does not ship."""

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest

from marketplace.sectors.nomenclature import SECTORS
from marketplace.sectors.suggesting import Suggestion, suggest

Answers = list[tuple[dict, list[Suggestion]]]


@pytest.fixture(scope="module")
def folder() -> Path:
    named = os.environ.get("TANDEM_EVAL_DIR")
    if not named:
        pytest.skip("TANDEM_EVAL_DIR names no folder of judged cases")
    return Path(named)


@pytest.fixture(scope="module")
def answers(folder: Path) -> Answers:
    lines = (folder / "need_to_sector.dev.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    return [(case, suggest(case["text"], top=10)) for case in cases]


def test_the_sectors_are_those_of_the_shared_list(folder: Path) -> None:
    with open(folder.parent / "sectors.csv", encoding="utf-8") as lines:
        listed = [(row["group"], row["name"], row["slug"]) for row in csv.DictReader(lines)]
    assert [(s.group.name, s.name, s.slug) for s in SECTORS] == listed


def test_the_first_suggestion_suits_93_needs_of_100(answers: Answers) -> None:
    assert np.mean([_suits(case, given[:1]) for case, given in answers if case["in_scope"]]) > 0.93


def test_one_of_the_first_three_suits_98_needs_of_100(answers: Answers) -> None:
    assert np.mean([_suits(case, given[:3]) for case, given in answers if case["in_scope"]]) > 0.98


def test_confidence_tells_what_is_out_of_scope(answers: Answers) -> None:
    inside, outside = (
        np.array([_highest(given) for case, given in answers if case["in_scope"] is is_in])
        for is_in in (True, False)
    )
    above = inside[:, None] > outside
    level = inside[:, None] == outside
    assert (above + level / 2).mean() > 0.97


def _suits(case: dict, given: list[Suggestion]) -> bool:
    good = {sector["slug"] for sector in case["sectors"] if sector["grade"] >= 2}
    return any(suggestion.slug in good for suggestion in given)


def _highest(given: list[Suggestion]) -> float:
    return max((suggestion.confidence for suggestion in given), default=0.0)
