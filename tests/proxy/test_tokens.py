"""Whom a signed token names, and which tokens name nobody."""

import base64
import json
import logging
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.keys import FixedKeys
from proxy.tokens import MAX_TOKEN_CHARS, TokenRules, Tokens, claimed_subject
from tests.proxy.signing import ec_key, jwk, jwks, kind, public_pem, rsa_key, token

SECRET = "0123456789abcdef"
RSA, EC = rsa_key(), ec_key()
NOW = 1_795_000_000
CLAIMS = ("email", "preferred_username", "sub")


def tokens(keys: bytes = SECRET.encode(), **rules: Any) -> Tokens:
    return Tokens(TokenRules(**{"header": "X-Token", "claims": CLAIMS, **rules}), FixedKeys(keys))


def named(asked: Tokens, value: str) -> str | None:
    found = asked.read({"x-token": value}, NOW)
    return found.name if found else None


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (SECRET.encode(), token(SECRET, "HS256", sub="ada")),
        (SECRET.encode(), token(SECRET, "HS512", sub="ada")),
        (public_pem(RSA), token(RSA, "RS256", sub="ada")),
        (public_pem(RSA), token(RSA, "PS384", sub="ada")),
        (public_pem(EC), token(EC, "ES256", sub="ada")),
        (jwks(jwk(RSA, "one"), jwk(EC, "two")), token(EC, "ES256", "two", sub="ada")),
        (jwks(jwk(RSA), jwk(EC)), token(EC, "ES256", "three", sub="ada")),  # no key says its id: each is tried
        (public_pem(RSA) + public_pem(EC), token(EC, "ES256", sub="ada")),
    ],
    ids=kind,
)
def test_a_token_names_whom_it_was_signed_for(keys: bytes, value: str) -> None:
    """Alone in its header, or after Bearer."""
    asked = tokens(keys)
    assert [named(asked, value), named(asked, f"Bearer {value}"), named(asked, f"bearer  {value} ")] == ["ada"] * 3
    assert asked.refused == 0


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"sub": "1", "email": "ada@example.com"}, "ada@example.com"),
        ({"sub": "1", "email": " ", "preferred_username": "ada"}, "ada"),
        ({"sub": "1", "email": ["ada@example.com"]}, "1"),
        ({"sub": 1}, None),
        ({}, None),
    ],
)
def test_the_first_claim_that_is_there_is_the_name(claims: dict[str, Any], name: str | None) -> None:
    assert named(tokens(), token(SECRET, "HS256", **claims)) == name


@pytest.mark.parametrize(
    ("claim", "groups"),
    [
        (["a", "b", 3], ("a", "b")),
        ("a", ("a",)),
        (3, ()),
        (None, ()),
    ],
)
def test_a_claim_may_name_groups(claim: object, groups: tuple[str, ...]) -> None:
    found = tokens(groups_claim="groups").read({"x-token": token(SECRET, "HS256", sub="ada", groups=claim)}, NOW)
    assert found is not None
    assert found.groups == groups


def unsigned(head: dict[str, Any], **claims: Any) -> str:
    parts = [json.dumps(part).encode() for part in (head, {"exp": NOW + 3600, **claims})]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


