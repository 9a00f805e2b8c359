"""Who asked, through the real proxy: certificates, tokens and headers, true and forged; and settings it refuses."""

import sqlite3
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from assay.accountable import opening
from config.loading import load
from ledger.errors import LedgerError
from tests.assay.running import Running, assay, running, wait_until
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


def test_names_are_in_clear_where_the_audit_table_says_why(tmp_path: Path) -> None:
    """It is said and entered at each start."""
    settings = (
        '[identity]\nmode = "plain"\nplain_reason = "agreed on 2 November"\n'
        'headers = ["X-User"]\ntrusted_peers = ["127.0.0.1"]\n'
    )
    for number in range(2):
        with proxying(tmp_path, settings) as (proxy, address):
            ask(address, f"question {number}", {"X-User": "Ada@Example.com"})
            proxy.process.terminate()
            said = proxy.rest()
        assert any("in clear (identity.mode is plain): agreed on 2 November" in line for line in said)
    assert turns(tmp_path) == [("ada@example.com", "header")] * 2
    with closing(sqlite3.connect(tmp_path / "usage.db")) as connection:
        entries = connection.execute("SELECT what, why FROM audit").fetchall()
    assert entries == [("names are stored in clear (identity.mode is plain)", "agreed on 2 November")] * 2
    asked = ("--reason", "asked", "--db", "usage.db")
    shown = assay("audit-access", "turns", "--person", "Ada@example.com", *asked, "--format", "csv", home=tmp_path)
    assert len(shown.stdout.splitlines()) == 3
    assert assay("forget", "Ada@example.com", *asked, home=tmp_path).stdout.startswith("Forgot 2 turns")


def test_no_ledger_is_opened_for_names_before_the_audit_table_says_why(tmp_path: Path) -> None:
    """Once a process."""
    reason = {"identity.mode": "plain", "identity.plain_reason": "agreed"}
    open_ledger = opening(load(None, {"ledger.path": str(tmp_path / "usage.db"), **reason}))
    for _ in range(2):
        open_ledger().close()
        with closing(sqlite3.connect(tmp_path / "usage.db")) as connection:
            assert connection.execute("SELECT why FROM audit").fetchall() == [("agreed",)]
    (tmp_path / "other.db.audit").mkdir()
    refused = opening(load(None, {"ledger.path": str(tmp_path / "other.db"), **reason}))
    with pytest.raises(LedgerError, match="the head of the audit table"):
        refused()


def test_keys_that_are_gone_are_made_anew_and_that_is_said(tmp_path: Path) -> None:
    """Traffic goes on, and nothing is silent about it."""
    with proxying(tmp_path, "") as (proxy, address):
        ask(address, "one")
        proxy.process.terminate()
        proxy.rest()
    (tmp_path / "usage.db.key").unlink()
    with proxying(tmp_path, "") as (proxy, address):
        ask(address, "two")
        proxy.process.terminate()
        said = proxy.rest()
    assert sum("usage.db.key is gone and was made anew" in line for line in said) == 1
    assert len({person for person, _ in turns(tmp_path)}) == 2
    done = assay("classify", "--once", "--db", "usage.db", "--backend", "rules", home=tmp_path)
    assert "turns wait whose text cannot be read any more" in done.stderr
    assert "2 turns judged" in done.stderr


@pytest.mark.parametrize("spoil", [lambda path: path.chmod(0o644), lambda path: path.write_bytes(b"damaged")])
def test_a_key_file_that_cannot_be_used_stops_no_traffic(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    """Calls wait, under no wrong key, and are entered under the right one when it is back."""
    key = tmp_path / "usage.db.key"
    with proxying(tmp_path, "") as (proxy, address):
        ask(address, "one")
        proxy.process.terminate()
        proxy.rest()
    content = key.read_bytes()
    spoil(key)
    with proxying(tmp_path, "") as (proxy, address):
        ask(address, "two")
        assert any("Traffic goes on, and calls wait in memory" in line for line in proxy.said)
        key.write_bytes(content)
        key.chmod(0o600)
        wait_until(lambda: len(turns(tmp_path)) == 2)
    assert len({person for person, _ in turns(tmp_path)}) == 1


def test_what_others_can_reach_is_said_in_a_line(tmp_path: Path) -> None:
    home = tmp_path / "open"
    home.mkdir(0o755)
    home.chmod(0o755)
    (home / "usage.db").touch(0o644)
    (home / "usage.db").chmod(0o644)
    (home / "another").touch(0o644)
    with proxying(home, "") as (proxy, _):
        proxy.process.terminate()
        said = proxy.rest()
    (line,) = [line for line in said if "others on this machine" in line]
    assert (
        line.strip()
        == "assay: others on this machine can reach ., usage.db: take their rights away (chmod go= . usage.db)"
    )
    home.chmod(0o700)
    done = assay("classify", "--once", "--db", "usage.db", "--backend", "rules", home=home)
    assert "others on this machine" not in done.stderr


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
        ('[identity]\nmode = "plain"', "identity.mode is plain, and nothing says why: set identity.plain_reason"),
        ('[identity]\nmode = "plain"\nplain_reason = " "', "nothing says why: set identity.plain_reason"),
        ('[identity]\nplain_reason = "x"', "names are not in clear: set identity.mode to plain, or remove it"),
        ('[identity]\nmode = "clear"', "identity.mode must be pseudonyms or plain"),
        ("[identity]\nrotate_weeks = 53", "identity.rotate_weeks must be a number of weeks from 1 to 52"),
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
    mode = [] if "[proxy]\nmode" in settings else ["--mode", "reverse:http://127.0.0.1:9"]
    (tmp_path / "assay.toml").write_text(settings)
    (tmp_path / "short").write_text("x")
    done = assay("proxy", *mode, "--listen", "127.0.0.1:0", "--db", "usage.db", home=tmp_path)
    assert done.returncode == 2, done.stderr
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
