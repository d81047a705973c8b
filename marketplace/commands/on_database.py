"""Mail and people of the database. Each command calls one deed."""

import json

import click

from marketplace.commands.joining import database, installed


@click.group("mail")
def mail_() -> None:
    """Outgoing mail."""


@mail_.command("list")
@click.option("--format", "_format", type=click.Choice(["json"]), default="json", show_default=True)
def list_mail(_format: str) -> None:
    """Print every outgoing mail, latest first."""
    from marketplace.digests.queries import mail_line, outgoing

    with database() as session:
        listed = [mail_line(mail) for mail in session.scalars(outgoing())]
    click.echo(json.dumps(listed, ensure_ascii=False))


@click.group()
def users() -> None:
    """People."""


@users.command("invite")
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
    with installed() as (config, session):
        try:
            link = administering.invite(session, address, None, clock.now())
        except administering.AlreadyAdministrator as error:
            raise click.ClickException(f"{address} is an {role} already") from error
    click.echo(f"{address} is invited as {role}")
    if not mail.leaves(address, config.smtp_url):
        click.echo(f"{config.public_base_url.rstrip('/')}{link}")
