"""What `assay doctor` finds, on real servers, stores and ledgers."""

import ipaddress
import json
import ssl
from email.utils import formatdate
from pathlib import Path
from time import time

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from assay.checks import CHECKS
from assay.checks.clock import clock
from assay.checks.identity import identity
from assay.checks.ledger import ledger
from assay.checks.model import model
from assay.checks.monitoring import monitoring
from assay.checks.privacy import privacy
from assay.checks.trust import FAMILIES, certificates_in, family_of, trust, trusted_by
from assay.checks.upstream import upstream
from config.loading import load
from config.settings import Settings
from ledger.store import Ledger
from reports.metrics import Number, serve
from tests.assay.checks.answering import answering
from tests.assay.running import assay
from tests.ledger.facts import turn
from tests.proxy.certifying import DAY, NOW, certify


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "NODE_USE_SYSTEM_CA"):
        monkeypatch.delenv(name, raising=False)


def settings(tmp_path: Path, **given: object) -> Settings:
    own = {"ledger.path": str(tmp_path / "usage.db"), "proxy.confdir": str(tmp_path / "ca")}
    return load(None, own | {name.replace("__", "."): value for name, value in given.items()})


def serving(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    authority = certify("authority", authority=True, use=None)
    shown = certify(
        "server",
        authority,
        names=[x509.IPAddress(ipaddress.ip_address("127.0.0.1"))],
        use=ExtendedKeyUsageOID.SERVER_AUTH,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.save(tmp_path / "server.pem"))
    known = tmp_path / "authorities.pem"
    known.write_bytes(authority.pem())
    return context, known


def states(found: object) -> list[str]:
    return [finding.state for finding in found]  # type: ignore[attr-defined]


def test_an_assistant_is_verified_as_the_proxy_would(tmp_path: Path) -> None:
    context, authorities = serving(tmp_path)
    with answering({}, context) as url:
        mode = f"reverse:{url}"
        (unknown,) = upstream(settings(tmp_path, proxy__mode=mode))
        (known,) = upstream(settings(tmp_path, proxy__mode=mode, proxy__upstream_ca=str(authorities)))
    assert (unknown.state, unknown.fix) == (
        "bad",
        "name the PEM file of its authority in proxy.upstream_ca, or ask who stands between",
    )
    assert (known.state, known.said) == ("good", f"{url} answers (status 401), its certificate verified")
    (gone,) = upstream(settings(tmp_path, proxy__mode=mode))
    assert gone.state == "bad"
    assert "cannot be reached (ConnectError)" in gone.said


def test_plain_http_to_an_assistant_is_noted(tmp_path: Path) -> None:
    with answering({}) as url:
        (found,) = upstream(settings(tmp_path, proxy__mode=f"reverse:{url}"))
    assert found.state == "note"
    assert "nothing is encrypted" in found.said


@pytest.mark.parametrize(("off", "state"), [(0, "good"), (-4000, "bad"), (86_400, "bad"), (None, "note")])
def test_the_clock_is_compared_with_the_assistants(tmp_path: Path, off: float | None, state: str) -> None:
    headers = {} if off is None else {"Date": formatdate(time() + off, usegmt=True)}
    with answering(headers) as url:
        (found,) = clock(settings(tmp_path, proxy__mode=f"reverse:{url}"))
    assert found.state == state
    if off:
        assert ("behind" in found.said) == (off > 0)


@pytest.mark.parametrize(
    ("client", "names"),
    [
        ("claude", ["NODE_EXTRA_CA_CERTS"]),
        ("aider", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"]),
        ("ollama", ["SSL_CERT_FILE"]),
    ],
)
def test_a_clients_store_holds_the_authority_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: str, names: list[str]
) -> None:
    authority = tmp_path / "authority.pem"
    authority.write_bytes(certify("authority", authority=True, until=NOW + 90 * DAY).pem())
    other = tmp_path / "other.pem"
    other.write_bytes(certify("another", authority=True).pem())
    both = tmp_path / "both.pem"
    both.write_bytes(other.read_bytes() + authority.read_bytes())
    family = family_of(client)
    assert family is not None
    for file, state in ((None, "note"), (other, "note"), (tmp_path / "none.pem", "note"), (both, "good")):
        for name in names:
            monkeypatch.setenv(name, str(file)) if file else monkeypatch.delenv(name, raising=False)
        valid, found = trusted_by((family,), authority)
        assert valid.state == "good"
        assert found.state == state
        assert (found.fix is None) == (state == "good")


def test_an_authority_that_ends_soon_or_is_missing_is_bad(tmp_path: Path) -> None:
    authority = tmp_path / "authority.pem"
    authority.write_bytes(certify("authority", authority=True, until=NOW + 3 * DAY).pem())
    assert next(trusted_by((), authority)).state == "bad"
    assert states(trusted_by(FAMILIES, tmp_path / "none.pem")) == ["bad"]
    assert states(trust(settings(tmp_path, proxy__mode="regular"))) == ["bad"]
    assert states(trust(settings(tmp_path, proxy__mode="reverse:http://127.0.0.1:9"))) == ["good"]


def test_every_family_looks_without_a_fault(tmp_path: Path) -> None:
    authority = tmp_path / "authority.pem"
    authority.write_bytes(certify("authority", authority=True, until=NOW + 90 * DAY).pem())
    assert states(trusted_by(FAMILIES, authority)) == ["good", *["note"] * len(FAMILIES)]


def test_a_bundle_is_read_with_its_comments() -> None:
    shown = certify("authority", authority=True).pem().decode()
    assert len(certificates_in(f"# one\n{shown}\n# again\n{shown}")) == 1
    assert certificates_in("no certificate") == frozenset()


def test_a_ledger_is_looked_through(tmp_path: Path) -> None:
    own = settings(tmp_path)
    assert states(ledger(own)) == ["note"]
    writing = Ledger.open(own.ledger.path)
    writing.open_turn(turn())
    for calls in (2, 1):
        writing.spools.lose("2026-11-23T09:00:00.000Z", calls, "no room to wait")
    writing.close()
    whole, lost, waits = ledger(own)
    assert whole.state == "good"
    assert (lost.state, lost.said) == ("note", "3 calls passed and are not in it: no room to wait")
    assert (waits.state, "1 turns wait" in waits.said) == ("bad", True)
    damaged = own.ledger.file.read_bytes()
    own.ledger.file.write_bytes(b"no database" + damaged[11:])
    (found,) = ledger(own)
    assert (found.state, found.fix) == ("bad", "assay ledger repair recovers what can be recovered")


@pytest.mark.parametrize(
    ("source", "team", "expected"), [("header", "Sales", ["good", "good"]), ("address", None, ["note", "note"])]
)
def test_what_names_people_is_told(tmp_path: Path, source: str, team: str | None, expected: list[str]) -> None:
    own = settings(tmp_path)
    assert states(identity(own)) == ["note"]
    writing = Ledger.open(own.ledger.path)
    assert states(identity(own)) == ["note"]
    writing.open_turn(turn(identity_source=source, team=team))
    writing.close()
    assert states(identity(own)) == expected


def test_a_changed_model_is_bad(tmp_path: Path) -> None:
    assert states(model(settings(tmp_path))) == ["good"]
    assert states(model(settings(tmp_path, classifier__backend="rules"))) == ["note"]
    (tmp_path / "manifest.json").write_text(json.dumps({"name": "m-1", "files": {"a": "00"}, "made": {}}))
    (tmp_path / "a").write_text("changed")
    assert states(model(settings(tmp_path, classifier__model=str(tmp_path)))) == ["bad"]


def test_kept_text_and_open_files_are_said(tmp_path: Path) -> None:
    assert states(privacy(settings(tmp_path))) == ["good"]
    plain = settings(tmp_path, identity__mode="plain", identity__plain_reason="agreed")
    assert states(privacy(plain)) == ["good", "note"]
    (tmp_path / "usage.db").touch(0o644)
    found = list(privacy(settings(tmp_path, ledger__keep_text_days=3)))
    assert {finding.state for finding in found} == {"note", "bad"}


def test_addresses_of_metrics_are_asked(tmp_path: Path) -> None:
    assert states(monitoring(settings(tmp_path))) == ["note"]
    end, port = serve([Number("assay_turns", "Turns.", "counter", lambda: 1)], "127.0.0.1", 0)
    try:
        with answering({}) as other:
            given = settings(
                tmp_path,
                proxy__metrics=f"0.0.0.0:{port}",
                classifier__metrics=other.removeprefix("http://"),
                console__metrics="127.0.0.1:9",
            )
            found = list(monitoring(given))
    finally:
        end()
    assert states(found) == ["good", "note", "note"]
    assert "something else" in found[1].said
    assert "nobody answers at http://127.0.0.1:9/metrics" in found[2].said


def test_the_exit_code_tells(tmp_path: Path) -> None:
    with answering({"Date": formatdate(usegmt=True)}) as url:
        well = assay("doctor", "--mode", f"reverse:{url}", home=tmp_path)
        assert well.returncode == 0, well.stdout + well.stderr
        parsed = assay("doctor", "--mode", f"reverse:{url}", "--json", home=tmp_path)
    assert list(json.loads(parsed.stdout)) == [about for about, _ in CHECKS]
    ill = assay("doctor", "--mode", f"reverse:{url}", home=tmp_path)
    assert ill.returncode == 1
    assert "fix: check its name" in ill.stdout
    unknown = assay("doctor", "--client", "clippy", home=tmp_path)
    assert (unknown.returncode, unknown.stderr.count("\n")) == (2, 1)
