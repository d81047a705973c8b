"""The rules of a purchase's potential: each one is reached, and figures are of a year."""

from datetime import date
from decimal import Decimal

import pytest

from marketplace.insights.estimating import Estimate
from marketplace.insights.potential import (
    Answering,
    Capacity,
    Choice,
    Potential,
    assess,
    sectors_of,
)
from marketplace.insights.programme import Project, read_again, written
from marketplace.structures.kinds import Kind
from marketplace.territories.gazetteer import Gazetteer
from tests.factories.market import BESANCON, CLEANING, GREEN_SPACES

TODAY = date(2026, 11, 24)
PLACES = Gazetteer.shipped()


PAPER = "Fournitures de bureau et papier"


def _project(amount: int, years: int = 1, title: str = "Entretien des espaces verts") -> Project:
    return Project(2, title, "Besançon", BESANCON, Decimal(amount), Decimal(years))


def _assessed(project: Project, *answering: Answering) -> Potential:
    return assess(project, sectors_of(project), answering, "commune", TODAY)


def _able(kind: Kind = Kind.ACI, turnover: int | None = 1_000_000) -> Answering:
    return Answering(kind, turnover, 20, is_close=True)


@pytest.mark.parametrize(
    ("project", "answering", "choice", "lever"),
    [
        (_project(100_000), [_able()] * 3, Choice.RESERVE, "reserved_insertion"),
        (_project(100_000), [_able(Kind.EA)] * 3, Choice.RESERVE, "reserved_handicap"),
        (
            _project(100_000),
            [_able(), _able(), _able(Kind.ESAT)],
            Choice.RESERVE,
            "reserved_both",
        ),
        (_project(900_000), [_able()] * 5, Choice.ONE_LOT, "reserved_insertion"),
        (_project(300_000), [_able()], Choice.EXECUTION, "execution"),
        (_project(20_000), [_able()], Choice.BUY, ""),
        (_project(412, title="Traiteur pour le conseil"), [_able()] * 9, Choice.BUY, ""),
        (_project(70_000), [_able()], Choice.ENTRUST, "subcontracting"),
        (_project(70_000), [_able(Kind.SEP)] * 4, Choice.ENTRUST, "subcontracting"),
        (_project(150_000, title="Assurances"), [], Choice.CRITERION, "criterion"),
        (_project(900_000, title="Assurances"), [], Choice.EXECUTION, "execution"),
        (_project(900_000, title="Achat de véhicules"), [], Choice.CRITERION, "criterion"),
        (_project(5_000), [], Choice.NOTHING, None),
        (_project(20_000, title=PAPER), [_able(Kind.ESAT)], Choice.BUY, ""),
        (
            _project(90_000, title=PAPER),
            [_able(Kind.ESAT)] * 3,
            Choice.RESERVE,
            "reserved_handicap",
        ),
        (_project(900_000, title=PAPER), [_able(Kind.EA)] * 3, Choice.ONE_LOT, "reserved_handicap"),
        (_project(90_000, title=PAPER), [_able(Kind.EA)], Choice.ENTRUST, "subcontracting"),
        (_project(900_000, title=PAPER), [], Choice.CRITERION, "criterion"),
        (_project(5_000, title=PAPER), [], Choice.NOTHING, None),
    ],
)
def test_every_advice_is_reached(
    project: Project, answering: list[Answering], choice: Choice, lever: str | None
) -> None:
    found = _assessed(project, *answering)
    assert found.choice is choice
    assert (found.advice.lever if found.advice else None) == lever


def test_help_at_home_owes_considerations_from_the_threshold_of_social_services() -> None:
    small = _assessed(_project(400_000, title="Aide à domicile"), _able())
    large = _assessed(_project(750_000, title="Aide à domicile"), _able())
    assert small.is_social_service
    assert small.duty is None
    assert large.duty is not None
    gardens = _assessed(_project(400_000), _able())
    assert not gardens.is_social_service
    assert gardens.duty is not None


