"""Who asked: ordered sources, from the most to the least trustworthy, ending in a keyed pseudonym.

Nothing here is stored or logged in clear: the ledger gets the digest and the name of the source.
"""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from ledger.keys import Keys
from ledger.pseudonyms import Key
from ledger.records import IdentitySource
from proxy.certificates import Certificates
from proxy.credentials import lasting_credential
from proxy.exchange import Asked
from proxy.tokens import Tokens, claimed_subject

MAX_IDENTITY_CHARS = 320  # the longest e-mail address (RFC 5321: 64 + 1 + 255)
MAX_TEAM_CHARS = 64

# What a header says before the name. Source: Google, "Getting the user's identity" (Identity-Aware Proxy), 2026-11.
PREFIXES = {
    "x-goog-authenticated-user-email": "accounts.google.com:",
    "x-goog-authenticated-user-id": "accounts.google.com:",
}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Identity:
    person: str  # keyed digest, of the period
    team: str | None
    source: IdentitySource


@dataclass(frozen=True, slots=True)
class Claim:
    """One source's finding: who it says asked, and how the teams file may name them."""

    source: IdentitySource
    name: str = field(repr=False)
    groups: tuple[str, ...] = field(repr=False, default=())  # of a token: maybe the team's name


@dataclass(frozen=True, slots=True)
class Peers:
    """Whose headers are believed, and which. `networks` are CIDRs."""

    networks: Sequence[str] = ()
    headers: Sequence[str] = ()  # that name the person; the first that is there counts


