"""Each setting once: its name, type, default and help. Files, environment, options and documents derive from it.

Leaves out how settings are read (`loading.py`) and written down (`reference.py`).
"""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ledger.address import STATE, Address, Place, beside, place_of

UNITS = {"MB": 10**6, "GB": 10**9, "TB": 10**12}


def _setting(default: Any, help_: str, must: str, option: str | None = None) -> Any:
    """Declare a setting. `must` ends the sentence "SETTING must …", with the fix; `option` sets it from a command."""
    return Field(default, description=help_, json_schema_extra={"must": must, "option": option}, validate_default=True)


def _listed(value: object) -> object:
    """Let the environment and the command line write a list with commas."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _address(value: str) -> str:
    split_address(value)
    return value


def _address_if_any(value: str) -> str:
    return _address(value) if value else value


def _network(value: str) -> str:
    ipaddress.ip_network(value, strict=False)
    return value


def split_address(address: str) -> tuple[str, int]:
    """Split HOST:PORT, where an IPv6 host stands in brackets. Raises ValueError."""
    host, colon, port = address.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) < 2**16):
        raise ValueError("not written as HOST:PORT")
    if host.startswith("[") != (":" in host):
        raise ValueError("an IPv6 address stands in brackets")
    return host.strip("[]"), int(port)


def _bytes(value: object) -> object:
    """Read a size, as 2 GB or 500 MB. Raises ValueError."""
    if not isinstance(value, str):
        return value
    if (written := re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([MGT]B)\s*", value, re.ASCII | re.IGNORECASE)) is None:
        raise ValueError("no number with MB, GB or TB")
    return int(float(written[1]) * UNITS[written[2].upper()])


CertificateName = Literal["email", "upn", "uri", "cn"]


def _place(value: object) -> Place:
    if isinstance(value, Path | Address):
        return value
    if not isinstance(value, str):
        raise ValueError("neither a path nor a URL")  # noqa: TRY004 (pydantic takes no other)
    return place_of(value)


Home = Annotated[Path, AfterValidator(Path.expanduser)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]
Size = Annotated[int, BeforeValidator(_bytes), Field(ge=50 * UNITS["MB"])]
Networks = Annotated[tuple[Annotated[str, AfterValidator(_network)], ...], NoDecode, BeforeValidator(_listed)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LedgerSettings(_Section):
    """Where usage is logged."""

    path: Annotated[Place, PlainValidator(_place)] = _setting(
        f"{STATE}/usage.db",
        "The ledger: an SQLite file, or a PostgreSQL database as postgresql://USER@HOST/NAME (docs/postgres.md). The "
        "key that makes pseudonyms lies beside the file (usage.db.key): keep both.",
        "be the path of a file, or a URL as postgresql://USER@HOST/NAME (@ / ? # in a password: %40 %2F %3F %23)",
        option="--db",
    )
    key: Home | None = _setting(
        None,
        "The file of the keys that make pseudonyms. Not set: beside the ledger's file; for a database, in "
        f"{STATE}. All hosts of a fleet need the same: copy it to each.",
        "be the path of a file",
    )
    keep_text_days: Annotated[float, Field(ge=0, le=7)] = _setting(
        0,
        "Days for which the text of a prompt is kept once it is judged. 0 deletes it with the judgement.",
        "be a number of days from 0 to 7",
    )
    spool_size: Annotated[int, BeforeValidator(_bytes), Field(ge=UNITS["MB"])] = _setting(
        "256 MB",
        "While the ledger cannot be written, calls wait beside it in usage.db.spool, encrypted; past this size of it, "
        "in memory, and then they are counted as lost (docs/ledger.md).",
        'be a size of at least 1 MB, as "256 MB"',
    )
    max_size: Size = _setting(
        "2 GB",
        "What the ledger may take on disk. Over it, the oldest turns of published weeks are deleted sooner than "
        "retention says; traffic and published figures never suffer.",
        'be a size of at least 50 MB, as "2 GB"',
    )

    @property
    def file(self) -> Path:
        """The ledger's file; for a database, the one that it would be: the spool, the audit's head lie beside it."""
        return beside(self.path)


class RetentionSettings(_Section):
    """How long rows are kept. What is older is deleted once its week is published."""

    turns_days: Annotated[float, Field(ge=7, le=3650)] = _setting(
        30,
        "Days for which turns and calls are kept, with their judgements.",
        "be a number of days from 7 to 3650",
    )
    published_days: Annotated[float, Field(ge=30, le=36500)] = _setting(
        400,
        "Days for which published figures are kept, by whole weeks.",
        "be a number of days from 30 to 36500",
    )


class ProxySettings(_Section):
    """How traffic comes in, and where it goes."""

    mode: str = _setting(
        "",
        "reverse:URL (clients are pointed at Assay), regular (Assay is their HTTP proxy), transparent (the network "
        "leads their traffic through Assay), upstream:URL or wireguard.",
        "be reverse:URL (as reverse:https://api.openai.com), regular, transparent, upstream:URL or wireguard",
        option="--mode",
    )
    listen: Annotated[str, AfterValidator(_address)] = _setting(
        "127.0.0.1:8080",
        "Where clients reach the proxy. Port 0 takes any free one.",
        "be HOST:PORT, as 127.0.0.1:8080 or [::1]:8080",
        option="--listen",
    )
    allow_hosts: Names = _setting(
        (),
        "In the modes where any traffic comes by: the hosts, with their subdomains, whose TLS is opened. All other "
        "TLS passes unopened. Empty: the assistants of config/routes.toml.",
        'be a list of host names, as ["api.openai.com"]',
    )
    confdir: Home = _setting(
        f"{STATE}/ca",
        "Folder of the certificate authority that clients trust in those modes. Made at the first start.",
        "be the path of a folder",
    )
    upstream_ca: Home | None = _setting(
        None,
        "PEM file of the authorities that upstreams are verified against, in place of the public ones.",
        "be the path of a PEM file",
    )
    certificate: Home | None = _setting(
        None,
        "In mode reverse: PEM file with the certificate, its chain and its key, for clients that come by https. Not "
        "set: they are shown one of Assay's own authority.",
        "be the path of a PEM file with a certificate and its key",
    )
    dialects: Home | None = _setting(
        None,
        "TOML file, or folder of them, of how an assistant of your own says things (docs/dialects.md).",
        "be the path of a TOML file or of a folder",
    )
    proxy_auth: SecretStr | None = _setting(
        None,
        "Who may use the proxy in modes regular and upstream: @FILE (htpasswd), ldaps:…, user:password or any.",
        "be @FILE (htpasswd), ldaps:…, user:password or any",
    )

    metrics: Annotated[str, AfterValidator(_address_if_any)] = _setting(
        "",
        "Where Prometheus reads what the proxy counts, at /metrics (docs/monitoring.md). Not set: nowhere.",
        "be HOST:PORT, as 127.0.0.1:9464",
    )


class IdentitySettings(_Section):
    """How people are told apart, see docs/identity.md. The ledger holds keyed pseudonyms only."""

    client_ca: Home | None = _setting(
        None,
        "PEM file of the authorities whose TLS client certificates name people. Not set: clients are asked for none.",
        "be the path of a PEM file of certificates",
    )
    client_names: Annotated[tuple[CertificateName, ...], NoDecode, BeforeValidator(_listed)] = _setting(
        ("email", "upn", "uri", "cn"),
        "Where a client certificate names the person, the first that is there wins: email, upn and uri are alternative "
        "names, cn is the subject's common name.",
        'be a list of email, upn, uri and cn, as ["email", "upn"]',
    )
    headers: Names = _setting(
        ("X-Forwarded-User", "X-Forwarded-Email", "X-Auth-Request-User", "Remote-User"),
        "Headers that name the person, the first that is there wins. They count from trusted peers only.",
        'be a list of header names, as ["X-Forwarded-User"]',
    )
    trusted_peers: Networks = _setting(
        (),
        "Networks of the front proxies whose headers are believed.",
        'be a list of networks, as ["10.0.0.0/8"]',
    )
    app_headers: Names = _setting(
        (),
        "Headers in which applications, as Open WebUI, say whom they serve. They count from app peers only.",
        'be a list of header names, as ["X-OpenWebUI-User-Email"]',
    )
    app_peers: Networks = _setting(
        (),
        "Networks of the applications whose headers are believed.",
        'be a list of networks, as ["10.0.0.7/32"]',
    )
    mode: Literal["pseudonyms", "plain"] = _setting(
        "pseudonyms",
        "plain: the ledger holds names in clear. For companies that have agreed on that with their people, as the law "
        "and the works council want it.",
        "be pseudonyms or plain",
    )
    plain_reason: str = _setting(
        "",
        "Why names are in clear. It is entered in the audit table at each start; mode plain needs it.",
        "be a text",
    )
    rotate_weeks: Annotated[int, Field(ge=1, le=52)] = _setting(
        4,
        "Weeks after which everybody gets a new pseudonym, from Monday, 0:00 UTC. A change counts from next Monday on.",
        "be a number of weeks from 1 to 52",
    )
    team_header: str = _setting(
        "",
        "Header that names the team of whom the teams file does not know. It counts from trusted and app peers only.",
        "be the name of a header, as x-litellm-team-id",
    )
    teams: Home | None = _setting(
        None,
        "TOML file with a line a team: its name and the list of its people, as their certificates, tokens, headers, "
        "logins, addresses or key fingerprints name them (assay identity fingerprint).",
        "be the path of a TOML file",
    )


class TokenSettings(_Section):
    """Signed tokens (JWT) that name people, see docs/identity.md."""

    header: str = _setting(
        "",
        "Header that holds the token, alone or after Bearer. Not set: tokens are not read.",
        "be the name of a header, as Cf-Access-Jwt-Assertion",
    )
    keys: str = _setting(
        "",
        "What tokens are checked with: the https URL of a JWKS, or of a PEM key for each {kid}; or a file: a JWKS, PEM "
        "public keys or certificates, or a shared secret.",
        "be a URL or the path of a file",
    )
    issuer: Names = _setting(
        (), "Issuers (iss) whose tokens count. Empty: any.", 'be a list of issuers, as ["https://id.example.com"]'
    )
    audience: Names = _setting(
        (), "Audiences (aud) one of which a token must be for. Empty: any.", 'be a list of audiences, as ["assay"]'
    )
    signer: Names = _setting(
        (),
        "Load balancers (signer, in the head of AWS's tokens) whose tokens count. Empty: any.",
        "be a list of ARNs, as arn:aws:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/app/NAME/ID",
    )
    claims: Names = _setting(
        ("email", "preferred_username", "sub"),
        "Claims that name the person, the first that is there wins.",
        'be a list of claims, as ["email", "sub"]',
    )
    groups_claim: str = _setting(
        "",
        "Claim that names the team of whom the teams file does not know. Of several groups it is the one that is a "
        "team there.",
        "be the name of a claim, as groups",
    )


class PrivacySettings(_Section):
    """How many people a group must have to be shown. The ledger keeps the largest number it was ever given."""

    min_group: Annotated[int, Field(ge=5)] | None = _setting(
        None,
        "How many people a group must have to be shown. Raised, never lowered. Not set: as the ledger has it (5).",
        "be a whole number of people, 5 or more",
    )
    min_own_team: Annotated[int, Field(ge=10)] | None = _setting(
        None,
        "How many people a team must have for its own manager to be shown it. Raised, never lowered. Not set: as the "
        "ledger has it (10).",
        "be a whole number of people, 10 or more",
    )


class ClassifierSettings(_Section):
    """What judges turns."""

    backend: Literal["onnx", "sentence-transformers", "rules"] = _setting(
        "onnx",
        "onnx (needs no torch), sentence-transformers (needs the train extra) or rules (no model).",
        "be onnx, sentence-transformers or rules",
        option="--backend",
    )
    model: Home | None = _setting(
        None,
        "Folder of the model. Not set: the one that ships with Assay.",
        "be the path of a folder that assay train has made",
        option="--model",
    )

    metrics: Annotated[str, AfterValidator(_address_if_any)] = _setting(
        "",
        "Where Prometheus reads what the classifier counts, at /metrics (docs/monitoring.md). Not set: nowhere.",
        "be HOST:PORT, as 127.0.0.1:9465",
    )


class ConsoleSettings(_Section):
    """The web console, see docs/console.md. On a loopback address without accounts and peers it asks for no sign-in."""

    listen: Annotated[str, AfterValidator(_address)] = _setting(
        "127.0.0.1:8090",
        "Where browsers reach the console. Port 0 takes any free one.",
        "be HOST:PORT, as 127.0.0.1:8090 or [::1]:8090",
        option="--listen",
    )
    trusted_peers: Networks = _setting(
        (),
        "Networks of the front proxies that sign people in, and whose user_header is believed.",
        'be a list of networks, as ["10.0.0.5/32"]',
    )
    user_header: str = _setting(
        "X-Forwarded-User",
        "Header in which they name the person. It counts from trusted peers only, who must not let clients set it.",
        "be the name of a header, as X-Forwarded-User",
    )
    accounts: Home | None = _setting(
        None,
        "TOML file with a line an account: its name and the hash that assay console password prints. For shops that "
        "have no single sign-on.",
        "be the path of a TOML file",
    )
    roles: Home | None = _setting(
        None,
        "TOML file that says who is admin, auditor, or manager of which teams. Everybody else is an employee.",
        "be the path of a TOML file",
    )
    certificate: Home | None = _setting(
        None,
        "PEM file with the console's certificate, its chain and its key. Accounts need it on any but a loopback "
        "address, unless a trusted peer takes the TLS.",
        "be the path of a PEM file with a certificate and its key",
    )
    metrics: Annotated[str, AfterValidator(_address_if_any)] = _setting(
        "",
        "Where Prometheus reads what the console counts, at /metrics (docs/monitoring.md). Not set: nowhere.",
        "be HOST:PORT, as 127.0.0.1:9466",
    )


class Settings(BaseSettings):
    """All settings, by section."""

    model_config = SettingsConfigDict(env_prefix="ASSAY_", env_nested_delimiter="__", extra="forbid", frozen=True)

    ledger: LedgerSettings = Field(default_factory=LedgerSettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)
    proxy: ProxySettings = Field(default_factory=ProxySettings)
    identity: IdentitySettings = Field(default_factory=IdentitySettings)
    token: TokenSettings = Field(default_factory=TokenSettings)
    privacy: PrivacySettings = Field(default_factory=PrivacySettings)
    classifier: ClassifierSettings = Field(default_factory=ClassifierSettings)
    console: ConsoleSettings = Field(default_factory=ConsoleSettings)
