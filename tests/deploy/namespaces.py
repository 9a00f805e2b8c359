"""A small internet of network namespaces: clients, a gateway, and hosts beyond it. Whatever is made is taken away.

    client eth0 ---- eth1 gateway eth0 ---- eth0 beyond
      192.0.2.2      .1        198.51.100.1      .10 the assistant, .20 another host

IPv6 is the same with 2001:db8:1:: and 2001:db8:2::. Everything is named after this process.
Only these namespaces carry traffic.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.assay.running import PATIENCE, ROOT

ETC = Path("/etc/netns")  # what lies here under a namespace's name is seen in it as /etc
CLIENT, GATEWAY, ASSISTANT, OTHER = "192.0.2.2", "192.0.2.1", "198.51.100.10", "198.51.100.20"
CLIENT6, GATEWAY6, ASSISTANT6 = "2001:db8:1::2", "2001:db8:1::1", "2001:db8:2::10"
OUTSIDE, OUTSIDE6, OTHER6 = "198.51.100.1", "2001:db8:2::1", "2001:db8:2::20"
PLACES: Mapping[str, Mapping[str, Sequence[str]]] = {
    "client": {"eth0": (CLIENT, CLIENT6)},
    "gateway": {"eth1": (GATEWAY, GATEWAY6), "eth0": (OUTSIDE, OUTSIDE6)},
    "beyond": {"eth0": (ASSISTANT, ASSISTANT6, OTHER, OTHER6)},
}
WAYS = {"client": (GATEWAY, GATEWAY6), "beyond": (OUTSIDE, OUTSIDE6)}


class Place:
    """One namespace, and the running of commands in it."""

    def __init__(self, name: str, environment: Mapping[str, str]) -> None:
        self.name = name
        self._environment = environment

    def start(self, *command: str | Path, **more: str) -> subprocess.Popen[str]:
        """Start a command, its standard streams piped."""
        return subprocess.Popen(
            ["ip", "netns", "exec", self.name, *map(str, command)],
            cwd=ROOT,
            env={**self._environment, **more},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *command: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, whatever its end."""
        with self.start(*command, **more) as process:
            try:
                out, err = process.communicate(timeout=PATIENCE)
            finally:
                process.kill()
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def shell(self, script: str, **more: str) -> str:
        """Run a script that must succeed; give its output."""
        done = self.run("bash", "-euo", "pipefail", "-c", script, **more)
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def place(role: str, environment: Mapping[str, str]) -> Iterator[Place]:
    """Make one namespace, with loopback alone."""
    made = Place(f"assay-{os.getpid()}-{role}", environment)
    _ip("netns", "add", made.name)
    try:
        _ip("-n", made.name, "link", "set", "lo", "up")
        yield made
    finally:
        _ip("netns", "delete", made.name)


@contextmanager
def places(hosts: Mapping[str, str], environment: Mapping[str, str]) -> Iterator[dict[str, Place]]:
    """Make the namespaces. The client knows `hosts`, by name, at their addresses."""
    with ExitStack() as made:
        found = {}
        for role in PLACES:
            found[role] = made.enter_context(place(role, environment))
        made.callback(shutil.rmtree, ETC / found["client"].name)
        _know(found["client"], hosts)
        _wire(found, "client", "eth0", "eth1")
        _wire(found, "beyond", "eth0", "eth0")
        for role, ways in WAYS.items():
            for way in ways:
                _ip("-n", found[role].name, "route", "add", "default", "via", way)
        yield found


def _know(client: Place, hosts: Mapping[str, str]) -> None:
    folder = ETC / client.name
    folder.mkdir(parents=True)
    lines = ["127.0.0.1 localhost", *(f"{address} {name}" for name, address in hosts.items())]
    (folder / "hosts").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _wire(found: Mapping[str, Place], role: str, own: str, gateways: str) -> None:
    """Lay a cable between a place and the gateway, and give both ends their addresses."""
    here, gateway = found[role].name, found["gateway"].name
    _ip("link", "add", own, "netns", here, "type", "veth", "peer", "name", gateways, "netns", gateway)
    for name, interface, addresses in (
        (here, own, PLACES[role][own]),
        (gateway, gateways, PLACES["gateway"][gateways]),
    ):
        for address in addresses:
            length, options = ("/64", ["nodad"]) if ":" in address else ("/24", [])
            _ip("-n", name, "address", "add", address + length, "dev", interface, *options)
        _ip("-n", name, "link", "set", interface, "up")


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
