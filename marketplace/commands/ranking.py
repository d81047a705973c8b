"""Needs ranked over offers, from files or invented: no database, no server, no network."""

import gc
import json
from collections.abc import Iterator
from resource import RUSAGE_SELF, getrusage
from time import perf_counter
from typing import TYPE_CHECKING

import click

from marketplace import jsonl
from marketplace.commands.lines import OUT, lines_in_lines_out

if TYPE_CHECKING:
    from marketplace.matching.index import Index
    from marketplace.matching.shapes import Need, Offer, Ranking
    from marketplace.territories.gazetteer import Gazetteer


@click.command()
@click.option("--offers", "offers_path", required=True, metavar="F", help="Offers, one a line.")
@click.option("--needs", "needs_path", required=True, metavar="F", help="Needs, one a line.")
@OUT
@click.option("--top", type=click.IntRange(min=0), default=50, show_default=True)
@click.option("--timings", "timings_path", metavar="F", help="Where to write how long it took.")
def rank(
    offers_path: str, needs_path: str, target: str, top: int, timings_path: str | None
) -> None:
    """Rank the structures that could answer each need, with the reasons.

    --top 0 lists all the eligible ones, and them alone.
    """
    from marketplace.matching import lines
    from marketplace.territories.gazetteer import Gazetteer

    gazetteer = Gazetteer.shipped()
    with lines_in_lines_out(target) as (complaints, write):
        reader = lines.Reader(gazetteer, complaints)
        offers = jsonl.read(offers_path, reader.offer, complaints)
        index, build_s = _built(offers, gazetteer)
        rank_s: list[float] = []
        needs = jsonl.read(needs_path, reader.need, complaints)
        for need_id, ranking in _ranked(index, needs, top, rank_s):
            write(lines.ranking_line(need_id, ranking))
        if timings_path:
            with jsonl.writing(timings_path) as write_timings:
                write_timings(lines.timings(len(index), build_s, rank_s, _peak_rss_mb()))


@click.command()
@click.option("--offers", "offers_path", required=True, metavar="F", help="Offers, one a line.")
@click.option("--needs", "needs_path", required=True, metavar="F", help="Needs, the oldest first.")
@click.option("--gold", "gold_path", metavar="F", help="The grades of structures for each need.")
@click.option("--quarter-days", type=click.IntRange(min=1), default=90, show_default=True)
def exposure(offers_path: str, needs_path: str, gold_path: str | None, quarter_days: int) -> None:
    """Say who is shown in a quarter of needs, with and without rotation, as one JSON object.

    Structures are small with one activity, medium with two or three, large with more. Lines
    of --gold are {"need": {"id"}, "relevant": {structure_id: grade from 0 to 3}}.
    """
    from marketplace.matching import exposure as measuring
    from marketplace.matching import lines
    from marketplace.territories.gazetteer import Gazetteer

    gazetteer = Gazetteer.shipped()
    with lines_in_lines_out("-") as (complaints, write):
        reader = lines.Reader(gazetteer, complaints)
        activities = measuring.Activities()
        offers = jsonl.read(offers_path, reader.offer, complaints)
        index, _ = _built(activities.passing(offers), gazetteer)
        needs = jsonl.read(needs_path, reader.need, complaints)
        rankings = dict(_ranked(index, needs, measuring.DEPTH, []))
        graded = None
        if gold_path:
            judgements = jsonl.read(gold_path, measuring.judged, complaints, measuring.need_id_of)
            graded = dict(judgements)
        write(measuring.report(rankings, activities.counted(), graded, quarter_days))


@click.group()
def bench() -> None:
    """How fast things are, on invented data."""


@bench.command("rank")
@click.option("--offers", "count", type=click.IntRange(1), default=257_000, show_default=True)
@click.option("--needs", "need_count", type=click.IntRange(1), default=200, show_default=True)
@click.option("--top", type=click.IntRange(min=1), default=50, show_default=True)
def bench_rank(count: int, need_count: int, top: int) -> None:
    """Build an index of invented offers, rank invented needs over it, print the timings."""
    from marketplace.matching import generating, lines
    from marketplace.territories.gazetteer import Gazetteer

    gazetteer = Gazetteer.shipped()
    index, build_s = _built(generating.offers(count, gazetteer), gazetteer)
    rank_s: list[float] = []
    for _ in _ranked(index, generating.needs(need_count, gazetteer), top, rank_s):
        pass
    click.echo(json.dumps(lines.timings(len(index), build_s, rank_s, _peak_rss_mb())))


def _built(offers: "Iterator[Offer]", gazetteer: "Gazetteer") -> "tuple[Index, float]":
    """An index of the offers, and the seconds it took without those of reading them."""
    from marketplace.matching.index import Index
    from marketplace.matching.lines import fill

    start = perf_counter()
    index = Index(gazetteer)
    build_s = perf_counter() - start
    return index, build_s + fill(index, offers, perf_counter)


def _ranked(
    index: "Index", needs: "Iterator[Need]", top: int, rank_s: list[float]
) -> "Iterator[tuple[str, Ranking]]":
    """The ranking of each need with its id; the seconds it took go to `rank_s`."""
    from marketplace.matching.ranking import rank as rank_one

    gc.freeze()  # what was built stays: the collector need not walk it again and again
    for need in needs:
        start = perf_counter()
        ranking = rank_one(index, need, top)
        rank_s.append(perf_counter() - start)
        yield need.id, ranking


def _peak_rss_mb() -> float:
    return getrusage(RUSAGE_SELF).ru_maxrss / 1024
