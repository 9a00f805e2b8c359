"""`assay console` serves where nobody can read it who should not, and says what is missing."""

import socket
from pathlib import Path

import httpx
import pytest

from tests.assay.running import assay, running, wait_until
from tests.reports.console.company import found

ACCOUNT = '"ana@example.com" = "pbkdf2_sha256$480000$salt$hash"\n'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    found(tmp_path / "usage.db", weeks=1, turns=1)
    return tmp_path


def test_on_loopback_it_is_open_and_says_where_it_is(home: Path) -> None:
    with running("console", "--listen", "127.0.0.1:0", "--db", "usage.db", home=home) as console:
        said = console.until("the console is at")
        assert "open to this machine's users" in said
        url = said.partition("console is at ")[2].partition(" ")[0]
        with httpx.Client(base_url=url, trust_env=False) as browser:
            wait_until(lambda: "still open" in browser.get("/").text)
            assert "Platform" in browser.get("/").text
            assert "Spearman" in browser.get("/coverage").text
            assert "server" not in browser.get("/").headers
            assert browser.get("/", headers={"Host": "evil.example.com"}).status_code == 400


def test_a_forwarded_address_does_not_make_a_peer(home: Path) -> None:
    """The server itself must not believe X-Forwarded-For: then any client could name the peer that is trusted."""
    options = ("--listen", "127.0.0.1:0", "--db", "usage.db", "--config", "assay.toml")
    (home / "roles.toml").write_text('admins = ["ana"]\n')
    (home / "assay.toml").write_text('[console]\ntrusted_peers = ["10.0.0.5"]\nroles = "roles.toml"\n')
    with running("console", *options, home=home) as console:
        url = console.until("with sign-in").partition("console is at ")[2].partition(" ")[0]
        with httpx.Client(base_url=url, trust_env=False) as browser:
            headers = {"X-Forwarded-For": "10.0.0.5", "X-Real-IP": "10.0.0.5", "X-Forwarded-User": "ana"}
            assert browser.get("/", headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "for sign-in only"),
        ({"CONSOLE__ACCOUNTS": "accounts.toml"}, "passwords would come to 0.0.0.0 unencrypted"),
        ({"CONSOLE__TRUSTED_PEERS": "10.0.0.5", "CONSOLE__CERTIFICATE": "none.pem"}, "none.pem is no file"),
        ({"CONSOLE__TRUSTED_PEERS": "10.0.0.5", "CONSOLE__ROLES": "none.toml"}, "mend console.roles"),
        ({"CONSOLE__ACCOUNTS": "empty.toml"}, "has no account"),
        ({"CONSOLE__LISTEN": "nowhere"}, "must be HOST:PORT"),
        ({"CONSOLE__TRUSTED_PEERS": "x"}, "console.trusted_peers must be a list of networks"),
    ],
)
def test_what_would_open_it_to_others_is_refused(home: Path, settings: dict[str, str], said: str) -> None:
    (home / "accounts.toml").write_text(ACCOUNT)
    (home / "empty.toml").write_text("")
    given = {"ASSAY_CONSOLE__LISTEN": "0.0.0.0:0"} | {f"ASSAY_{name}": value for name, value in settings.items()}
    done = assay("console", "--db", "usage.db", home=home, **given)
    assert done.returncode == 2
    assert said in done.stderr.replace("ASSAY_CONSOLE__TRUSTED_PEERS", "console.trusted_peers").replace(
        "the environment's console", "console"
    )
    assert "Traceback" not in done.stderr


def test_a_ledger_that_is_missing_is_said(tmp_path: Path) -> None:
    done = assay("console", "--db", "none.db", "--listen", "127.0.0.1:0", home=tmp_path)
    assert done.returncode == 1
    assert "there is no ledger at none.db" in done.stderr


def test_a_taken_address_and_a_bad_certificate_are_said(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = assay("console", "--db", "usage.db", "--listen", address, home=home)
    assert done.returncode == 1
    assert f"cannot listen on {address}" in done.stderr
    (home / "bad.pem").write_text("no certificate")
    given = {"ASSAY_CONSOLE__CERTIFICATE": "bad.pem"}
    done = assay("console", "--db", "usage.db", "--listen", "127.0.0.1:0", home=home, **given)
    assert done.returncode == 1
    assert "console.certificate bad.pem cannot be used" in done.stderr


def test_a_password_is_hashed_and_not_shown(tmp_path: Path) -> None:
    from datasette_auth_passwords.utils import verify_password

    done = assay("console", "password", home=tmp_path, text="a long word\na long word\n")
    assert done.returncode == 0
    assert verify_password("a long word", done.stdout.strip().splitlines()[-1])
    assert "a long word" not in done.stdout + done.stderr
