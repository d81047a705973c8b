"""Whether a person's address is of the same house as a structure's contacts. Pure."""

import unicodedata
from urllib.parse import urlsplit

from marketplace.accounts.mailboxes import is_anybodys


def is_of_the_house(address: str, contact_email: str, website: str) -> bool:
    """Whether this address has the very domain of the contact's address or of the website.

    A domain beside or below is another's: many sites stand on a host shared with strangers.
    """
    domain = _domain(address)
    if not domain or is_anybodys(domain):
        return False
    return domain in {_domain(contact_email), _host(website)}


def _domain(address: str) -> str:
    return _bare(address.rpartition("@")[2]) if "@" in address else ""


def _host(website: str) -> str:
    try:
        host = urlsplit(website).hostname or ""
    except ValueError:
        return ""
    return _bare(host).removeprefix("www.")


def _bare(domain: str) -> str:
    return unicodedata.normalize("NFC", domain).strip().lower().rstrip(".")
