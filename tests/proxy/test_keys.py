"""Keys from files and URLs, and what a bad or hostile source of them does."""

import gzip
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

import proxy.keys
from proxy.keys import MAX_BYTES, MAX_KEYS, FetchedKeys, FixedKeys, KeysError
from tests.assay.running import wait_until
from tests.proxy.certifying import certify
from tests.proxy.signing import KeyServer, PrivateKey, ec_key, jwk, jwks, key_server, kind, public_pem, rsa_key

RSA, EC, ED = rsa_key(), ec_key(), ed25519.Ed25519PrivateKey.generate()
SET = "/certs"


@pytest.fixture
def server() -> Iterator[KeyServer]:
    with key_server() as serving:
        yield serving


@pytest.fixture
def fetched() -> Iterator[Callable[[str], FetchedKeys]]:
    """Make keys that are fetched, without a pause between two fetches."""
    made: list[FetchedKeys] = []

    def make(url: str) -> FetchedKeys:
        made.append(FetchedKeys(url, pause=0.0))
        made[-1].start(patience=20)
        return made[-1]

    yield make
    for keys in made:
        keys.stop()
        keys._thread.join()


def found(keys: FixedKeys | FetchedKeys, kid: str | None = None) -> list[tuple[str, ...]]:
    return [key.algorithms for key in keys.find(kid)]


@pytest.mark.parametrize(
    ("content", "algorithms"),
    [
        (public_pem(RSA), [proxy.keys.RSA_ALGORITHMS]),
        (public_pem(EC), [("ES256",)]),
        (public_pem(ED), [("EdDSA",)]),
        (b"first\n" + public_pem(RSA) + b"\n" + public_pem(EC), [proxy.keys.RSA_ALGORITHMS, ("ES256",)]),
        (certify("issuer").pem(), [("ES256",)]),
        (jwks(jwk(RSA, alg="RS256"), jwk(EC), jwk(ED)), [("RS256",), ("ES256",), ("EdDSA",)]),
        (b"0123456789abcdef\n", [proxy.keys.SECRET_ALGORITHMS]),
    ],
    ids=kind,
)
def test_a_key_may_be_used_as_its_type_allows(content: bytes, algorithms: list[tuple[str, ...]]) -> None:
    """Not as a token says, or a public key would do as a shared secret."""
    assert found(FixedKeys(content)) == algorithms


def private_pem(key: PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"short",
        private_pem(RSA),
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        public_pem(rsa.generate_private_key(65537, 1024)),
        public_pem(ec.generate_private_key(ec.SECP256K1())),
        b"{}",
        b'{"keys": 1}',
        b'{"keys": []}',
        b'{"keys": [1, {}, {"kty": "oct", "k": "MDEyMzQ1Njc4OWFiY2RlZg"}]}',
        b"{" * 100_000,
        jwks(jwk(RSA, use="enc")),
        jwks(jwk(RSA, alg="HS256")),
        jwks(jwk(RSA, alg="none")),
        jwks({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}),
    ],
    ids=kind,
)
def test_what_holds_no_key_that_verifies_is_refused(content: bytes) -> None:
    """A private key, a weak one, one of another use."""
    with pytest.raises(KeysError):
        FixedKeys(content)


def test_keys_are_found_by_their_id() -> None:
    """A key without an id may have signed whatever names no other."""
    keys = FixedKeys(jwks(jwk(RSA, "one", alg="RS256"), jwk(EC, "two"), jwk(ED)))
    assert found(keys, "one") == [("RS256",), ("EdDSA",)]
    assert found(keys, "three") == [("EdDSA",)]
    assert found(keys) == [("RS256",), ("ES256",), ("EdDSA",)]


def test_only_so_many_keys_are_read() -> None:
    assert len(found(FixedKeys(jwks(*[jwk(EC)] * (MAX_KEYS + 5))))) == MAX_KEYS
    assert len(found(FixedKeys(public_pem(EC) * (MAX_KEYS + 5)))) == MAX_KEYS


@pytest.mark.parametrize(
    "url",
    [
        "http://id.example.com/certs",
        "ftp://127.0.0.1/certs",
        "https://me:secret@id.example.com/certs",
        "https:///certs",
        "https://[::1/certs",
        "https://id.example.com:99999/certs",
    ],
)
def test_a_url_that_others_could_answer_is_refused(url: str) -> None:
    with pytest.raises(KeysError) as error:
        FetchedKeys(url)
    assert "secret" not in str(error.value)


def test_a_set_is_fetched_before_the_first_token(server: KeyServer, fetched: Any) -> None:
    server.answers[SET] = jwks(jwk(EC, "one"))
    keys = fetched(server.url + SET)
    assert found(keys, "one") == [("ES256",)]
    assert server.asked == [SET]


def test_a_key_that_is_not_known_is_fetched(server: KeyServer, fetched: Any) -> None:
    """Providers change their keys. Nobody waits meanwhile, and the keys that went are forgotten."""
    server.answers[SET] = jwks(jwk(EC, "one"))
    keys = fetched(server.url + SET)
    server.answers[SET] = jwks(jwk(RSA, "two", alg="RS256"))
    assert found(keys, "two") == []
    wait_until(lambda: found(keys, "two") == [("RS256",)])
    assert found(keys, "one") == []


