"""What an amount means for the procedure, by nature, buyer and day."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.accounts.tables import OrganisationKind
from marketplace.needs.specific_services import SECTORS, are_specific
from marketplace.needs.tables import Nature
from marketplace.needs.thresholds import Procedure, band, bands
from marketplace.sectors.nomenclature import BY_SLUG

NOW = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("nature", "buyer", "amount", "procedure"),
    [
        ("services", "commune", "59999.99", Procedure.DIRECT),
        ("services", "commune", "60000", Procedure.ADAPTED),
        ("supplies", "commune", "89999.99", Procedure.ADAPTED),
        ("supplies", "commune", "90000", Procedure.PUBLISHED),
        ("services", "commune", "215999", Procedure.PUBLISHED),
        ("services", "commune", "216000", Procedure.FORMAL),
        ("services", "state", "139999", Procedure.PUBLISHED),
        ("services", "state", "140000", Procedure.FORMAL),
        ("works", "state", "99999", Procedure.DIRECT),
        ("works", "commune", "100000", Procedure.ADAPTED),
        ("works", "commune", "5403999", Procedure.ADAPTED),
        ("works", "commune", "5404000", Procedure.FORMAL),
    ],
)
def test_the_thresholds_of_today(
    nature: str, buyer: str, amount: str, procedure: Procedure
) -> None:
    assert band(nature, buyer, Decimal(amount), NOW).procedure is procedure


@pytest.mark.parametrize(
    ("amount", "procedure"),
    [
        ("59999", Procedure.DIRECT),
        ("60000", Procedure.ADAPTED),
        ("300000", Procedure.ADAPTED),
        ("749999", Procedure.ADAPTED),
        ("750000", Procedure.NOTICE),
        ("9000000", Procedure.NOTICE),
    ],
)
def test_social_and_specific_services_are_never_a_formal_procedure(
    amount: str, procedure: Procedure
) -> None:
    for buyer in ("commune", "state"):
        found = band("services", buyer, Decimal(amount), NOW, is_specific=True)
        assert found.procedure is procedure
        assert found.to_verify is (procedure is not Procedure.DIRECT)
    for nature in ("supplies", "works"):
        told = band(nature, "commune", Decimal(amount), NOW, is_specific=True)
        assert told == band(nature, "commune", Decimal(amount), NOW), "they are no services"


def test_services_are_specific_by_their_codes_or_else_by_all_of_their_sectors() -> None:
    assert set(BY_SLUG) >= SECTORS
    assert are_specific((), ["aide-menagere"])
    assert are_specific(["85320000-8"], [])
    assert not are_specific(["90911200-8"], ["aide-menagere"]), "the code says more"
    assert not are_specific((), ["aide-menagere", "nettoyage-de-locaux"])
    assert not are_specific(["85320000", "90911200"], [])
    assert not are_specific((), [])


@pytest.mark.parametrize(
    ("on", "amount", "procedure"),
    [
        (date(2026, 3, 31), 40_000, Procedure.ADAPTED),
        (date(2026, 4, 1), 40_000, Procedure.DIRECT),
        (date(2025, 12, 31), 220_000, Procedure.PUBLISHED),
        (date(2026, 1, 1), 220_000, Procedure.FORMAL),
    ],
)
def test_a_threshold_changes_on_its_day(on: date, amount: int, procedure: Procedure) -> None:
    assert band("services", "commune", Decimal(amount), on).procedure is procedure


def test_what_is_not_certain_says_so() -> None:
    sure = band("services", "commune", Decimal(300_000), NOW)
    assert not sure.to_verify
    assert "À vérifier" not in sure.sentence
    classed_by_name = band("services", "public_body", Decimal(300_000), NOW)
    unknown_yet = band("services", "commune", Decimal(300_000), date(2029, 1, 1))
    for found in (classed_by_name, unknown_yet):
        assert "À vérifier pour votre organisme" in found.sentence


@given(
    st.sampled_from(list(Nature)),
    st.sampled_from(list(OrganisationKind)),
    st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    st.decimals(0, 10**9, places=2),
    st.booleans(),
)
def test_bands_follow_each_other_and_each_amount_lies_in_one(
    nature: Nature, buyer: OrganisationKind, on: date, amount: Decimal, is_specific: bool
) -> None:
    possible = bands(nature, buyer, on, is_specific)
    assert [one.least for one in possible[1:]] == [one.most for one in possible[:-1]]
    assert (possible[0].least, possible[-1].most) == (0, None)
    found = band(nature, buyer, amount, on, is_specific)
    assert found.least <= amount
    assert found.most is None or amount < found.most
