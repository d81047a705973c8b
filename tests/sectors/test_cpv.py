"""CPV codes: which exist, what their check digit is, and how one finds them by French words."""

import pytest

from marketplace.sectors import cpv

WITH_THEIR_KEY = (
    "03000000-1 09000000-3 14000000-1 15000000-8 30000000-9 34000000-7 45000000-7 45233120-6 "
    "45233140-2 45233141-9 50700000-2 55520000-1 60130000-8 71320000-7 72000000-5 75231240-8 "
    "77310000-6 77311000-3 79620000-6 79710000-4 79822500-7 85312510-7 90611000-3 90910000-9 "
    "90911200-8 90919200-4 90919300-5 98000000-3"
).split()


@pytest.mark.parametrize("code", WITH_THEIR_KEY)
def test_a_published_code_is_known_with_its_key_and_with_no_other(code: str) -> None:
    digits, key = code.split("-")
    assert cpv.is_known(code)
    assert cpv.whole(digits) == code
    wrong = f"{digits}-{(int(key) + 1) % 10}"
    assert not cpv.is_known(wrong)
    assert cpv.right_key(wrong) == int(key)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "12",
        "9091120",
        "99999999",
        "90100000",
        "90911200-",
        "90911200-88",
        "9091120０",
        "a" * 99,
    ],
)
def test_what_the_regulation_does_not_number_is_no_code(code: str) -> None:
    assert not cpv.is_known(code)
    assert cpv.right_key(code) is None


def test_each_label_of_ours_is_that_of_a_code_and_all_groups_have_one() -> None:
    labels = cpv._labels()
    assert all(cpv.is_known(code) and label for code, label in labels.items())
    assert sum(code.endswith("000000") for code in labels) == 45
    assert sum(code.endswith("00000") and code[2] != "0" for code in labels) == 272


def test_a_code_that_we_do_not_name_is_said_by_the_one_above_it() -> None:
    assert str(cpv.labelled("90911200")) == "90911200-8 · Nettoyage de bâtiments"
    assert cpv.labelled("90919100").label == cpv.label("90919000")
    assert cpv.labelled("45233141").label == cpv.label("45233000")


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("nettoyage des bureaux", "90919200-4"),
        ("NETTOYAGE DE VITRES", "90911300-9"),
        ("blanchisserie", "98310000-9"),
        ("espaces verts", "77300000-3"),
        ("haie", "77342000-9"),
        ("demenagement", "98392000-7"),
        ("mise sous pli", "79571000-7"),
        ("9091", "90910000-9"),
        ("90911200", "90911200-8"),
        ("90911200-8", "90911200-8"),
        ("45233141", "45233141-9"),
    ],
)
def test_words_or_the_beginning_of_a_code_find_it(typed: str, first: str) -> None:
    assert cpv.search(typed, 7)[0].code == first


@pytest.mark.parametrize("typed", ["", " ", "zzz", "le la", "1", "\0", "🙂", "x" * 100_000, "99"])
def test_nothing_is_found_for_what_says_nothing(typed: str) -> None:
    assert cpv.search(typed, 7) == []


def test_a_suggestion_taken_as_it_is_is_its_code() -> None:
    assert cpv.chosen_in(str(cpv.search("vitres", 1)[0])) == "90911300-9"
    assert cpv.chosen_in("vitres") is None
