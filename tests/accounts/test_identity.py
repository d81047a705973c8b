"""What a provider says is believed when it signed it, for us, about this person, lately."""

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from marketplace.accounts.identity import (
    UnknownKey,
    WrongToken,
    check_userinfo,
    identity_of,
    signed_token,
)

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ISSUER = "https://fournisseur.invalid/api/v2"
SECRET = "un secret partagé avec le fournisseur"
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
KEYS: Mapping[str, Any] = KeySet([RSA, EC]).as_dict(private=False)
CLAIMS = {"sub": "42", "aud": "tandem", "email": "camille@ville.fr"}


def segment(said: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "token",
    [
        jwt.encode({"alg": "RS256", "kid": "rsa"}, CLAIMS, RSA),
        jwt.encode({"alg": "ES256", "kid": "ec"}, CLAIMS, EC),
        jwt.encode({"alg": "HS256"}, CLAIMS, OctKey.import_key(SECRET)),
    ],
    ids=["RS256", "ES256", "HS256"],
)
def test_what_the_provider_signed_is_read_by_each_algorithm_of_proconnect(token: str) -> None:
    assert signed_token(token, SECRET, KEYS).claims == CLAIMS


GOOD = jwt.encode({"alg": "RS256", "kid": "rsa"}, CLAIMS, RSA)
HEAD, BODY, SIGNATURE = GOOD.split(".")
PUBLIC_PEM = RSA.as_pem(private=False)


def signed_with_the_public_key() -> str:
    """The confusion of algorithms: a public key, which all know, taken for a shared secret."""
    signed = f"{segment({'alg': 'HS256', 'kid': 'rsa'})}.{BODY}"
    mac = hmac.digest(PUBLIC_PEM, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    "forged",
    [
        f"{segment({'alg': 'none'})}.{BODY}.",
        f"{segment({'alg': 'None'})}.{BODY}.",
        f"{segment({})}.{BODY}.{SIGNATURE}",
        f"{HEAD}.{segment(CLAIMS | {'sub': '1'})}.{SIGNATURE}",
        f"{HEAD}.{BODY}.",
        f"{HEAD}.{BODY}",
        f"{HEAD}.{segment(['42'])}.{SIGNATURE}",
        signed_with_the_public_key(),
        jwt.encode({"alg": "HS256"}, CLAIMS, OctKey.import_key("un autre secret que celui-là")),
        jwt.encode({"alg": "HS256", "kid": "rsa"}, CLAIMS, OctKey.import_key("rsa" * 12)),
        jwt.encode({"alg": "RS256", "kid": "rsa"}, CLAIMS, RSAKey.generate_key(2048)),
        jwt.encode({"alg": "HS512"}, CLAIMS, OctKey.import_key(SECRET), algorithms=["HS512"]),
        jwt.encode({"alg": "PS256", "kid": "rsa"}, CLAIMS, RSA, algorithms=["PS256"]),
        "",
        "...",
        "é.é.é",
        "\0",
    ],
)
def test_a_forged_token_says_nothing(forged: str) -> None:
    with pytest.raises(WrongToken):
        signed_token(forged, SECRET, KEYS)


@given(st.text(max_size=200))
def test_no_text_at_all_makes_the_reader_stumble(text: str) -> None:
    with pytest.raises(WrongToken):
        signed_token(text, SECRET, KEYS)


@pytest.mark.parametrize("keys", [{}, {"keys": []}, {"keys": [{"kty": "oct", "k": "AAAA"}]}])
def test_a_provider_cannot_publish_a_secret_as_its_public_key(keys: dict[str, Any]) -> None:
    with pytest.raises(WrongToken):
        signed_token(GOOD, SECRET, keys)


def test_a_newer_key_is_told_apart_from_a_forgery() -> None:
    newer = RSAKey.generate_key(2048, {"kid": "newer"})
    with pytest.raises(UnknownKey):
        signed_token(jwt.encode({"alg": "RS256", "kid": "newer"}, CLAIMS, newer), SECRET, KEYS)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"aud": ["autre", "tandem"]},
        {"iss": ISSUER},
        {"exp": NOW.timestamp()},
        {"exp": (NOW - timedelta(seconds=90)).timestamp()},  # clocks differ
        {"iat": (NOW + timedelta(hours=1)).timestamp()},
    ],
)
def test_claims_for_us_about_this_person_are_taken(said: dict[str, Any]) -> None:
    check_userinfo(CLAIMS | said, ISSUER, "tandem", "42", NOW)


@pytest.mark.parametrize(
    "said",
    [
        {"aud": "autre"},
        {"aud": ["autre"]},
        {"aud": None},
        {"aud": "tandem2"},
        {"iss": "https://ailleurs.invalid"},
        {"sub": "43"},
        {"sub": None},
        {"exp": (NOW - timedelta(minutes=3)).timestamp()},
        {"exp": "demain"},
        {"exp": None},
    ],
)
def test_claims_of_another_client_person_issuer_or_time_are_refused(said: dict[str, Any]) -> None:
    with pytest.raises(WrongToken):
        check_userinfo(CLAIMS | said, ISSUER, "tandem", "42", NOW)


def test_proconnects_claims_make_a_name_an_address_and_a_siret() -> None:
    said = {
        "given_name": "Camille  Dominique",
        "usual_name": "Martin",
        "email": " camille.martin@ville.fr ",
        "siret": "35600000049837",
    }
    identity = identity_of(ISSUER, "42", said)
    assert identity.full_name == "Camille Dominique Martin"
    assert (identity.email, identity.siret) == ("camille.martin@ville.fr", "35600000049837")
    assert identity.is_email_verified is False  # ProConnect does not say so


@pytest.mark.parametrize(("said", "is_verified"), [(True, True), (False, False), ("true", False)])
def test_an_address_is_proven_only_when_the_provider_says_so(
    said: object, is_verified: bool
) -> None:
    claims = {"email": "camille@ville.fr", "email_verified": said}
    assert identity_of(ISSUER, "42", claims).is_email_verified is is_verified


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("email", "camille"),
        ("email", "camille@ville.fr\r\nBcc: tous@ville.fr"),
        ("email", f"{'c' * 300}@ville.fr"),
        ("email", ["camille@ville.fr"]),
        ("siret", "12345678901234"),
        ("siret", "00000000000000"),
        ("siret", 35600000049837),
    ],
)
def test_a_claim_that_cannot_be_true_is_left_out(claim: str, value: object) -> None:
    identity = identity_of(ISSUER, "42", {claim: value, "email_verified": True})
    assert getattr(identity, claim) == ""
    assert identity.is_email_verified is False


@pytest.mark.parametrize("subject", ["", "4\n2", "\0", "4" * 256])
def test_a_subject_that_cannot_be_kept_is_refused(subject: str) -> None:
    with pytest.raises(WrongToken):
        identity_of(ISSUER, subject, {})


@given(st.dictionaries(st.sampled_from(["given_name", "usual_name", "email", "siret"]), st.text()))
def test_no_claim_writes_more_than_a_line(claims: dict[str, str]) -> None:
    identity = identity_of(ISSUER, "42", claims)
    for said in (identity.full_name, identity.email, identity.siret):
        assert said == " ".join(said.split())
        assert said.isprintable()
        assert len(said) <= 254
