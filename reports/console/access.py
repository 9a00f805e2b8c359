"""Who a reader of the console is, and what a role may open. Whatever is not named here is denied.

A role is looked up anew for each request: a session carries a name only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, Literal

Role = Literal["employee", "manager", "admin", "auditor"]
ROLES: tuple[Role, ...] = ("employee", "manager", "admin", "auditor")
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the console."""

    name: str
    role: Role
    teams: tuple[str, ...] = ()  # a manager's own

    def actor(self) -> dict[str, Any]:
        """Say it as Datasette wants it."""
        return {"id": self.name, "role": self.role, "teams": list(self.teams)}


LOCAL = Reader("local user", "admin")


@dataclass(frozen=True, slots=True)
class Admission:
    """How readers are known. Names are in lower case. With neither accounts nor peers the console is open."""

    accounts: Mapping[str, str] = field(default_factory=dict, repr=False)  # password hashes by name
    peers: tuple[Network, ...] = ()  # front proxies that are believed
    user_header: str = ""
    admins: frozenset[str] = frozenset()
    auditors: frozenset[str] = frozenset()
    managers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Tell whether nobody needs to sign in."""
        return not (self.accounts or self.peers)

    def reader(self, name: str) -> Reader:
        """Give the reader of this name."""
        name = name.strip().lower()
        if name in self.admins:
            return Reader(name, "admin")
        if name in self.auditors:
            return Reader(name, "auditor")
        if name in self.managers:
            return Reader(name, "manager", self.managers[name])
        return Reader(name, "employee")

    def believes(self, peer: str) -> bool:
        """Tell whether a peer's header counts. `peer` is an address as the socket gives it."""
        try:
            address = ip_address(peer.partition("%")[0])
        except ValueError:
            return False
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in network for network in self.peers)
