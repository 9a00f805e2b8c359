"""Who asked: ordered resolvers, from the most to the least trustworthy, ending in a keyed pseudonym.

Nothing here is stored or logged in clear: the ledger gets the digest and the name of the source.
"""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ledger.pseudonyms import Key
from ledger.records import IdentitySource
from proxy.exchange import Asked

MAX_IDENTITY_CHARS = 320  # the longest e-mail address (RFC 5321: 64 + 1 + 255)


@dataclass(frozen=True, slots=True)
class Identity:
    person: str  # keyed digest
    team: str | None
    source: IdentitySource


@dataclass(frozen=True, slots=True)
class Claim:
    """One resolver's finding: who it says asked, and how the teams file may name them."""

    source: IdentitySource
    name: str = field(repr=False)


class Resolver:
    """Asks each source in order of trust; the first that answers wins."""

    def __init__(
        self,
        key: Key,
        headers: Sequence[str] = (),
        trusted_peers: Sequence[str] = (),
        teams: Mapping[str, str] | None = None,
    ) -> None:
        """Headers count only from `trusted_peers` (CIDRs). Keys of `teams` are names as the sources give them:
        a user or e-mail address in lower case, `key:` and a key's fingerprint, an address or a CIDR.
        Raises ValueError for what is no CIDR.
        """
        self._key = key
        self._headers = tuple(name.lower() for name in headers)
        self._peers = tuple(ipaddress.ip_network(peer, strict=False) for peer in trusted_peers)
        self._teams = {name.strip().lower(): team for name, team in (teams or {}).items()}
        self._networks = [
            (network, team) for name, team in self._teams.items() if (network := _network(name)) is not None
        ]
        self._sources: tuple[Callable[[Asked, str | None], Claim | None], ...] = (
            self._header,
            self._proxy_auth,
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
            person=self._key.digest("person", claim.name),
            team=self._team(claim),
            source=claim.source,
        )

    def _header(self, asked: Asked, _: str | None) -> Claim | None:
        if not self._headers or not self._trusted(asked.peer):
            return None
        for name in self._headers:
            if value := _clean(asked.headers.get(name)):
                return Claim("header", value)
        return None

    def _proxy_auth(self, asked: Asked, _: str | None) -> Claim | None:
        return Claim("proxy_auth", user) if (user := _clean(asked.proxy_user)) else None

    def _api_key(self, asked: Asked, _: str | None) -> Claim | None:
        for name in ("authorization", "x-api-key", "api-key", "x-goog-api-key"):
            secret = asked.headers.get(name, "").strip()
            if name == "authorization":
                secret = secret.removeprefix("Bearer ").strip()
            if secret:
                return Claim("api_key", key_name(self._key, secret))
        return None

    def _body(self, _: Asked, body_user: str | None) -> Claim | None:
        return Claim("body", user) if (user := _clean(body_user)) else None

    def _address(self, asked: Asked, _: str | None) -> Claim | None:
        return Claim("address", asked.peer)

    def _trusted(self, peer: str) -> bool:
        address = _address_of(peer)
        return address is not None and any(address in network for network in self._peers)

    def _team(self, claim: Claim) -> str | None:
        if (team := self._teams.get(claim.name)) is not None:
            return team
        if claim.source == "address" and (address := _address_of(claim.name)) is not None:
            for network, team in self._networks:
                if address in network:
                    return team
        return None


def key_name(key: Key, secret: str) -> str:
    """Name an API key for the teams file: `key:` and its keyed fingerprint."""
    return "key:" + key.digest("api key", secret)


def _clean(value: str | None) -> str:
    return (value or "").strip().lower()[:MAX_IDENTITY_CHARS]


def _network(name: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
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
