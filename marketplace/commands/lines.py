"""Lines in, lines out: what commands on files have in common."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from marketplace import jsonl

IN = click.option("--in", "source", required=True, metavar="F", help="Lines to read; - is stdin.")
OUT = click.option(
    "--out", "target", required=True, metavar="F", help="Where to write; - is stdout."
)


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
