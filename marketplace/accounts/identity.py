"""Who a person is for an identity provider, and the signed words that say so. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet, OctKey

from marketplace.accounts.addresses import is_address
from marketplace.siret import cleaned, is_siret

PUBLIC_KEY_ALGORITHMS = ("RS256", "ES256")
SECRET_ALGORITHM = "HS256"
"""The three that ProConnect proposes. Each has its own keys: the secret never verifies what a
public key should, nor the reverse."""

LEEWAY = timedelta(minutes=2)
LONGEST_NAME, LONGEST_ID = 120, 255


class WrongToken(Exception):
    """Forged, meant for another, too old, or not to be understood."""


class UnknownKey(WrongToken):
    """Signed with a key that is not among those known: there may be newer ones."""


@dataclass(frozen=True)
class Identity:
    """A person as a provider knows it: the pair (issuer, subject). The rest is only said.

    What the provider does not say, or says wrongly, is empty.
    """

    issuer: str
    subject: str
    email: str
    is_email_verified: bool
    full_name: str
    siret: str


def signed_token(token: str, secret: str, keys: Mapping[str, Any]) -> jwt.Token:
    """The header and claims of a token, once its signature is checked and nothing else.

    Args:
        secret: what the provider and the client share.
        keys: the provider's public keys, as a JSON Web Key Set.

    Raises:
        UnknownKey, WrongToken.
    """

    def key_for(signature: Any) -> Any:
        if signature.headers()["alg"] == SECRET_ALGORITHM:
            return OctKey.import_key(secret)
        public = [key for key in keys.get("keys", ()) if key.get("kty") != "oct"]
        return KeySet.import_key_set({"keys": public})

    allowed = jws.JWSRegistry(
        algorithms=[*PUBLIC_KEY_ALGORITHMS, SECRET_ALGORITHM], strict_check_header=False
    )
    try:
        return jwt.decode(token, key_for, registry=allowed)
    except InvalidKeyIdError as error:
        raise UnknownKey(str(error)) from error
    except (JoseError, ValueError, TypeError, AttributeError) as error:
        raise WrongToken(str(error)) from error


def check_userinfo(
    claims: Mapping[str, Any], issuer: str, client_id: str, subject: str, now: datetime
) -> None:
    """Say whether signed claims about a person are for us, of this person and still good.

    `iat` is not looked at: the clocks of providers differ, and `les-emplois` refused people
    by it (its pull request 5097). A token without `exp` does not end: it answers a request
    that we just made.

    Raises WrongToken.
    """
    audience = claims.get("aud")
    if client_id not in (audience if isinstance(audience, list) else [audience]):
        raise WrongToken("another client's")
    if claims.get("iss", issuer) != issuer:
        raise WrongToken("another issuer's")
    if claims.get("sub") != subject:
        raise WrongToken("about somebody else")
    ends = claims.get("exp", now.timestamp())
    if not isinstance(ends, int | float) or ends < (now - LEEWAY).timestamp():
        raise WrongToken("too old")


def identity_of(issuer: str, subject: str, claims: Mapping[str, Any]) -> Identity:
    """What a provider says of a person, without what cannot be true.

    `given_name`, `usual_name` and `siret` are ProConnect's claims; other providers say
    `name` or `family_name`. Raises WrongToken when the subject cannot be stored.
    """
    if not subject or len(subject) > LONGEST_ID or not subject.isprintable():
        raise WrongToken("no subject")
    said = {name: _one_line(value) for name, value in claims.items() if isinstance(value, str)}
    family_name = said.get("usual_name") or said.get("family_name", "")
    full_name = f"{said.get('given_name', '')} {family_name}".strip() or said.get("name", "")
    email = said.get("email", "")
    is_email = is_address(email)
    siret = cleaned(said.get("siret", ""))
    return Identity(
        issuer=issuer,
        subject=subject,
        email=email if is_email else "",
        is_email_verified=is_email and claims.get("email_verified") is True,
        full_name=full_name[:LONGEST_NAME].strip(),
        siret=siret if is_siret(siret) else "",
    )


def _one_line(words: str) -> str:
    return " ".join("".join(c for c in words if c.isprintable() or c.isspace()).split())
