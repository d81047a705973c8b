"""Whose address is of the house: the very domain, never one that anybody can have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.accounts.mailboxes import ANYBODYS
from marketplace.structures.addresses import is_of_the_house

HOUSE = "contact@jardins-de-la-combe.fr", "https://www.jardins-de-la-combe.fr/contact"


@pytest.mark.parametrize(
    ("address", "contact", "website"),
    [
        ("lea@jardins-de-la-combe.fr", HOUSE[0], ""),
        ("lea@jardins-de-la-combe.fr", "", HOUSE[1]),
        ("Lea@JARDINS-de-la-combe.FR", HOUSE[0], ""),
        ("lea@jardins-de-la-combe.fr", "x@gmail.com", "http://jardins-de-la-combe.fr:8080"),
        ("lea@outlook.jardins.fr", "contact@outlook.jardins.fr", ""),
    ],
)
def test_the_domain_of_the_contact_or_of_the_site_is_the_house(
    address: str, contact: str, website: str
) -> None:
    assert is_of_the_house(address, contact, website)


@pytest.mark.parametrize(
    ("address", "contact", "website"),
    [
        ("lea@jardins-de-la-combe.com", *HOUSE),
        ("lea@mail.jardins-de-la-combe.fr", *HOUSE),
        ("lea@ardins-de-la-combe.fr", *HOUSE),
        ("lea@combe.wixsite.com", "", "https://jardins.wixsite.com/combe"),
        ("lea@gmail.com", "jardins@gmail.com", ""),
        ("lea@free.fr", "", "http://free.fr/jardins"),
        ("lea@yopmail.com", "jardins@yopmail.com", ""),
        ("lea@outlook.be", "jardins@outlook.be", ""),
        ("lea@hotmail.co.uk", "jardins@hotmail.co.uk", ""),
        ("lea@yahoo.ca", "jardins@yahoo.ca", ""),
        ("lea@mailoo.org", "", "https://mailoo.org"),
        ("lea@riseup.net", "jardins@riseup.net", ""),
        ("lea@orange.fr", "jardins@orange.fr", "https://orange.fr"),
        ("lea@evil.fr", "", "https://jardins.fr@evil.com"),
        ("jardins-de-la-combe.fr", *HOUSE),
        ("", "", ""),
        ("lea@", "contact@", "https://"),
        ("lea@x.fr", "", "https://[broken"),
    ],
)
def test_a_neighbour_or_a_public_domain_is_not(address: str, contact: str, website: str) -> None:
    assert not is_of_the_house(address, contact, website)


@given(st.text(), st.sampled_from(sorted(ANYBODYS)), st.text(), st.text())
def test_a_mailbox_that_anybody_opens_never_is(
    local: str, domain: str, contact: str, website: str
) -> None:
    assert not is_of_the_house(f"{local}@{domain}", f"{contact}@{domain}", website)


@given(st.text(), st.text(), st.text())
def test_nothing_typed_breaks_it(address: str, contact: str, website: str) -> None:
    assert is_of_the_house(address, contact, website) in (True, False)
