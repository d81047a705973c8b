"""The conversation with the identity provider: OpenID Connect by ProConnect's profile.

Authorization code with PKCE, state and nonce, by Authlib; the person's claims come as a
signed token, which Authlib does not read.
"""

import secrets
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from flask import Flask, current_app, session
from flask.typing import ResponseReturnValue
from joserfc.errors import JoseError
from joserfc.jwt import Token
from requests import RequestException, Response

from marketplace import clock
from marketplace.accounts.identity import (
    LEEWAY,
    Identity,
    UnknownKey,
    WrongToken,
    check_userinfo,
    identity_of,
    signed_token,
)
from marketplace.config import Config

NAME = "proconnect"
SCOPES = "openid given_name usual_name email siret uid"
TIMEOUT_S = 5
LONGEST_HINT = 2000
"""Of an identity token, for a cookie holds 4,096 bytes in all."""


class ProviderAway(Exception):
    """The provider does not answer, or not as a provider does."""


class NotSignedIn(Exception):
    """What came back proves nothing: forged, expired, already used or given up."""


class _Session(OAuth2Session):
    """Requests to the provider go where we sent them, and do not wait for ever."""

    def request(self, method: str, url: str, **kwargs: Any) -> Response:
        given = {"allow_redirects": False, "timeout": TIMEOUT_S} | kwargs
        answer: Response = super().request(method, url, **given)
        return answer


class Provider(FlaskOAuth2App):
    """Authlib's client, stricter: one issuer, three algorithms, tokens that are for us."""

    client_cls = _Session

    def __init__(self, *args: Any, issuer: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.server_metadata: dict[str, Any]
        self.issuer = issuer

    def load_server_metadata(self) -> dict[str, Any]:
        metadata: dict[str, Any] = super().load_server_metadata()
        if metadata.get("issuer") != self.issuer:
            self.server_metadata = {}
            raise ProviderAway(f"another issuer answers: {metadata.get('issuer')}")
        return metadata

    def parse_id_token(self, token: dict[str, Any], nonce: str, **_: Any) -> dict[str, Any]:
        signed = self.checked(token["id_token"])
        options = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self.client_id},
        }
        about = {"nonce": nonce, "client_id": self.client_id, "access_token": token["access_token"]}
        claims = CodeIDToken(signed.claims, signed.header, options, about)
        claims.validate(leeway=LEEWAY.total_seconds())
        return dict(claims)

    def checked(self, token: str) -> Token:
        """A token whose signature is the provider's, after one look for newer keys."""
        try:
            return signed_token(token, self.client_secret, self.fetch_jwk_set())
        except UnknownKey:
            return signed_token(token, self.client_secret, self.fetch_jwk_set(force=True))


def init_app(app: Flask, config: Config) -> None:
    """Know the provider that the settings name, or none."""
    app.jinja_env.globals["has_proconnect"] = bool(config.oidc_issuer)
    if config.oidc_issuer:
        issuer = config.oidc_issuer.rstrip("/")
        OAuth(app).register(
            NAME,
            client_cls=Provider,
            issuer=config.oidc_issuer,
            client_id=config.oidc_client_id,
            client_secret=config.oidc_client_secret,
            server_metadata_url=f"{issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": SCOPES, "code_challenge_method": "S256"},
        )


def provider() -> Provider | None:
    """The provider of this application, if it has one."""
    known = current_app.extensions.get("authlib.integrations.flask_client")
    return known.create_client(NAME) if known else None


def ask(of: Provider, back: str) -> ResponseReturnValue:
    """Send the person to the provider, who sends it `back`. Raises ProviderAway.

    Authlib's own state and nonce are shorter than the 32 characters that ProConnect wants.
    """
    for earlier in [name for name in session if name.startswith(f"_state_{NAME}_")]:
        session.pop(earlier)  # one try at a time: a cookie holds three of them at most
    try:
        return of.authorize_redirect(
            back, state=secrets.token_urlsafe(32), nonce=secrets.token_urlsafe(32)
        )
    except (RequestException, ValueError, RuntimeError) as error:
        raise ProviderAway(str(error)) from error


def answer(of: Provider) -> tuple[Identity, str]:
    """Who comes back from the provider, and the hint by which it will know them at sign-out:
    empty when no cookie would hold it.

    Raises ProviderAway, NotSignedIn.
    """
    try:
        token = of.authorize_access_token()
        subject, hint = token["userinfo"]["sub"], token["id_token"]
        identity = identity_of(of.issuer, subject, _userinfo(of, token, subject))
        return identity, hint if len(hint) <= LONGEST_HINT else ""
    except RequestException as error:
        raise ProviderAway(str(error)) from error
    except (AuthlibBaseError, JoseError, WrongToken) as error:
        raise NotSignedIn(str(error)) from error
    except (ValueError, KeyError, TypeError, RuntimeError) as error:
        raise ProviderAway(f"not understood: {error!r}") from error


def _userinfo(of: Provider, token: dict[str, Any], subject: str) -> dict[str, Any]:
    said = of.get(of.load_server_metadata()["userinfo_endpoint"], token=token)
    said.raise_for_status()
    if said.headers.get("Content-Type", "").startswith("application/jwt"):
        claims = of.checked(said.text).claims
    else:
        # What other providers send. Nothing signs it, so it must be about whom the signed
        # identity token names.
        claims = dict(said.json()) | {"aud": of.client_id}
    check_userinfo(claims, of.issuer, of.client_id, subject, clock.now())
    return claims


def leaving(of: Provider, hint: str, back: str) -> str | None:
    """Where a person signs out of the provider too, to come `back`; None when it has no such page.

    The state that comes back is not looked at: nothing is decided there.
    """
    try:
        out = of.create_logout_url(back, id_token_hint=hint, state=secrets.token_urlsafe(32))
    except (RequestException, ValueError, RuntimeError, ProviderAway):
        return None
    return str(out["url"])
