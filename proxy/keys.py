"""The keys that signed tokens are checked with: read from a file, or fetched from a URL by a thread of its own.

Whoever checks a token never waits for the network: a key that is not there yet is asked for, and the token counts for
nothing meanwhile. Leaves out the tokens (`tokens.py`).
"""

import json
import logging
import queue
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

log = logging.getLogger(__name__)

# What a key's type allows, whatever a token says: so a public key is never taken for a shared secret (RFC 8725, 3.1).
RSA_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
CURVE_ALGORITHMS = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
SECRET_ALGORITHMS = ("HS256", "HS384", "HS512")

MIN_SECRET_BYTES = 16
MIN_RSA_BITS = 2048
MAX_KEYS = 64
MAX_BYTES = 1024 * 1024  # of a set of keys
PLACE = "{kid}"  # in a URL that gives one key in PEM: stands for the key's id
KEY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")  # what may take its place
PEM = re.compile(rb"-----BEGIN ([A-Z ]+)-----.+?-----END \1-----", re.DOTALL)

REFRESH_SECONDS = 3600.0
PAUSE_SECONDS = 10.0  # between two fetches, whoever asks for them
RETRY_SECONDS = 60.0  # after a fetch that failed
TRUSTED_SECONDS = 24 * 3600.0  # for which keys count that could not be fetched again
FETCH_SECONDS = 10.0  # for which a fetch may last

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey


class KeysError(Exception):
    """What should hold keys does not. The message quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A key and the algorithms that it may be used with."""

    key: PublicKey | bytes = field(repr=False)
    algorithms: tuple[str, ...]
    id: str | None = None  # None: it may have signed whatever names no other


class KeySource(Protocol):
    def find(self, kid: str | None) -> Sequence[VerifyingKey]:
        """Give the keys that may have signed a token which names `kid`, without waiting. None: it names none."""


class FixedKeys:
    """Keys from a file: a JWKS, PEM public keys or certificates, or else a shared secret."""

    def __init__(self, content: bytes) -> None:
        """Raises KeysError."""
        if content.lstrip().startswith(b"{"):
            self._keys = read_set(content)
        elif b"-----BEGIN" in content:
            self._keys = read_pem(content)
        elif len(secret := content.strip()) >= MIN_SECRET_BYTES:
            self._keys = (VerifyingKey(secret, SECRET_ALGORITHMS),)
        else:
            raise KeysError(f"a shared secret has {MIN_SECRET_BYTES} bytes at least")

    def find(self, kid: str | None) -> Sequence[VerifyingKey]:
        return _matching(self._keys, kid)


class FetchedKeys:
    """Keys from a URL: of a JWKS, or of one key in PEM for each `{kid}`."""

    def __init__(self, url: str, pause: float = PAUSE_SECONDS) -> None:
        """`pause`: seconds between two fetches at least. Raises KeysError."""
        _check_url(url)
        self.faults = 0  # fetches that failed
        self._url = url
        self._pause = pause
        self._one_by_one = PLACE in url
        self._kept: dict[str, tuple[float, Sequence[VerifyingKey]]] = {}  # by {kid}, or "": when they came
        self._asked: set[str] = set()
        self._wanted: queue.Queue[str] = queue.Queue(maxsize=8)
        self._failing = False
        self._tried = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keys", daemon=True)

    def start(self, patience: float = 0.0) -> None:
        """Begin to fetch, and wait `patience` seconds at most for the first try: then the first token counts too."""
        self._thread.start()
        self._tried.wait(patience)

    def stop(self) -> None:
        self._stopping.set()
        self._ask("")

    def find(self, kid: str | None) -> Sequence[VerifyingKey]:
        place = ""
        if self._one_by_one:
            if kid is None or not KEY_ID.fullmatch(kid):
                return ()
            place = kid
        came, keys = self._kept.get(place, (0.0, ()))
        found = _matching(keys, kid) if keys and time.monotonic() - came < TRUSTED_SECONDS else ()
        if not found:
            self._ask(place)
        return found

    def _ask(self, place: str) -> None:
        if place not in self._asked and not self._wanted.full():
            self._asked.add(place)
            self._wanted.put(place)

    def _run(self) -> None:
        if not self._one_by_one:
            self._fetch("")
        self._tried.set()
        while not self._stopping.wait(self._pause):
            try:
                place = self._wanted.get(timeout=RETRY_SECONDS if self._failing else REFRESH_SECONDS)
            except queue.Empty:
                place = ""
            if not self._stopping.is_set() and bool(place) == self._one_by_one:
                self._fetch(place)
            self._asked.discard(place)

    def _fetch(self, place: str) -> None:
        try:
            content = _download(self._url.replace(PLACE, place))
            keys = read_pem(content) if self._one_by_one else read_set(content)
        except Exception as error:  # what comes from there is hostile: the thread goes on
            self.faults += 1
            if not self._failing:
                why = str(error) if isinstance(error, KeysError) else type(error).__name__
                log.warning("the keys of token.keys cannot be fetched (%s): tokens that need them name nobody", why)
            self._failing = True
            return
        self._failing = False
        self._kept = {**dict(list(self._kept.items())[1 - MAX_KEYS :]), place: (time.monotonic(), keys)}