def test_what_structures_could_hold_is_told_apart_from_a_clause_or_a_criterion() -> None:
    found = [
        _assessed(_project(100_000), *[_able()] * 3),
        _assessed(_project(900_000, title="Assurances")),
        _assessed(_project(5_000, title="Assurances")),
    ]
    by_choice = {one.choice: (1, one.project.annual) for one in found}
    told = Estimate(found, by_choice)
    assert (told.annual, told.held, told.asked) == (1_005_000, 100_000, 900_000)


def test_a_contract_of_four_years_is_compared_with_a_year_of_turnover() -> None:
    whole, spread = _assessed(_project(900_000), *[_able()] * 3), None
    spread = _assessed(_project(900_000, years=4), *[_able()] * 3)
    assert (whole.dependency, whole.capacity) == (0.9, Capacity.TIGHT)
    assert (spread.dependency, spread.capacity) == (0.225, Capacity.ENOUGH)
    assert spread.choice is Choice.RESERVE


def test_capacity_is_not_known_when_few_structures_told_their_figures() -> None:
    quiet = Answering(Kind.ACI, None, None, is_close=False)
    found = _assessed(_project(900_000), _able(), quiet, quiet)
    assert (found.capacity, found.dependency) == (Capacity.UNKNOWN, None)


def test_a_team_too_small_for_the_posts_is_a_tight_capacity() -> None:
    team_of_two = Answering(Kind.ACI, None, 2, is_close=True)
    assert _assessed(_project(400_000), *[team_of_two] * 3).capacity is Capacity.TIGHT


def test_a_programme_is_read_line_by_line_and_written_so_that_it_is_read_again() -> None:
    text = (
        (
            "Objet du marché;Département;Budget;Durée\n"
            "Entretien des espaces verts;Doubs;120 000,00;4\n"
            '"=Nettoyage des écoles";Besançon (25);1.234,50;36 mois\n'
            "Sans lieu;;12\nTonte;Nulle-part-du-tout;12\nTonte;Doubs;-5\nTonte;Doubs;dix\n"
            "Tonte;Doubs;10;soixante ans\n;Doubs;10;1\n"
        )
        .replace("Sans lieu;;12\n", "Sans lieu;;12;\n")
        .replace("tout;12\n", "tout;12;\n")
    )
    text = text.replace("Doubs;-5\n", "Doubs;-5;\n").replace("Doubs;dix\n", "Doubs;dix;\n")
    read = read_again(text, PLACES)
    assert [(one.code, one.amount, one.years, one.annual) for one in read.projects] == [
        ("25", Decimal(120_000), Decimal(4), Decimal(30_000)),
        (BESANCON, Decimal("1234.50"), Decimal(3), Decimal("411.50")),
    ]
    assert [one.line for one in read.refused] == [4, 5, 6, 7, 8, 9]
    assert "lieu introuvable" in read.refused[1].reason
    again = read_again(written(read.projects), PLACES)
    assert [(one.place, one.amount, one.years) for one in again.projects] == [
        (one.place, one.amount, one.years) for one in read.projects
    ]


def test_sectors_come_from_the_title_and_none_from_what_no_structure_sells() -> None:
    assert [one.slug for one in sectors_of(_project(1))][:1] == [GREEN_SPACES]
    assert sectors_of(_project(1, title="Nettoyage des locaux"))[0].slug == CLEANING
    assert sectors_of(_project(1, title="zzzz")) == []


@pytest.mark.parametrize(
    ("title", "nature"),
    [
        (PAPER, "supplies"),
        ("Achat de vêtements de travail", "supplies"),
        ("Fourniture de produits d'entretien", "supplies"),
        ("Produits d'entretien et papier", "supplies"),
        ("Acquisition de mobilier scolaire", "supplies"),
        ("Fourniture et pose de menuiseries", "services"),
        ("Fourniture et installation de mobilier", "services"),
        ("Travaux de peinture des écoles", "works"),
        ("Entretien des espaces verts", "services"),
        ("Livraison de repas et prestations de service", "services"),
    ],
)
def test_supplies_are_told_from_works_and_services_and_have_no_hours(
    title: str, nature: str
) -> None:
    found = _assessed(_project(100_000, title=title), _able(Kind.ESAT))
    assert found.nature == nature
    if nature == "supplies":
        assert found.hours is None
