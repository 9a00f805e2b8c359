"""Do the programs on this machine trust Assay's certificate authority?

Each family of clients has a store of its own. They are only read: docs/deploy.md says how to bring the authority in.
"""

import os
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assay.checks.finding import Finding, bad, good, note
from config.settings import Settings

CERTIFICATE = "mitmproxy-ca-cert.pem"
SOON_DAYS = 30
KEYTOOL_SECONDS = 30
END = "-----END CERTIFICATE-----"

Bundle = frozenset[bytes]  # certificates in DER


@dataclass(frozen=True, slots=True)
class Family:
    """Clients that look for authorities in one place."""

    name: str
    clients: tuple[str, ...]
    holds: Callable[[bytes], str | None]  # why they do not trust this authority (DER). None: they do
    fix: str


def trust(settings: Settings) -> Iterator[Finding]:
    """Look at every family's store, where clients need the authority at all."""
    if settings.proxy.mode.startswith("reverse"):
        yield good("not needed in mode reverse: clients are pointed at Assay")
        return
    if not settings.proxy.mode:
        yield note("proxy.mode is not set, so nobody needs it yet")
        return
    yield from trusted_by(FAMILIES, settings.proxy.confdir / CERTIFICATE)


def trusted_by(families: tuple[Family, ...], authority: Path) -> Iterator[Finding]:
    """Look whether these families trust the authority in that PEM file."""
    try:
        (der,) = certificates(authority)
    except (OSError, ValueError):
        yield bad(f"{authority} is not there, or is no certificate", "start the proxy once: it makes its authority")
        return
    yield _valid(der)
    for family in families:
        reason = family.holds(der)
        clients = ", ".join(family.clients)
        if reason is None:
            yield good(f"{family.name}: trusted ({clients})")
        else:
            yield note(f"{family.name}: {reason} ({clients})", f"if people here use these: {family.fix}")


def family_of(client: str) -> Family | None:
    """Find a client's family, by its name or the family's."""
    wanted = client.lower()
    return next((each for each in FAMILIES if wanted in {each.name.lower(), *each.clients}), None)


def certificates(file: Path) -> Bundle:
    """Read a PEM file of certificates. Raises OSError and ValueError."""
    return certificates_in(file.read_text(encoding="utf-8", errors="replace"))


def certificates_in(text: str) -> Bundle:
    blocks = (part.partition("-----BEGIN CERTIFICATE-----") for part in text.split(END)[:-1])
    return frozenset(ssl.PEM_cert_to_DER_cert(f"{begin}{block}{END}") for _, begin, block in blocks if begin)


def _valid(der: bytes) -> Finding:
    from cryptography import x509

    left = x509.load_der_x509_certificate(der).not_valid_after_utc - datetime.now(UTC)
    if left.days < SOON_DAYS:
        return bad(
            f"the authority expires in {left.days} days: then clients refuse every assistant",
            "make a new one (docs/deploy.md), and bring it to the clients first",
        )
    return good(f"the authority is valid for {left.days} more days")


def _system(der: bytes) -> str | None:
    paths = ssl.get_default_verify_paths()
    named = paths.cafile or paths.openssl_cafile
    bundles = [Path(named), *BUNDLES]
    read = [bundle for bundle in bundles if bundle.is_file()]
    if not read:
        return "no store of the system was found"
    return None if any(der in _bundle(bundle) for bundle in read) else "the authority is not in it"


def _variable(*names: str, environment: Mapping[str, str] = os.environ) -> Callable[[bytes], str | None]:
    def holds(der: bytes) -> str | None:
        for name in names:
            if not (file := environment.get(name)):
                return f"{name} is not set"
            if der not in _bundle(Path(file)):
                return f"the file that {name} names does not hold the authority"
        return None

    return holds


def _node(der: bytes) -> str | None:
    if os.environ.get("NODE_USE_SYSTEM_CA") == "1":  # Node 22.19 and newer. https://nodejs.org/api/cli.html
        return _system(der)
    return _variable("NODE_EXTRA_CA_CERTS")(der)


def _go(der: bytes) -> str | None:
    return _variable("SSL_CERT_FILE")(der) if os.environ.get("SSL_CERT_FILE") else _system(der)


def _java(der: bytes) -> str | None:
    if (keytool := shutil.which("keytool")) is None:
        return "no Java is installed here"
    command = [keytool, "-list", "-rfc", "-cacerts", "-storepass", "changeit"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            command, capture_output=True, text=True, check=True, timeout=KEYTOOL_SECONDS
        )
        return None if der in certificates_in(done.stdout) else "the authority is not in its store"
    except (OSError, subprocess.SubprocessError, ValueError):
        return "its store cannot be read"


def _bundle(file: Path) -> Bundle:
    try:
        return certificates(file)
    except (OSError, ValueError):
        return frozenset()


# Where Linux distributions keep their bundles: Debian, Fedora. Python built elsewhere names a file that is not there.
BUNDLES = (Path("/etc/ssl/certs/ca-certificates.crt"), Path("/etc/pki/tls/certs/ca-bundle.crt"))

FAMILIES: tuple[Family, ...] = (
    Family(
        "System",
        ("curl", "git", "dotnet", "php", "ruby"),
        _system,
        "install the authority into the system's store (docs/deploy.md, System store)",
    ),
    Family(
        "Python",
        ("openai", "anthropic", "aider", "httpx", "requests"),
        _variable("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"),
        "export SSL_CERT_FILE and REQUESTS_CA_BUNDLE (docs/deploy.md, Python)",
    ),
    Family(
        "Node",
        ("claude", "codex", "gemini", "opencode", "qwen", "cline", "continue", "copilot"),
        _node,
        "export NODE_EXTRA_CA_CERTS before they start (docs/deploy.md, Node)",
    ),
    Family(
        "Go",
        ("ollama", "gh", "terraform"),
        _go,
        "install the authority into the system's store, or export SSL_CERT_FILE",
    ),
    Family("Java", ("jetbrains", "eclipse", "gradle"), _java, "import it with keytool (docs/deploy.md, Java)"),
)
