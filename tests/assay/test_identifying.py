"""Who asked, through the real proxy: certificates, tokens and headers, true and forged; and settings it refuses."""

import sqlite3
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from tests.assay.running import Running, assay, running
from tests.proxy.certifying import DAY, NOW, certify, unchecking
from tests.proxy.signing import KeyServer, ec_key, jwk, jwks, key_server, token

ROOT = certify("staff root", authority=True)
ISSUER = certify("staff issuing", ROOT, authority=True)
CANARY = "canary7f3a"  # in every name and token of these tests
KEY = ec_key()
OPTIONS = ("--mode", "reverse:http://127.0.0.1:9", "--listen", "127.0.0.1:0", "--db", "usage.db")


@contextmanager
def proxying(home: Path, settings: str) -> Iterator[tuple[Running, str]]:
    """Run a proxy whose upstream answers nothing; give its address."""
    (home / "assay.toml").write_text(settings)
    with running("proxy", *OPTIONS, home=home) as proxy:
        yield proxy, proxy.until("listens on").partition("//")[2].partition(",")[0]


def ask(address: str, text: str, headers: dict[str, str] | None = None, tls: ssl.SSLContext | None = None) -> None:
    """Ask on a connection of its own."""
    body = {"model": "m", "messages": [{"role": "user", "content": text}]}
    scheme = "https" if tls else "http"
    with httpx.Client(base_url=f"{scheme}://{address}", trust_env=False, verify=tls or False) as client:
        assert client.post("/v1/chat/completions", json=body, headers=headers).status_code == 502


def turns(home: Path) -> list[tuple[str, str]]:
    """Give person and source of each turn, in order."""
    with closing(sqlite3.connect(home / "usage.db")) as connection:
        return connection.execute("SELECT person, identity_source FROM turns ORDER BY id").fetchall()


def sources(home: Path) -> list[str]:
    return [source for _, source in turns(home)]


def nothing_leaked(home: Path, said: list[str]) -> None:
    """See that neither names nor tokens are in the ledger's bytes or in what the proxy said."""
    for file in home.glob("usage.db*"):
        assert CANARY.encode() not in file.read_bytes()
    assert CANARY not in "\n".join(said)
    assert "eyJ" not in "\n".join(said)


def test_only_a_verified_certificate_names_a_person(tmp_path: Path) -> None:
    """The others pass all the same, by their address. The same person at two connections is one."""
    (tmp_path / "staff.pem").write_bytes(ROOT.pem())
    other = certify("staff root", authority=True)
    name = f"ada-{CANARY}"
    shown = [
        certify(name, ISSUER),
        certify(name, ISSUER),
        certify(name, ISSUER, until=NOW - DAY / 2),
        certify(name, other),
        certify(name),
    ]
    with proxying(tmp_path, '[identity]\nclient_ca = "staff.pem"\n') as (proxy, address):
        for number, certificate in enumerate(shown):
            ask(address, f"question {number}", tls=certificate.context(tmp_path))
        ask(address, "without one", tls=unchecking())
        ask(address, "in plain")
        proxy.process.terminate()
        said = proxy.rest()
    assert sources(tmp_path) == ["certificate"] * 2 + ["address"] * 5
    assert len(set(turns(tmp_path)[:2])) == 1
    assert any("3 requests had a client certificate that names nobody" in line for line in said)
    nothing_leaked(tmp_path, said)


def test_the_operators_certificate_is_shown_in_reverse_mode(tmp_path: Path) -> None:
    certify("assay.example", names=[x509.DNSName("assay.example")], use=None).save(tmp_path / "own.pem")
    with proxying(tmp_path, '[proxy]\ncertificate = "own.pem"\n') as (_, address):
        host, _, port = address.partition(":")
        shown = ssl.get_server_certificate((host, int(port)))
    assert x509.load_pem_x509_certificate(shown.encode()).subject.rfc4514_string() == "CN=assay.example"


@pytest.fixture
def server() -> Iterator[KeyServer]:
    with key_server() as serving:
        serving.answers["/certs"] = jwks(jwk(KEY, "one"))
        yield serving


def token_settings(server: KeyServer) -> str:
    return f'[token]\nheader = "Cf-Access-Jwt-Assertion"\nkeys = "{server.url}/certs"\naudience = ["assay"]\n'


def test_only_a_checked_token_names_a_person(tmp_path: Path, server: KeyServer) -> None:
    """From the first request on. Forged, of another application, of a key that is not known yet, they name nobody."""
    email = f"{CANARY}@example.com"
    new = ec_key()
    tokens = [
        token(KEY, "ES256", "one", aud="assay", email=email),
        token(KEY, "ES256", "one", aud="another", email=email),
        token(new, "ES256", "one", aud="assay", email=email),
        token(new, "ES256", "two", aud="assay", email=email),
        "eyJ.eyJ.eyJ",
    ]
    with proxying(tmp_path, token_settings(server)) as (proxy, address):
        server.answers["/certs"] = jwks(jwk(KEY, "one"), jwk(new, "two"))
        for number, signed in enumerate(tokens):
            ask(address, f"question {number}", {"Cf-Access-Jwt-Assertion": signed})
        proxy.process.terminate()
        said = proxy.rest()
    assert sources(tmp_path) == ["jwt", "address", "address", "address", "address"]
    assert any("4 requests had a signed token that names nobody" in line for line in said)
    nothing_leaked(tmp_path, said)


