"""The address for ever of a structure."""

from hypothesis import given
from hypothesis import strategies as st

from marketplace.structures.importing import slug_of
from marketplace.structures.kinds import Kind


def test_namesakes_have_addresses_of_their_own() -> None:
    keys = [("73282932000074", kind, "HUMANDO") for kind in Kind]
    assert len({slug_of(key, "Humando") for key in keys}) == len(keys)


@given(st.text(max_size=255))
def test_an_address_is_short_and_plain_whatever_the_name(name: str) -> None:
    slug = slug_of(("73282932000074", Kind.EI, "HUMANDO"), name)
    assert len(slug) <= 71
    assert slug.replace("-", "").isalnum()
    assert slug.isascii()
    assert not slug.startswith("-")
