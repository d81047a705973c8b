"""How often places and numbers are understood, on the development cases when they are at hand."""

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from marketplace.territories.establishments import Establishment, Register, resolve_structure
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.resolving import (
    Candidate,
    resolve_commune,
    resolve_department,
    resolve_siret,
)

FOLDER = os.environ.get("TANDEM_EVAL_DIR")
FRANCE = Gazetteer.shipped()

pytestmark = pytest.mark.skipif(
    not FOLDER, reason="TANDEM_EVAL_DIR names no folder of development cases"
)


def register() -> Register:
    with open(Path(FOLDER or "") / "esat_register.csv", encoding="utf-8") as lines:
        columns = ("siret", "name", "brand", "kind", "city", "department")
        return Register(Establishment(*(r[c] for c in columns)) for r in csv.DictReader(lines))


def share_right(kind: str, resolve: Callable[[dict], list[Candidate]]) -> float:
    right = []
    with open(Path(FOLDER or "") / "noisy_inputs.dev.jsonl", encoding="utf-8") as lines:
        for case in filter(lambda case: case["kind"] == kind, map(json.loads, lines)):
            answer = case["answer"]
            code = answer.get("insee") or answer.get("code") or answer.get("siret")
            found = [candidate.code for candidate in resolve(case)]
            if answer.get("expect") == "reject":
                right.append(not found)
            elif answer.get("expect") == "siren_match":
                right.append(found[0][:9] == code[:9])
            else:
                right.append(found[:1] == [code])
    return sum(right) / len(right)


def test_communes_are_understood():
    assert (
        share_right("commune", lambda c: resolve_commune(c["query"], FRANCE, **c["context"]))
        >= 0.98
    )


def test_departments_are_understood():
    assert share_right("department", lambda c: resolve_department(c["query"], FRANCE)) == 1


def test_sirets_are_understood():
    assert share_right("siret", lambda c: resolve_siret(c["query"])) == 1


def test_the_names_of_esat_are_understood():
    esats = register()
    assert share_right("esat", lambda c: resolve_structure(c["query"], esats)) >= 0.95
