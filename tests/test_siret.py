"""SIRET numbers as people write them. All but La Poste's are invented."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import luhn

from marketplace.siret import WrongSiret, checked, cleaned, formatted, found_in

SIRET = "73282932000074"
"""The example number of INSEE's own explanations."""


def with_key(start: str) -> str:
    return start + luhn.calc_check_digit(start)


@pytest.mark.parametrize(
    "written",
    [
        "732 829 320 00074",
        "732.829.320.00074",
        "732\u00a0829\u00a0320\u00a000074",
        "SIRET : 73282932000074",
        "N° SIRET 732 829 320 00074",
        "siret73282932000074",
        "73282932OOOO74",
        "７３２８２９３２０００074",
    ],
)
def test_a_siret_is_understood_however_it_is_written(written):
    assert checked(written) == SIRET
    assert found_in(written) == [SIRET]


def test_a_wrong_key_is_refused_and_never_repaired():
    with pytest.raises(WrongSiret, match="clé"):
        checked("73282932000075")
    assert found_in("73282932000075") == []
    assert found_in("732 829 320 00075") == []


def test_fourteen_zeros_are_refused_although_their_key_holds():
    with pytest.raises(WrongSiret, match="zéros"):
        checked("0" * 14)
    assert found_in("0" * 14) == []


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "manquant"),
        ("   ", "manquant"),
        ("\x00", "manquant"),
        ("🙂", "manquant"),
        ("abc", "14 chiffres"),
        ("732829320", "14 chiffres, et non 9"),
        ("7328293200007X", "que des chiffres"),
    ],
)
def test_the_reason_of_a_refusal_is_said_in_french(written, reason):
    with pytest.raises(WrongSiret, match=reason):
        checked(written)


def test_a_siret_of_la_poste_follows_its_own_rule():
    assert checked("356 000 000 00048") == "35600000000048"
    digits = "3560000001234"
    last = (-sum(map(int, digits))) % 5
    assert checked(f"{digits}{last}") == f"{digits}{last}"
    assert found_in(f"{digits}{(last + 1) % 10}") == []


def test_a_zero_lost_at_the_head_comes_back_only_when_looked_for():
    siren = with_key("01234567")
    siret = with_key(f"{siren}0001")
    assert found_in(siret.removeprefix("0")) == [siret]
    with pytest.raises(WrongSiret, match="et non 13"):
        checked(siret.removeprefix("0"))


def test_a_french_vat_number_gives_its_siren_when_its_key_holds():
    assert found_in("FR44732829320") == ["732829320"]
    assert found_in("TVA : FR 44 732 829 320") == ["732829320"]
    assert found_in("FR45732829320") == []


def test_a_siren_alone_is_found():
    assert found_in("SIREN 732 829 320") == ["732829320"]
    assert found_in("732829321") == []


def test_a_siret_beside_other_words_and_numbers_is_found():
    assert found_in("siret n°73282932000074, APE 8899B") == [SIRET]


def test_a_siret_is_shown_in_groups():
    assert formatted(SIRET) == "732 829 320 00074"
    assert formatted("732829320") == "732 829 320"


@given(st.text(max_size=60))
def test_whatever_the_text_only_whole_numbers_come_out(text):
    assert cleaned(text).isascii()
    assert all(len(number) in {9, 14} and number.isascii() for number in found_in(text))


@given(st.text(max_size=60).filter(lambda text: not found_in(text)))
def test_a_text_without_a_siret_is_refused(text):
    with pytest.raises(WrongSiret):
        checked(text)


@given(st.integers(10**7, 10**8 - 1), st.integers(0, 9999), st.integers(0, 13))
def test_one_changed_digit_is_always_caught(start, branch, place):
    siret = with_key(f"{with_key(str(start))}{branch:04}")
    changed = siret[:place] + str((int(siret[place]) + 1) % 10) + siret[place + 1 :]
    assume(not {siret[:9], changed[:9]} & {"356000000"})  # La Poste's sum does not catch them all
    assert found_in(siret) == [siret]
    assert found_in(changed) == []


def test_a_very_long_text_is_read_at_once():
    assert found_in("9" * 100_000) == []
    assert found_in(" " * 100_000 + SIRET) == []