def read_set(content: bytes) -> tuple[VerifyingKey, ...]:
    """Read a JWKS (RFC 7517), without the keys that sign nothing for us. Raises KeysError where none is left."""
    try:
        entries = json.loads(content)["keys"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise KeysError("it is no JWKS, which is a JSON object with a list of keys") from None
    listed = entries[:MAX_KEYS] if isinstance(entries, list) else []
    if keys := tuple(key for entry in listed if isinstance(entry, dict) and (key := _of_set(entry)) is not None):
        return keys
    raise KeysError("it holds no public key of type RSA, EC or OKP that verifies")


def read_pem(content: bytes) -> tuple[VerifyingKey, ...]:
    """Read PEM public keys or certificates. Raises KeysError where there is none."""
    keys: list[VerifyingKey] = []
    for block in PEM.finditer(content):
        if len(keys) < MAX_KEYS and (key := _of_pem(block[0])) is not None:
            keys.append(key)
    if not keys:
        raise KeysError("it holds no PEM public key or certificate of type RSA, EC or Ed25519 that verifies")
    return tuple(keys)


def _of_set(entry: dict[str, object]) -> VerifyingKey | None:
    if entry.get("use", "sig") != "sig":
        return None
    try:
        made = jwt.PyJWK(entry).key
    except Exception:  # it names no fault that we could mend, and quotes the key
        return None
    key = _verifying(made, str(entry["kid"]) if "kid" in entry else None)
    alg = entry.get("alg")
    if key is None or alg is None:
        return key
    return VerifyingKey(key.key, (str(alg),), key.id) if alg in key.algorithms else None


def _of_pem(block: bytes) -> VerifyingKey | None:
    try:
        if b"CERTIFICATE" in block[:30]:
            return _verifying(x509.load_pem_x509_certificate(block).public_key(), None)
        return _verifying(load_pem_public_key(block), None)
    except Exception:
        return None


def _verifying(key: object, kid: str | None) -> VerifyingKey | None:
    """Say what a key may be used for. None: for nothing, as it is secret, weak or of another type."""
    match key:
        case rsa.RSAPublicKey() if key.key_size >= MIN_RSA_BITS:
            return VerifyingKey(key, RSA_ALGORITHMS, kid)
        case ec.EllipticCurvePublicKey() if key.curve.name in CURVE_ALGORITHMS:
            return VerifyingKey(key, (CURVE_ALGORITHMS[key.curve.name],), kid)
        case ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey():
            return VerifyingKey(key, ("EdDSA",), kid)
    return None


def _matching(keys: Sequence[VerifyingKey], kid: str | None) -> Sequence[VerifyingKey]:
    return [key for key in keys if kid is None or key.id is None or key.id == kid]


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    local = host in ("localhost", "127.0.0.1", "::1")
    if not host or port == 0 or parts.username or parts.scheme not in (("https", "http") if local else ("https",)):
        raise KeysError("a URL is written https://HOST/PATH, or http:// on this machine, without user or password")


def _download(url: str) -> bytes:
    """Fetch what is no longer than MAX_BYTES. Raises KeysError, and as httpx does."""
    import httpx

    end = time.monotonic() + FETCH_SECONDS
    content = b""
    # Compressed bytes are not asked for, and not unpacked: a few could become many.
    with httpx.stream("GET", url, timeout=FETCH_SECONDS, headers={"accept-encoding": "identity"}) as answer:
        if answer.status_code != httpx.codes.OK:
            raise KeysError(f"the answer was {answer.status_code}")
        for piece in answer.iter_raw():
            content += piece
            if len(content) > MAX_BYTES:
                raise KeysError(f"the answer is longer than {MAX_BYTES} bytes")
            if time.monotonic() > end:
                raise KeysError(f"the answer took longer than {FETCH_SECONDS:g} s")
    return content