def confused() -> str:
    """Sign with a public key as if it were a shared secret, which anybody can."""
    import hashlib
    import hmac

    body = unsigned({"alg": "HS256", "typ": "JWT"}, sub="ada")[:-1]
    mac = hmac.new(public_pem(RSA), body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    ("keys", "value", "why"),
    [
        (SECRET.encode(), token(SECRET[::-1], "HS256", sub="ada"), "InvalidSignatureError"),
        (SECRET.encode(), token(SECRET, "HS256", sub="ada", exp=NOW - 3600), "it has expired"),
        (SECRET.encode(), token(SECRET, "HS256", sub="ada", exp=None), "MissingRequiredClaimError"),
        (SECRET.encode(), token(SECRET, "HS256", sub="ada", exp=float("nan")), "it has expired"),
        (SECRET.encode(), token(SECRET, "HS256", sub="ada", exp=True), "its exp is no time"),
        (SECRET.encode(), token(SECRET, "HS256", sub="ada", exp="never"), "its exp is no time"),
        (SECRET.encode(), token(SECRET, "HS256", sub="ada", nbf=NOW + 3600), "it has expired, or counts from later on"),
        (SECRET.encode(), unsigned({"alg": "none"}, sub="ada"), "InvalidAlgorithmError"),
        (SECRET.encode(), token(RSA, "RS256", sub="ada"), "InvalidAlgorithmError"),
        (public_pem(RSA), confused(), "InvalidAlgorithmError"),
        (public_pem(RSA), token(EC, "ES256", sub="ada"), "InvalidAlgorithmError"),
        (public_pem(RSA), unsigned({"alg": "none"}, sub="ada"), "InvalidAlgorithmError"),
        (jwks(jwk(RSA, "one")), token(RSA, "RS256", "two", sub="ada"), "no key is known"),
        (jwks(jwk(RSA, "one")), token(RSA, "RS256", "two/../one", sub="ada"), "no key is known"),
        (SECRET.encode(), token(SECRET, "HS256", sub="ada")[:-3] + "~~~", "Error"),
        (SECRET.encode(), "ey..", "DecodeError"),
        (SECRET.encode(), "eyé.é.é", "Error"),
        (SECRET.encode(), "ey" + "a" * MAX_TOKEN_CHARS + "..", "too long"),
        (SECRET.encode(), token(SECRET, "HS256", name="ada"), "none of the claims"),
    ],
    ids=kind,
)
def test_what_cannot_be_checked_names_nobody(
    keys: bytes, value: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Each is refused, counted, and said once, without a word of it."""
    asked = tokens(keys)
    with caplog.at_level(logging.DEBUG):
        assert [named(asked, value), named(asked, value)] == [None, None]
    assert asked.refused == 2
    assert len(caplog.messages) == 1
    assert why in caplog.messages[0]
    assert "ada" not in caplog.text
    assert value not in caplog.text


def test_clocks_may_differ_a_little() -> None:
    assert named(tokens(), token(SECRET, "HS256", sub="ada", exp=NOW - 20, nbf=NOW + 20, iat=NOW + 20)) == "ada"


@pytest.mark.parametrize(
    ("rules", "claims", "name"),
    [
        ({"issuers": ("i",)}, {"iss": "i"}, "ada"),
        ({"issuers": ("h", "i")}, {"iss": "i"}, "ada"),
        ({"issuers": ("issuer",)}, {"iss": "i"}, None),
        ({"issuers": ("i",)}, {}, None),
        ({"audiences": ("a",)}, {"aud": "a"}, "ada"),
        ({"audiences": ("a", "b")}, {"aud": ["b", "c"]}, "ada"),
        ({"audiences": ("a",)}, {"aud": "b"}, None),
        ({"audiences": ("a",)}, {}, None),
        ({}, {"aud": "b", "iss": "i"}, "ada"),
        ({"signers": ("s",)}, {"signer": "s"}, "ada"),
        ({"signers": ("s",)}, {"signer": "t"}, None),
        ({"signers": ("s",)}, {}, None),
    ],
)
def test_a_token_of_another_or_for_another_does_not_count(
    rules: dict[str, Any], claims: dict[str, Any], name: str | None
) -> None:
    asked = tokens(**rules)
    assert named(asked, token(SECRET, "HS256", sub="ada", **claims)) == name
    assert asked.refused == (name is None)


def test_padding_is_taken() -> None:
    """AWS writes its tokens with it, and signs it."""
    head, body = ({"alg": "ES256", "typ": "JWT"}, {"sub": "ada", "exp": NOW + 3600})
    signed = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode() + b" ").decode() for part in (head, body))
    assert "=" in signed
    signature = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256).sign(signed.encode(), EC)
    value = f"{signed}.{base64.urlsafe_b64encode(signature).decode()}"
    assert named(tokens(public_pem(EC)), value) == "ada"


@pytest.mark.parametrize("value", ["", "sk-live-1", "Bearer sk-live-1", "Basic YTpi", "a.b.c"])
def test_what_is_no_token_is_no_refusal(value: str) -> None:
    """In the header Authorization stand API keys too."""
    asked = tokens()
    assert named(asked, value) is None
    assert asked.refused == 0


@pytest.mark.parametrize(
    ("value", "subject"),
    [
        ("Bearer " + token(RSA, "RS256", sub="user-1", exp=NOW - 9999), "user-1"),
        ("Bearer " + token(RSA, "RS256", id="user-2", typ="session"), "user-2"),
        ("Bearer " + token(RSA, "RS256", id=7, email="ada@example.com"), None),
        ("Bearer tid=0123456789abcdef;exp=1674258990;sku=yearly:00000000", "0123456789abcdef"),
        ("Bearer tid=;exp=1674258990:00000000", None),
        ("Bearer sk-live-1", None),
        ("Bearer eyJ.eyJ.x", None),
        ("Bearer ey" + "a" * MAX_TOKEN_CHARS + "..", None),
        ("", None),
    ],
    ids=kind,
)
def test_a_token_that_nobody_checks_is_a_claim(value: str, subject: str | None) -> None:
    """A login's token changes within the hour; whom it is for does not."""
    assert claimed_subject({"authorization": value}) == subject


PARTS = st.binary(max_size=60).map(lambda part: base64.urlsafe_b64encode(part).decode())
JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5)
HEADS = st.dictionaries(st.sampled_from(["alg", "kid", "crit", "b64", "typ", "jwk"]), JSON).map(
    lambda head: base64.urlsafe_b64encode(json.dumps(head).encode()).decode()
)


@given(st.text(max_size=200) | st.tuples(HEADS | PARTS, PARTS, PARTS).map(".".join))
def test_any_text_names_nobody_and_raises_nothing(value: str) -> None:
    for asked in (tokens(), tokens(public_pem(RSA))):
        assert named(asked, value) is None
    assert claimed_subject({"authorization": value}) is None or value.startswith(("ey", "tid="))
