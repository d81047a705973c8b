"""How often each page may be asked for: one table, counted before anything else is looked at.

The count stands before the CSRF check and before the view, so that a forged or broken form
counts like a good one. When the counter is out of reach, everybody passes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

from flask import Flask, request
from flask_limiter import Limit, Limiter
from flask_login import current_user

from marketplace.config import Config


@dataclass(frozen=True)
class Allowed:
    """Requests of one method to one endpoint, from one address and about one account.

    The account is whom the posted address names on the pages that open one, the person
    signed in elsewhere.
    """

    method: str
    from_address: str
    for_account: str = ""


PROVES_WHO_ONE_IS = Allowed("POST", "60 per minute; 600 per hour", "10 per 5 minutes; 100 per day")
"""An office may share one address among hundreds of people; nobody types ten passwords."""

WRITES_TO_A_PERSON = Allowed("POST", "30 per minute; 200 per hour", "5 per 10 minutes; 20 per day")
SENDS_INVITATIONS = Allowed("POST", "60 per minute; 600 per hour", "60 per hour; 200 per day")
SEARCHES = Allowed("GET", "120 per minute")
SUGGESTS_WHILE_TYPING = Allowed("GET", "300 per minute")
SAVES_AND_RANKS_WHILE_TYPING = Allowed("POST", "1200 per minute", "240 per minute")
"""A step of a need saves itself at most once a second or so; an office shares its address."""

TURNS_TO_THE_PROVIDER = Allowed("GET", "60 per minute")
EXPORTS = Allowed("POST", "60 per minute", "10 per minute; 60 per hour")

LIMITS = {
    "accounts.forgotten_password": WRITES_TO_A_PERSON,
    "accounts.magic_link": WRITES_TO_A_PERSON,
    "accounts.sign_in": PROVES_WHO_ONE_IS,
    "accounts.sign_up": WRITES_TO_A_PERSON,
    "accounts.unverified": WRITES_TO_A_PERSON,
    "accounts.verify": PROVES_WHO_ONE_IS,
    "claims.ask": SENDS_INVITATIONS,
    "claims.create": SENDS_INVITATIONS,
    "claims.find": SEARCHES,
    "facilitators.show": SEARCHES,
    "invitations.accept": PROVES_WHO_ONE_IS,
    "members.invite": SENDS_INVITATIONS,
    "oidc.attach": PROVES_WHO_ONE_IS,
    "oidc.back": TURNS_TO_THE_PROVIDER,
    "oidc.sign_up": WRITES_TO_A_PERSON,
    "oidc.start": TURNS_TO_THE_PROVIDER,
    "organisations.find": SEARCHES,
    "organisations.join": SENDS_INVITATIONS,
    "personal_data.erase": PROVES_WHO_ONE_IS,
    "personal_data.export": EXPORTS,
    "personal_data.send_link": WRITES_TO_A_PERSON,
    "places.suggest": SUGGESTS_WHILE_TYPING,
    "profile.change_address": WRITES_TO_A_PERSON,
    "profile.change_password": PROVES_WHO_ONE_IS,
    "steps.how": SAVES_AND_RANKS_WHILE_TYPING,
    "steps.start": SAVES_AND_RANKS_WHILE_TYPING,
    "steps.what": SAVES_AND_RANKS_WHILE_TYPING,
    "steps.where": SAVES_AND_RANKS_WHILE_TYPING,
    "structures.index": SEARCHES,
    "team.show": SENDS_INVITATIONS,
    "trail.export": EXPORTS,
    "users.invite": SENDS_INVITATIONS,
}
"""Endpoint → what it takes. An endpoint that is not here is not counted."""


def init_app(app: Flask, config: Config) -> None:
    """Count the requests of this application. To be called before CSRF protection starts."""
    limiter = Limiter(
        _address,
        default_limits=[
            Limit(_said(lambda allowed: allowed.from_address), _address, exempt_when=_is_unknown),
            Limit(_said(lambda allowed: allowed.for_account), _account, exempt_when=_is_nobody),
        ],
        strategy="moving-window",
        storage_uri=config.redis_url,
        storage_options={
            "key_prefix": f"{config.redis_prefix}limits",
            "socket_connect_timeout": 1,
            "socket_timeout": 1,
        },
        headers_enabled=True,
        swallow_errors=True,
    )
    limiter.init_app(app)


def _said(of: Callable[[Allowed], str]) -> Callable[[], str]:
    """What the table says of this request, in Flask-Limiter's words; nothing when silent."""

    def limits() -> str:
        allowed = LIMITS.get(request.endpoint or "")
        method = "GET" if request.method == "HEAD" else request.method
        return of(allowed) if allowed and allowed.method == method else ""

    return limits


def _address() -> str:
    """The visitor's address; of IPv6, the network of a household, which holds 2^64 of them."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or address.exploded[:19])
    return str(address)


def _account() -> str:
    """Who is asked for: the person signed in, else the hash of the address posted."""
    if current_user.is_authenticated:
        return f"person {current_user.user_id}"
    address = request.form.get("email", "").strip().lower()
    return sha256(address.encode("utf-8", "replace")).hexdigest() if address else ""


def _is_unknown() -> bool:
    return not _address()


def _is_nobody() -> bool:
    return not _account()
