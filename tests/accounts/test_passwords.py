"""Passwords: long ones of any make are taken, the usual ones are not, however dressed."""

from pathlib import Path
from random import Random
from string import ascii_lowercase, digits

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.accounts import passwords
from marketplace.accounts.passwords import LONGEST, SHORTEST, is_common, refusal
from tests.factories.people import PASSWORD

FRENCH = "motdepasse bonjour soleil marseille christophe isabelle chocolat doudou azerty printemps"
ENGLISH = "password welcome sunshine dragon princess football monkey iloveyou superman letmein"


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "tigre vélo nuage 7",
        "une longue phrase tranquille",
        "kX9#vQ2mLp7z",
        "chaise-cerise-tambour",
        "пароль из четырёх слов",
        "🦔 hérisson 🎺 trompette",
    ],
)
def test_a_long_password_that_nobody_else_has_is_taken(password: str) -> None:
    assert refusal(password, "Camille Martin", "c.martin@mairie.fr") is None


@pytest.mark.parametrize(
    "password",
    [
        "motdepasse123",
        "M0tDeP@sse2024!",
        "Password1234!",
        "P@$$w0rd2024",
        "azertyuiop12",
        "1q2w3e4r5t6y",
        "zaq12wsxcde3",
        "nbvcxwmlkjhgfdsq",
        "abcdefghijkl",
        "123456789012",
        "01/01/1990 01",
        "aaaaaaaaaaaaa",
        "abababababab",
        "soleilsoleil",
        "soleil-soleil-soleil",
        "bonjour marie 1985",
        "Jean-Christophe 85",
        "iloveyou1234",
        "trustno1trustno1",
        "correcthorsebatterystaple",
        "Été2024Été2024",
        "1v7Upjw3nT77",
        "abracadabra1",
        "wonderwoman1",
        "footballislife",
        "olympiquelyonnais",
        "jetaimemonamour",
        "liverpoolfc1",
        "ManchesterUnited",
        "mon-chaton-et-moi",
    ],
)
def test_a_password_of_everybody_is_refused_in_whatever_dress(password: str) -> None:
    assert "trop courant" in (refusal(password) or "")


def test_every_usual_dress_of_a_usual_word_is_refused() -> None:
    """More than the 3,000 most usual passwords of our length, which ASVS asks to refuse."""
    years = [str(year) for year in range(1950, 2030)]
    endings = [*years, "123", "1234", "12345", "123456", "!", "123!", "01", "69", "007"]
    dressed = {
        form
        for word in f"{FRENCH} {ENGLISH}".split()
        for ending in endings
        for form in (word + ending, word.title() + ending, ending + word, word * 2 + ending)
        if len(form) >= SHORTEST
    }
    assert len(dressed) > 3000
    assert {password for password in dressed if not is_common(password)} == set()


def test_every_stolen_password_of_our_length_is_refused() -> None:
    file = Path(passwords.__file__).with_name("data") / "stolen_passwords.txt"
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("#")]
    long = [word for line in lines for word in line.split() if len(word) >= SHORTEST]
    assert len(long) > 200
    assert [password for password in long if not is_common(password)] == []


def test_what_chance_makes_is_taken() -> None:
    drawn = Random(1)  # noqa: S311 - the same at each run, and nobody's password
    made = ("".join(drawn.choices(ascii_lowercase + digits, k=SHORTEST)) for _ in range(2_000))
    assert [password for password in made if is_common(password)] == []


def test_a_short_or_endless_password_is_refused_and_the_limit_is_told() -> None:
    assert "12 caractères" in (refusal("kX9#vQ2mLp7") or "")
    assert "200 caractères" in (refusal("kX9#vQ2mLp7z" * 17) or "")
    assert refusal("") is not None
    assert refusal("\0" * 12) is not None


@pytest.mark.parametrize(
    "password",
    ["Isidore et ses amis", "ISIDORE!ET!SES!AMIS", "chez vallonne dimanche", "i.dupré a dit oui"],
)
def test_a_password_that_holds_the_name_or_the_address_is_refused(password: str) -> None:
    refused = refusal(password, "Isidore Dupré", "isidore.dupre@ville-vallonne.fr")
    assert "votre nom ou votre adresse" in (refused or "")


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=LONGEST + 10), st.text(max_size=30), st.text(max_size=30))
def test_any_text_gets_an_answer(password: str, name: str, email: str) -> None:
    refused = refusal(password, name, email)
    assert refused is not None or len(password) >= SHORTEST
