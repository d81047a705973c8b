"""The figures that the ranking must keep, on judged cases kept outside the project.

They run only where TANDEM_EVAL_DIR names the folder of those cases.
"""

import gzip
import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from marketplace.jsonl import Complaints, read
from marketplace.matching.index import Index
from marketplace.matching.lines import Reader
from marketplace.matching.ranking import rank
from marketplace.territories.gazetteer import Gazetteer

FOLDER = Path(os.environ.get("TANDEM_EVAL_DIR", ""))

pytestmark = pytest.mark.skipif(
    "TANDEM_EVAL_DIR" not in os.environ, reason="TANDEM_EVAL_DIR names no folder of judged cases"
)


def objects(path: Path) -> Iterator[dict[str, Any]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def index_and_reader(offers: Path) -> tuple[Index, Reader]:
    complaints = Complaints()
    reader = Reader(Gazetteer.shipped(), complaints)
    index = Index(Gazetteer.shipped())
    index.upsert(read(str(offers), reader.offer, complaints))
    return index, reader


def gain(grades: list[int]) -> float:
    return sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades[:10]))


def test_the_right_structures_come_first_from_words_alone():
    index, reader = index_and_reader(FOLDER / "offers.jsonl")
    found = []
    for case in objects(FOLDER / "need_to_structures.dev.jsonl"):
        grades = case["relevant"]
        matches = rank(index, reader.need(case["need"]), 10).matches
        best = gain(sorted(grades.values(), reverse=True))
        found.append(gain([grades.get(match.structure_id, 0) for match in matches]) / best)
    assert sum(found) / len(found) >= 0.78


def test_what_the_peer_finds_is_found_but_for_national_offers_left_out_by_the_buyer():
    index, reader = index_and_reader(FOLDER.parent / "perf/offers_10k.jsonl.gz")
    peer = {
        case["need_id"]: set(case["structure_ids"])
        for case in objects(FOLDER.parent / "perf/peer_matches_10k.jsonl.gz")
    }
    shared = beyond = 0
    for case in objects(FOLDER.parent / "perf/needs.jsonl"):
        found = {m.structure_id for m in rank(index, reader.need(case), 0).matches}
        shared += len(found & peer[case["id"]])
        beyond += len(found - peer[case["id"]])
        if peer[case["id"]] - found:
            assert case["place"]["radius_km"]
            assert not case["include_country"]
    assert shared / sum(map(len, peer.values())) >= 0.995
    assert beyond / shared <= 0.3
