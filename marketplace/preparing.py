"""Bringing a database to where the code expects it, and putting the demonstration in it."""

import flask_migrate

from marketplace import clock
from marketplace.app import create_app
from marketplace.clauses import publishing
from marketplace.config import Config
from marketplace.db import transaction
from marketplace.demo import loading as demo
from marketplace.demo import people
from marketplace.moderation import desks
from marketplace.sectors import importing as sectors
from marketplace.territories import importing as territories
from marketplace.territories.queries import gazetteer


def prepare(config: Config) -> None:
    """Schema, reference data, the national desk, and the public figures of hours when they are
    due; does nothing the second time."""
    with create_app(config).app_context():
        flask_migrate.upgrade()
        with transaction() as session:
            territories.load_reference(session)
            sectors.load_reference(session)
            desks.open_national_desk(session)
            publishing.publish_due(session, gazetteer(session), clock.now())


def demonstrate(config: Config) -> list[str]:
    """Put invented structures, needs and people in the database, once.

    Gives the lines that tell how to sign in.
    """
    with create_app(config).app_context(), transaction() as session:
        demo.load(session, clock.now())
    return people.sign_in_lines()
