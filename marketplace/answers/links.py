"""The link that a mail brings to a person about one need and one of its structures. Pure.

It opens a page with buttons, for that person and need only, until the need closes; nothing
is done by following it.
"""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256


class DeadLink(Exception):
    """The link is not one of ours."""


@dataclass(frozen=True, slots=True)
class Invited:
    """Whom a link speaks to, about what."""

    user_id: int
    need_id: int
    structure_id: int


def token_of(secret_key: str, invited: Invited) -> str:
    said = f"{invited.user_id}.{invited.need_id}.{invited.structure_id}"
    return f"{said}.{_signature(secret_key, said)}"


def path_of(secret_key: str, invited: Invited) -> str:
    return f"/reponse/{token_of(secret_key, invited)}"


def invited_by(secret_key: str, token: str) -> Invited:
    """Raises DeadLink."""
    said, _, signature = token.rpartition(".")
    expected = _signature(secret_key, said)
    if not hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode()):
        raise DeadLink
    user_id, need_id, structure_id = map(int, said.split("."))
    return Invited(user_id, need_id, structure_id)


def _signature(secret_key: str, said: str) -> str:
    words = f"answers.invited:{said}".encode("utf-8", "replace")
    digest = hmac.new(secret_key.encode(), words, sha256).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
