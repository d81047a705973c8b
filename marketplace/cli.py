"""The `marketplace` command."""

import click

from marketplace.commands import importing, on_database, on_files, ranking, running

COMMANDS = (
    running.run,
    running.migrate,
    running.jobs,
    on_database.mail_,
    on_database.users,
    importing.import_,
    on_files.hours,
    on_files.resolve,
    on_files.suggest_sectors,
    on_files.territories,
    on_files.territories_rebuild,
    ranking.bench,
    ranking.exposure,
    ranking.rank,
)


@click.group(commands=COMMANDS)
def main() -> None:
    """Tandem: public buyers and inclusive suppliers, matched with reasons."""
