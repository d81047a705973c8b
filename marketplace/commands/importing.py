"""Bringing data of one's own into the database. Each command calls one deed."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast

import click

from marketplace import jsonl
from marketplace.commands.joining import database

if TYPE_CHECKING:
    from marketplace.structures.importing import Notice
    from marketplace.territories.importing import RefusedEntry

LARGEST = 20 * 1_000_000
"""Bytes. A register of ten thousand structures holds two millions of them."""

_TOO_LONG = f"longer than {LARGEST // 1_000_000} MB, part it"
KEPT_IN_MEMORY = 1_000_000


@click.group("import")
def import_() -> None:
    """Bring data of yours into the database."""


@import_.command("structures")
@click.argument("source", metavar="F.csv")
@click.option("--report", "target", metavar="F", help="Where to write what became of each row.")
def import_structures(source: str, target: str | None) -> None:
    """Create and update structures from a register, in CSV; - is stdin.

    A structure is known by its SIRET, kind and name. Rows that are refused are named on
    standard error and the others are taken; nothing is when the file cannot be read to its
    end, nor when it is longer than 20 MB, some 100,000 rows: part it then. Past 10,000
    warnings, or refused rows, the others are only counted.
    """
    from marketplace.offers import importing
    from marketplace.sheets import rows
    from marketplace.structures.register import OPTIONAL, REQUIRED

    with _readable(source), _opened(source) as file:
        sheet = rows(file, REQUIRED, OPTIONAL)
        with jsonl.writing(target or os.devnull) as write:
            with database() as session:
                report = importing.import_structures(session, sheet)
            write(asdict(report))
    for notice in report.warnings:
        click.echo(f"warning: line {notice.line}: {notice.field}: {notice.reason}", err=True)
    if report.more_warnings:
        click.echo(f"warning: and {report.more_warnings} others", err=True)
    counts = f"{report.created} created, {report.updated} updated, {report.unchanged} unchanged"
    _conclude(f"{report.read} rows read: {counts}", report.refused, report.more_refused)


@import_.command("territories")
@click.argument("source", metavar="F.json")
def import_territories(source: str) -> None:
    """Take the exact points of communes from a file of the official API Géo."""
    from marketplace.territories.importing import load_exact_points

    with _readable(source), database() as session:
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

    with _readable(source), database() as session:
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
    """A file, with a bar on a terminal that says how much is read.

    Raises Unreadable, also when it is longer than LARGEST: before anything is read of a file,
    before anything is done with a stream.
    """
    import rich.progress
    from rich.console import Console

    if source == "-":
        with _spooled(sys.stdin.buffer) as kept:
            yield kept
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
        if os.fstat(file.fileno()).st_size > LARGEST:
            raise jsonl.Unreadable(f"{source}: {_TOO_LONG}")
        yield file


@contextmanager
def _spooled(stream: BinaryIO) -> Iterator[BinaryIO]:
    with SpooledTemporaryFile(max_size=KEPT_IN_MEMORY) as kept:
        while piece := stream.read(KEPT_IN_MEMORY):
            kept.write(piece)
            if kept.tell() > LARGEST:
                raise jsonl.Unreadable(f"-: {_TOO_LONG}")
        kept.seek(0)
        yield cast(BinaryIO, kept)


def _conclude(
    counts: str, refused: Sequence["Notice | RefusedEntry"], more_refused: int = 0
) -> None:
    """Exits 1 when some lines were refused."""
    for notice in refused:
        click.echo(f"line {notice.line}: {notice.field}: {notice.reason}", err=True)
    if more_refused:
        click.echo(f"and {more_refused} others", err=True)
    click.echo(f"{counts}, {len(refused) + more_refused} refused", err=True)
    if refused:
        sys.exit(1)
