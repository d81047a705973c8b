"""The link by which a prescriber without an account answers about posts to fill. Pure.

It is good for one prescriber and these posts only, and dies with them: the day after the last one
to answer, or when they are closed.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from hashlib import sha256

_TOKEN = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})\.([A-Za-z0-9_-]{43})")


class DeadLink(Exception):
    """The link is not one of ours, or its posts take no more candidates."""


def token_of(secret_key: str, opening_id: int, prescriber_id: int) -> str:
    said = f"{opening_id}.{prescriber_id}"
    return f"{said}.{_signature(secret_key, said)}"


def path_of(secret_key: str, opening_id: int, prescriber_id: int) -> str:
    return f"/postes/candidats/{token_of(secret_key, opening_id, prescriber_id)}"


def read(secret_key: str, token: str) -> tuple[int, int]:
    """The ids of the opening and of the prescriber. Raises DeadLink."""
    found = _TOKEN.fullmatch(token)
    if not found:
        raise DeadLink
    said = f"{found[1]}.{found[2]}"
    if not hmac.compare_digest(found[3], _signature(secret_key, said)):
        raise DeadLink
    return int(found[1]), int(found[2])


def _signature(secret_key: str, said: str) -> str:
    digest = hmac.new(secret_key.encode(), f"clauses.posts:{said}".encode(), sha256).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