def test_keys_that_cannot_be_fetched_stop_nothing(tmp_path: Path, server: KeyServer) -> None:
    """The proxy says so and starts; who else can be named is."""
    server.status = 500
    with proxying(tmp_path, token_settings(server)) as (proxy, address):
        signed = token(KEY, "ES256", "one", aud="assay", email=f"{CANARY}@example.com")
        ask(address, "question", {"Cf-Access-Jwt-Assertion": signed, "x-api-key": CANARY})
        proxy.process.terminate()
        said = proxy.rest()
    everything = "\n".join([*proxy.said, *said])
    assert sources(tmp_path) == ["api_key"]
    assert "the keys of token.keys cannot be fetched (the answer was 500)" in everything
    assert "1 times the keys of tokens could not be fetched" in everything
    nothing_leaked(tmp_path, [everything])


def test_headers_count_from_their_peers_alone(tmp_path: Path) -> None:
    """Through the wire: the proxy of this test trusts applications on this machine, and front proxies elsewhere."""
    settings = (
        '[identity]\nheaders = ["X-Forwarded-User"]\ntrusted_peers = ["192.0.2.0/24"]\n'
        'app_headers = ["X-OpenWebUI-User-Email"]\napp_peers = ["127.0.0.1"]\nteam_header = "x-litellm-team-id"\n'
    )
    with proxying(tmp_path, settings) as (proxy, address):
        ask(address, "one", {"X-Forwarded-User": f"mallory-{CANARY}"})
        ask(address, "two", {"X-Forwarded-User": "mallory", "X-OpenWebUI-User-Email": f"ada%40{CANARY}"})
        ask(address, "three", {"X-OpenWebUI-User-Email": f"Ada@{CANARY}", "x-litellm-team-id": "Payments"})
        proxy.process.terminate()
        said = proxy.rest()
    one, two, three = turns(tmp_path)
    assert [one[1], two[1], three[1]] == ["address", "header", "header"]
    assert two == three
    with closing(sqlite3.connect(tmp_path / "usage.db")) as connection:
        assert connection.execute("SELECT team FROM turns").fetchall() == [(None,), (None,), ("Payments",)]
    nothing_leaked(tmp_path, said)


# Settings that cannot be used: one sentence with the fix, and exit code 2.

TOKEN = '[token]\nheader = "Authorization"\n'
URL = "https://id.example.com/certs"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ('[identity]\nclient_ca = "none.pem"', "identity.client_ca none.pem cannot be read (no such file"),
        ('[identity]\nclient_ca = "assay.toml"', "identity.client_ca assay.toml holds no PEM certificate"),
        ('[identity]\nclient_names = ["dn"]', "identity.client_names must be a list of email, upn, uri and cn"),
        ('[identity]\nheaders = ["Remote-User"]', "identity.headers counts from nobody: set identity.trusted_peers"),
        ('[identity]\nheaders = []\ntrusted_peers = ["10.0.0.0/8"]', "set identity.headers to the one that your front"),
        ('[identity]\napp_headers = ["X-User"]', "identity.app_headers counts from nobody: set identity.app_peers"),
        ('[identity]\napp_peers = ["10.0.0.0/8"]', "set identity.app_headers to the one that the application sets"),
        ('[identity]\nteam_header = "X-Team"', "identity.team_header counts from nobody"),
        ('[identity]\napp_peers = ["x"]', "identity.app_peers must be a list of networks"),
        (f'[token]\nkeys = "{URL}"', "token.header is not set, so no token is read"),
        (TOKEN, "token.keys is not set, so no token can be checked"),
        (TOKEN + 'keys = "none.pem"', "token.keys none.pem cannot be read (no such file"),
        (TOKEN + 'keys = "short"', "token.keys cannot be used, as a shared secret has 16 bytes at least"),
        (TOKEN + f'keys = "{URL}"', "tokens of anybody could count: set token.audience, or token.issuer"),
        (TOKEN + 'keys = "https://keys.example.com/{kid}"', "set token.signer to yours"),
        (TOKEN + 'keys = "http://a.example/k"\nissuer = ["i"]', "as a URL is written https://HOST/PATH"),
        ('[proxy]\ncertificate = "none.pem"', "proxy.certificate none.pem is no file"),
        ('[proxy]\ncertificate = "short"', "the certificate short cannot be used: give a PEM file"),
        ('[proxy]\nmode = "regular"\ncertificate = "none.pem"', "proxy.certificate works in mode reverse only"),
    ],
)
def test_a_setting_that_cannot_be_used_is_said(tmp_path: Path, settings: str, sentence: str) -> None:
    mode = [] if "mode" in settings else ["--mode", "reverse:http://127.0.0.1:9"]
    (tmp_path / "assay.toml").write_text(settings)
    (tmp_path / "short").write_text("x")
    done = assay("proxy", *mode, "--listen", "127.0.0.1:0", "--db", "usage.db", home=tmp_path)
    assert done.returncode == 2, done.stderr
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
