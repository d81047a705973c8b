"""docs/security.md says how each of the forty items stands, and names tests that there are."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ITEMS = re.findall(r"^### (\d+)\. [^\n]+ \(ASVS [^\n]+\)\n(.+?)(?=^##|\Z)", PAGE, re.M | re.S)
PROOFS = sorted(set(re.findall(r"`(tests/\S+?::\S+?)`", PAGE)))


def test_the_forty_items_stand_in_order() -> None:
    assert [int(number) for number, _ in ITEMS] == list(range(1, 41))


@pytest.mark.parametrize(("number", "said"), ITEMS, ids=[number for number, _ in ITEMS])
def test_an_item_is_proved_or_says_what_is_not_done(number: str, said: str) -> None:
    assert "`tests/" in said or "**Not done" in said


@pytest.mark.parametrize("proof", PROOFS)
def test_a_proof_is_a_test_that_there_is(proof: str) -> None:
    path, _, name = proof.partition("::")
    assert name in names_in(ROOT / path)


@cache
def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
