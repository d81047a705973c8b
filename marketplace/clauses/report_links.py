"""The link by which a firm without an account reports its hours on one contract. Pure."""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256


class DeadLink(Exception):
    """The link is not one of ours."""


def token_of(secret_key: str, employer_id: int) -> str:
    return f"{employer_id}.{_signature(secret_key, employer_id)}"


def path_of(secret_key: str, employer_id: int) -> str:
    return f"/heures/{token_of(secret_key, employer_id)}"


def employer_of(secret_key: str, token: str) -> int:
    """Raises DeadLink."""
    number, _, signature = token.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise DeadLink
    expected = _signature(secret_key, int(number))
    if not hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode()):
        raise DeadLink
    return int(number)


def _signature(secret_key: str, employer_id: int) -> str:
    said = f"clauses.employer:{employer_id}".encode()
    digest = hmac.new(secret_key.encode(), said, sha256).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