class Resolver:
    """Asks each source in order of trust; the first that answers wins."""

    def __init__(
        self,
        keys: Keys,
        fronts: Peers = Peers(),
        apps: Peers = Peers(),
        team_header: str | None = None,
        teams: Mapping[str, str] | None = None,
        people: Mapping[str, str] | None = None,
        certificates: Certificates | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        """`fronts` are proxies that authenticate people, `apps` are applications that say whom they serve, in headers
        that may be percent-encoded; `team_header` counts from both. Keys of `teams` are names as the sources give them:
        a user or e-mail address in lower case, `key:` and a key's fingerprint, an address or a CIDR. `people` gives a
        person's name for another one of theirs, both in lower case.
        Raises ValueError for what is no CIDR.
        """
        self._keys = keys
        self._fronts = _Trusted(fronts)
        self._apps = _Trusted(apps)
        self._team_header = (team_header or "").lower()
        self._teams = {name.strip().lower(): team for name, team in (teams or {}).items()}
        self._people = people or {}
        self._team_names = {team.lower(): team for team in self._teams.values()}
        self._networks = sorted(
            ((network, team) for name, team in self._teams.items() if (network := _network(name)) is not None),
            key=lambda of: -of[0].prefixlen,  # the narrowest that holds an address counts
        )
        self._certificates = certificates
        self._tokens = tokens
        self._sources: tuple[Callable[[Asked, str | None], Claim | None], ...] = (
            self._certificate,
            self._proxy_auth,
            self._front,
            self._token,
            self._app,
            self._api_key,
            self._body,
            self._address,
        )

    def resolve(self, asked: Asked, body_user: str | None) -> Identity:
        """Name the person behind a request. `body_user` is what the body claims, which anybody can write."""
        for source in self._sources:
            if (claim := source(asked, body_user)) is not None:
                break
        else:  # unreachable: an address always answers
            raise AssertionError("no identity source answered")
        return Identity(
            person=self._keys.serving(asked.at).key.digest("person", self._people.get(claim.name, claim.name)),
            team=self._team(asked, claim),
            source=claim.source,
        )

    def _certificate(self, asked: Asked, _: str | None) -> Claim | None:
        if self._certificates is None:
            return None
        name = _clean(self._certificates.name(asked.certificates, _presented(asked)))
        return Claim("certificate", name) if name else None

    def _proxy_auth(self, asked: Asked, _: str | None) -> Claim | None:
        return Claim("proxy_auth", user) if (user := _clean(asked.proxy_user)) else None

    def _front(self, asked: Asked, _: str | None) -> Claim | None:
        return Claim("header", user) if (user := self._fronts.user(asked)) else None

    def _token(self, asked: Asked, _: str | None) -> Claim | None:
        named = self._tokens.read(asked.headers, _presented(asked)) if self._tokens else None
        return Claim("jwt", user, named.groups) if named and (user := _clean(named.name)) else None

    def _app(self, asked: Asked, _: str | None) -> Claim | None:
        user = _clean(unquote(self._apps.user(asked)))
        return Claim("header", user) if user else None

    def _api_key(self, asked: Asked, _: str | None) -> Claim | None:
        secret = lasting_credential(asked.headers)
        return Claim("api_key", key_name(self._keys.stable, secret)) if secret else None

    def _body(self, asked: Asked, body_user: str | None) -> Claim | None:
        user = _clean(body_user) or _clean(claimed_subject(asked.headers))
        return Claim("body", user) if user else None

    def _address(self, asked: Asked, _: str | None) -> Claim | None:
        return Claim("address", asked.peer)

    def _team(self, asked: Asked, claim: Claim) -> str | None:
        """Name the team: the teams file's word for the person, else what the token or a trusted peer says, else the
        teams file's word for the address.
        """
        person = self._people.get(claim.name, claim.name)
        known = self._teams.get(person) or self._teams.get(claim.name)
        return known or self._of_groups(claim.groups) or self._said(asked) or self._near(asked)

    def _of_groups(self, groups: Sequence[str]) -> str | None:
        """Choose the group that is a team of the file. A lone one may be new; among several, chance would choose."""
        for group in groups:
            if (team := self._team_names.get(group.strip().lower())) is not None:
                return team
        return self._named(groups[0]) if len(groups) == 1 else None

    def _said(self, asked: Asked) -> str | None:
        if not self._team_header or not (self._fronts.trusts(asked.peer) or self._apps.trusts(asked.peer)):
            return None
        return self._named(unquote(asked.headers.get(self._team_header, "")))

    def _named(self, text: str) -> str | None:
        """Read a team's name, which is shown to people: as the teams file writes it, if it is there."""
        name = "".join(c for c in text if c.isprintable()).strip()[:MAX_TEAM_CHARS]
        return self._team_names.get(name.lower(), name) or None

    def _near(self, asked: Asked) -> str | None:
        if (address := _address_of(asked.peer)) is None:
            return None
        return next((team for network, team in self._networks if address in network), None)


class _Trusted:
    """Peers, ready for questions."""

    def __init__(self, peers: Peers) -> None:
        self._networks = tuple(ipaddress.ip_network(network, strict=False) for network in peers.networks)
        self._headers = tuple(name.lower() for name in peers.headers)

    def trusts(self, peer: str) -> bool:
        address = _address_of(peer)
        return address is not None and any(address in network for network in self._networks)

    def user(self, asked: Asked) -> str:
        """Give the name that the headers say; empty: none, or the peer is not trusted."""
        if not self._headers or not self.trusts(asked.peer):
            return ""
        for header in self._headers:
            if value := _clean(asked.headers.get(header)).removeprefix(PREFIXES.get(header, "")):
                return value
        return ""


def key_name(key: Key, secret: str) -> str:
    """Name an API key for the teams file: `key:` and its keyed fingerprint."""
    return "key:" + key.digest("api key", secret)


def _presented(asked: Asked) -> float:
    """Tell when headers and certificate were shown: a WebSocket may outlive them."""
    return asked.at if asked.opened is None else asked.opened


def _clean(value: str | None) -> str:
    return (value or "").strip().lower()[:MAX_IDENTITY_CHARS]


def _network(name: str) -> Network | None:
    try:
        return ipaddress.ip_network(name, strict=False)
    except ValueError:
        return None


def _address_of(peer: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped if mapped is not None else address
