"""How often each page may be asked for: one table, counted before anything else is looked at.

The count stands before the CSRF check and before the view, so that a forged or broken form
counts like a good one. When the counter is out of reach, everybody passes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

from flask import Flask, Response, request
from flask_limiter import Limit, Limiter
from flask_login import current_user

from marketplace.config import Config
from marketplace.forms import one_line

REFUSED = 422


@dataclass(frozen=True)
class Allowed:
    """Requests of one method to one endpoint, from one address and about one account.

    The account is whom the posted address names on the pages that open one, the person
    signed in elsewhere.
    """

    method: str
    from_address: str
    for_account: str = ""
    counts_refused: bool = True
    """Whether a form that was refused for what it says counts for the account."""


PROVES_WHO_ONE_IS = Allowed("POST", "60 per minute; 600 per hour", "10 per 5 minutes; 100 per day")
"""An office may share one address among hundreds of people; nobody types ten passwords."""

WRITES_TO_A_PERSON = Allowed("POST", "30 per minute; 200 per hour", "5 per 10 minutes; 20 per day")
OPENS_AN_ACCOUNT = replace(WRITES_TO_A_PERSON, counts_refused=False)
"""A long form that somebody corrects four times wrote to nobody yet."""

OPENS_ORGANISATIONS = Allowed(
    "POST", "30 per minute", "5 per hour; 10 per day", counts_refused=False
)
"""A buyer opens its own, a purchasing platform those that it buys for; nobody opens forty."""

SENDS_INVITATIONS = Allowed("POST", "60 per minute; 600 per hour", "60 per hour; 200 per day")
SEARCHES = Allowed("GET", "120 per minute")
SUGGESTS_WHILE_TYPING = Allowed("GET", "300 per minute")
SAVES_AND_RANKS_WHILE_TYPING = Allowed("POST", "1200 per minute", "240 per minute")
"""A step of a need saves itself at most once a second or so; an office shares its address."""

TURNS_TO_THE_PROVIDER = Allowed("GET", "60 per minute")
WRITES_TO_PEOPLE = Allowed("POST", "120 per minute", "30 per minute; 300 per day")
"""Messages and questions about a need, which others are told of by mail."""

EXPORTS = Allowed("POST", "60 per minute", "10 per minute; 60 per hour")

UPLOADS = Allowed("POST", "60 per minute", "30 per 10 minutes; 200 per day")
TELLS_MANY = Allowed("POST", "60 per minute", "10 per minute; 60 per hour")
"""What changes a need is told to every structure that knows it."""

DOWNLOADS = Allowed("GET", "120 per minute", "20 per minute; 200 per hour")

LIMITS = {
    "network_imports.index": UPLOADS,
    "network_imports.report": DOWNLOADS,
    "network_people.show": SENDS_INVITATIONS,
    "accounts.forgotten_password": WRITES_TO_A_PERSON,
    "accounts.magic_link": WRITES_TO_A_PERSON,
    "accounts.sign_in": PROVES_WHO_ONE_IS,
    "accounts.sign_up": OPENS_AN_ACCOUNT,
    "accounts.unverified": WRITES_TO_A_PERSON,
    "accounts.verify": PROVES_WHO_ONE_IS,
    "answers.files": UPLOADS,
    "claims.ask": SENDS_INVITATIONS,
    "claims.create": SENDS_INVITATIONS,
    "claims.find": SEARCHES,
    "clauses.calculate": SUGGESTS_WHILE_TYPING,
    "clauses.for_need": SUGGESTS_WHILE_TYPING,
    "clauses.levers": SEARCHES,
    "consortia.invite": WRITES_TO_PEOPLE,
    "consortia.say": WRITES_TO_PEOPLE,
    "contracts.districts_export": DOWNLOADS,
    "contract_links.send": WRITES_TO_PEOPLE,
    "contracts.export": DOWNLOADS,
    "desk_hours.review": WRITES_TO_PEOPLE,
    "exports.choose": EXPORTS,
    "facilitators.show": SEARCHES,
    "feeds.needs": SEARCHES,
    "figures.export": DOWNLOADS,
    "figures.missing": SEARCHES,
    "figures.missing_export": DOWNLOADS,
    "figures.missing_needs_export": DOWNLOADS,
    "group_files.index": UPLOADS,
    "imports.index": UPLOADS,
    "imports.report": DOWNLOADS,
    "hours.import_sheet": UPLOADS,
    "hours.report_by_link": Allowed("POST", "60 per minute"),
    "hours.template": DOWNLOADS,
    "invitations.accept": PROVES_WHO_ONE_IS,
    "members.invite": SENDS_INVITATIONS,
    "need_cutting.cut": TELLS_MANY,
    "need_files.index": UPLOADS,
    "lot_life.add": TELLS_MANY,
    "lot_life.change": TELLS_MANY,
    "lot_life.end": TELLS_MANY,
    "need_life.amend_part": TELLS_MANY,
    "need_life.close": TELLS_MANY,
    "need_life.open_again": TELLS_MANY,
    "need_life.put_off": TELLS_MANY,
    "need_life.withdraw": TELLS_MANY,
    "need_ranking.export": DOWNLOADS,
    "needs.index": SEARCHES,
    "offers.preview": SAVES_AND_RANKS_WHILE_TYPING,
    "oidc.attach": PROVES_WHO_ONE_IS,
    "oidc.back": TURNS_TO_THE_PROVIDER,
    "oidc.sign_up": WRITES_TO_A_PERSON,
    "oidc.start": TURNS_TO_THE_PROVIDER,
    "organisations.create": OPENS_ORGANISATIONS,
    "organisations.find": SEARCHES,
    "organisations.join": SENDS_INVITATIONS,
    "personal_data.erase": PROVES_WHO_ONE_IS,
    "personal_data.export": EXPORTS,
    "personal_data.send_link": WRITES_TO_A_PERSON,
    "partners.start": WRITES_TO_PEOPLE,
    "cpv.suggest": SUGGESTS_WHILE_TYPING,
    "places.suggest": SUGGESTS_WHILE_TYPING,
    "posts.candidates": WRITES_TO_PEOPLE,
    "posts.show": WRITES_TO_PEOPLE,
    "potential.export": EXPORTS,
    "potential.export_study": DOWNLOADS,
    "potential.keep": UPLOADS,
    "potential.start": UPLOADS,
    "profile.change_address": WRITES_TO_A_PERSON,
    "profile.change_password": PROVES_WHO_ONE_IS,
    "proposals.decide": TELLS_MANY,
    "questions.answer": WRITES_TO_PEOPLE,
    "questions.ask": WRITES_TO_PEOPLE,
    "received.remind": WRITES_TO_PEOPLE,
    "sourcing_report.export": DOWNLOADS,
    "spending.add": UPLOADS,
    "spending.export": DOWNLOADS,
    "programming.index": SEARCHES,
    "steps.how": SAVES_AND_RANKS_WHILE_TYPING,
    "steps.start": SAVES_AND_RANKS_WHILE_TYPING,
    "steps.what": SAVES_AND_RANKS_WHILE_TYPING,
    "steps.where": SAVES_AND_RANKS_WHILE_TYPING,
    "structure_images.index": UPLOADS,
    "structures.index": SEARCHES,
    "structures.offers": SEARCHES,
    "structures.suggest": SUGGESTS_WHILE_TYPING,
    "structures.verify": SEARCHES,
    "support.ask": WRITES_TO_PEOPLE,
    "support.extend": WRITES_TO_PEOPLE,
    "support.relax": WRITES_TO_PEOPLE,
    "support.widen": WRITES_TO_PEOPLE,
    "team.show": SENDS_INVITATIONS,
    "territories.export": DOWNLOADS,
    "territories.index": SEARCHES,
    "threads.show": WRITES_TO_PEOPLE,
    "threads.write_to_all": WRITES_TO_PEOPLE,
    "trail.export": EXPORTS,
    "users.invite": SENDS_INVITATIONS,
}
"""Endpoint → what it takes. An endpoint that is not here is not counted."""

MB = 1024 * 1024
LARGEST_BODIES = {
    "answers.files": 52 * MB,
    "group_files.index": 52 * MB,
    "need_files.index": 52 * MB,
    "threads.show": 32 * MB,
}
"""Endpoint → bytes that may be posted to it: five files of 10 MB. Elsewhere, what app.py says."""


def init_app(app: Flask, config: Config) -> None:
    """Count the requests of this application. To be called before CSRF protection starts."""
    app.before_request(_measure)  # first: what comes next reads the form
    limiter = Limiter(
        _address,
        default_limits=[
            Limit(_said(lambda allowed: allowed.from_address), _address, exempt_when=_is_unknown),
            Limit(
                _said(lambda allowed: allowed.for_account),
                _account,
                exempt_when=_is_nobody,
                deduct_when=_counts,
            ),
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


def _measure() -> None:
    if largest := LARGEST_BODIES.get(request.endpoint or ""):
        request.max_content_length = largest


def _counts(answer: Response) -> bool:
    allowed = LIMITS.get(request.endpoint or "")
    return allowed is None or allowed.counts_refused or answer.status_code != REFUSED


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
    """Who is asked for: the person signed in, else the hash of the address posted, read as the
    forms read it: what no one can see in it makes no other account."""
    if current_user.is_authenticated:
        return f"person {current_user.user_id}"
    address = one_line(request.form.get("email")).lower()
    return sha256(address.encode("utf-8", "replace")).hexdigest() if address else ""


def _is_unknown() -> bool:
    return not _address()


def _is_nobody() -> bool:
    return not _account()
