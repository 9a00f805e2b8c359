"""Signs tokens as identity providers do, and serves their keys on loopback."""

import json
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

FAR = 4_000_000_000  # an `exp` that no test lives to see

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def token(key: PrivateKey | str, algorithm: str, kid: str | None = None, /, **claims: Any) -> str:
    """Sign claims; `exp` is far away unless it is given, and None leaves a claim out."""
    head = {key: claims.pop(key) for key in ("signer",) if key in claims} | ({"kid": kid} if kid else {})
    said = {name: value for name, value in {"exp": FAR, **claims}.items() if value is not None}
    with warnings.catch_warnings():  # of the length that a secret should have
        warnings.simplefilter("ignore", jwt.InsecureKeyLengthWarning)
        return jwt.encode(said, key, algorithm=algorithm, headers=head or None)


def kind(value: object) -> str:
    """Name a case by its values' types: its tokens and keys are others each time."""
    return type(value).__name__


def public_pem(key: PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def jwk(key: PrivateKey, kid: str | None = None, **fields: Any) -> dict[str, Any]:
    """Write a public key as an entry of a JWKS."""
    match key:
        case rsa.RSAPrivateKey():
            entry = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        case ec.EllipticCurvePrivateKey():
            entry = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        case _:
            entry = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**entry, **({"kid": kid} if kid else {}), **fields}


def jwks(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"keys": entries}).encode()


class KeyServer:
    """Answers each path with what `answers` holds for it. Sends blanks after the first byte while it is `hanging`."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes] = {}
        self.status = 200
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []
        self.hanging = False
        self.go_on = threading.Event()
        self.url = ""


@contextmanager
def key_server() -> Iterator[KeyServer]:
    serving = KeyServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            serving.asked.append(self.path)
            body = serving.answers.get(self.path)
            self.send_response(serving.status if body is not None else 404)
            for header in serving.headers.items():
                self.send_header(*header)
            self.end_headers()
            self.wfile.write((body or b"")[:1])
            with suppress(ConnectionError):  # the client has had enough
                while serving.hanging and not serving.go_on.wait(0.01):
                    self.wfile.write(b" ")
                self.wfile.write((body or b"")[1:])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    serving.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield serving
    finally:
        serving.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()
