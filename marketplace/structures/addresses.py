"""Whether a person's address is of the same house as a structure's contacts. Pure."""

import unicodedata
from urllib.parse import urlsplit

ANYBODYS = frozenset(
    {
        "9business.fr",
        "9online.fr",
        "aliceadsl.fr",
        "aol.com",
        "bbox.fr",
        "blogspot.com",
        "bluewin.ch",
        "caramail.com",
        "cegetel.net",
        "club-internet.fr",
        "dartybox.com",
        "ecomail.fr",
        "facebook.com",
        "fastmail.com",
        "free.fr",
        "freesbee.fr",
        "github.io",
        "gmail.com",
        "gmx.com",
        "gmx.de",
        "gmx.fr",
        "gmx.net",
        "googlemail.com",
        "helloasso.com",
        "hey.com",
        "hotmail.be",
        "hotmail.com",
        "hotmail.fr",
        "icloud.com",
        "ik.me",
        "infonie.fr",
        "instagram.com",
        "jimdo.com",
        "lapet.fr",
        "laposte.net",
        "libertysurf.fr",
        "linkedin.com",
        "live.be",
        "live.com",
        "live.fr",
        "mac.com",
        "mail.com",
        "mail.fr",
        "mailfence.com",
        "mailo.com",
        "me.com",
        "msn.com",
        "net-c.com",
        "netc.fr",
        "netcourrier.com",
        "neuf.fr",
        "nordnet.fr",
        "noos.fr",
        "numericable.fr",
        "numericable.com",
        "ntlworld.com",
        "online.fr",
        "orange.com",
        "orange.fr",
        "outlook.com",
        "outlook.fr",
        "ovh.net",
        "pm.me",
        "posteo.net",
        "proton.me",
        "protonmail.ch",
        "protonmail.com",
        "rocketmail.com",
        "sfr.fr",
        "sfr.net",
        "skynet.be",
        "telenet.be",
        "tiscali.fr",
        "tuta.io",
        "tutanota.com",
        "voila.fr",
        "wanadoo.fr",
        "wixsite.com",
        "wordpress.com",
        "worldonline.fr",
        "yahoo.com",
        "yahoo.co.uk",
        "yahoo.fr",
        "yandex.com",
        "ymail.com",
        "zaclys.net",
        "zoho.com",
    }
)
"""Where anybody opens a mailbox or a page: such a domain says nothing of who one is."""


def is_of_the_house(address: str, contact_email: str, website: str) -> bool:
    """Whether this address has the very domain of the contact's address or of the website.

    A domain beside or below is another's: many sites stand on a host shared with strangers.
    """
    domain = _domain(address)
    if not domain or domain in ANYBODYS:
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
