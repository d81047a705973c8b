"""The servers that a command on the database joins: named by a URL, running, or started for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from marketplace.config import Config


@contextmanager
def embedding() -> Iterator[None]:
    """Exits 1 with what the servers say when they cannot be started."""
    from marketplace.embedded.children import ChildFailed
    from marketplace.embedded.places import CannotEmbed

    try:
        yield
    except (ChildFailed, CannotEmbed) as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def database() -> Iterator["Session"]:
    """One transaction, as `installed`."""
    with installed() as (_, session):
        yield session


@contextmanager
def installed() -> Iterator[tuple["Config", "Session"]]:
    """The settings and one transaction, on the servers that are named, running, or started
    for the occasion."""
    from marketplace.app import create_app
    from marketplace.db import transaction
    from marketplace.embedded.joining import services
    from marketplace.preparing import prepare

    with (
        embedding(),
        services(prepare) as config,
        create_app(config).app_context(),
        transaction() as session,
    ):
        yield config, session