def test_a_set_is_fetched_again_by_itself(server: KeyServer, fetched: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a provider's new keys are here before its new tokens."""
    monkeypatch.setattr(proxy.keys, "REFRESH_SECONDS", 0.01)
    server.answers[SET] = jwks(jwk(EC, "one"))
    fetched(server.url + SET)
    wait_until(lambda: len(server.asked) > 1)


def test_unknown_keys_do_not_make_us_fetch_without_end(server: KeyServer) -> None:
    """Anybody can send tokens of keys that do not exist."""
    server.answers[SET] = jwks(jwk(EC, "one"))
    keys = FetchedKeys(server.url + SET, pause=3600.0)
    keys.start(patience=20)
    for number in range(1000):
        assert found(keys, str(number)) == []
    assert server.asked == [SET]
    keys.stop()
    keys._thread.join()


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"", b'{"keys": []}', b"[" * 100_000, b"\xff\xfe", jwks(jwk(EC)) + b" " * MAX_BYTES],
    ids=kind,
)
def test_what_is_no_set_leaves_the_keys_as_they_were(
    body: bytes, server: KeyServer, fetched: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """It is counted, said once, and mended by the next good answer."""
    server.answers[SET] = jwks(jwk(EC, "one"))
    keys = fetched(server.url + SET)
    server.answers[SET] = body
    with caplog.at_level(logging.WARNING):
        assert found(keys, "two") == []
        wait_until(lambda: keys.faults == 1)
        assert found(keys, "one") == [("ES256",)]
        wait_until(lambda: found(keys, "two") == [] and keys.faults > 1)
    assert len(caplog.messages) == 1
    server.answers[SET] = jwks(jwk(RSA, "two", alg="RS256"))
    wait_until(lambda: found(keys, "two") == [("RS256",)])


def test_a_server_that_is_down_at_first_is_asked_again(server: KeyServer, fetched: Any) -> None:
    server.status, server.answers[SET] = 503, jwks(jwk(EC, "one"))
    keys = fetched(server.url + SET)
    assert keys.faults == 1
    server.status = 200
    wait_until(lambda: found(keys, "one") == [("ES256",)])


def test_a_server_that_hangs_holds_up_nobody(server: KeyServer, fetched: Any) -> None:
    server.answers[SET] = jwks(jwk(EC, "one"))
    keys = fetched(server.url + SET)
    server.hanging = True
    assert found(keys, "two") == []
    wait_until(lambda: len(server.asked) == 2)
    assert found(keys, "one") == [("ES256",)]  # while the answer is under way
    server.answers[SET] = jwks(jwk(EC, "two"))
    server.hanging = False
    server.go_on.set()
    wait_until(lambda: found(keys, "two") == [("ES256",)])


def test_an_answer_without_end_is_cut(
    server: KeyServer, fetched: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(proxy.keys, "FETCH_SECONDS", 0.2)
    server.hanging, server.answers[SET] = True, jwks(jwk(EC, "one"))
    with caplog.at_level(logging.WARNING):
        assert fetched(server.url + SET).faults == 1
    assert "took longer than" in caplog.text


def test_compressed_answers_are_not_unpacked(server: KeyServer, fetched: Any) -> None:
    """A few bytes could become many."""
    server.headers["content-encoding"] = "gzip"
    server.answers[SET] = gzip.compress(jwks(jwk(EC, "one")))
    assert fetched(server.url + SET).faults == 1


def test_keys_that_cannot_be_fetched_for_long_count_no_more(
    server: KeyServer, fetched: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers[SET] = jwks(jwk(EC, "one"))
    keys = fetched(server.url + SET)
    monkeypatch.setattr(proxy.keys, "TRUSTED_SECONDS", 0.0)
    assert found(keys, "one") == []


def test_a_url_with_a_place_gives_one_key_each(server: KeyServer, fetched: Any) -> None:
    """As load balancers of AWS publish theirs."""
    server.answers["/one"], server.answers["/two"] = public_pem(EC), public_pem(RSA)
    keys = fetched(server.url + "/{kid}")
    assert server.asked == []
    wait_until(lambda: found(keys, "one") == [("ES256",)])
    wait_until(lambda: found(keys, "two") == [proxy.keys.RSA_ALGORITHMS])
    assert found(keys, "one") == [("ES256",)]
    assert set(server.asked) == {"/one", "/two"}


@pytest.mark.parametrize("kid", [None, "", "../x", "a/b", "a?b", "a" * 200, "%2e", ".", "é"])
def test_an_id_that_is_no_plain_word_is_not_asked_for(kid: str | None, server: KeyServer, fetched: Any) -> None:
    """It comes from a token that nobody has checked, and would lead elsewhere on the server."""
    server.answers["/one"] = public_pem(EC)
    keys = fetched(server.url + "/{kid}")
    assert found(keys, kid) == []
    wait_until(lambda: found(keys, "one"))
    assert server.asked == ["/one"]


@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: f'{{"keys": [{text}]}}'.encode()))
def test_any_file_holds_keys_or_is_refused(content: bytes) -> None:
    with suppress(KeysError):
        assert found(FixedKeys(content))
