"""Running everything, and what is run beside it. Each command calls one deed."""

import os
import sys
from typing import TYPE_CHECKING

import click

from marketplace.commands.joining import embedding

if TYPE_CHECKING:
    from marketplace.config import Config


@click.command()
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
        code = supervising.run(port, prepare_with_demonstration, sign_in_lines())
    else:
        code = supervising.run(port, prepare, ())
    # All that was started is stopped: tidying what this process read would only take seconds.
    sys.stdout.flush()
    os._exit(code)


@click.command()
def migrate() -> None:
    """Bring the database's schema and the reference data up to date."""
    from marketplace.embedded.joining import services
    from marketplace.preparing import prepare

    with embedding(), services(lambda _: None) as config:
        prepare(config)


@click.group()
def jobs() -> None:
    """Background jobs."""


@jobs.command()
def drain() -> None:
    """Wait until the queues are empty, on the running worker or on one of its own."""
    from marketplace.embedded import draining
    from marketplace.embedded.joining import services
    from marketplace.preparing import prepare

    with embedding(), services(prepare) as config:
        draining.drain(config)
