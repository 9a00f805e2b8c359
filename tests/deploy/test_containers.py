"""The images, built and run as docker-compose.yml has them: a call goes through, is judged on the volume and shown.

`make test-containers` runs it, as root; `make test-containers BASE=IMAGE` on a base image of yours in place of Debian.
All runs in one network namespace: only its loopback carries traffic.
"""

import html
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.assay.running import ROOT, wait_until
from tests.deploy.engine import Engine, engine
from tests.deploy.hosts import WORDS
from tests.deploy.namespaces import Place, place
from tests.deploy.serving import serving
from tests.deploy.test_compose import SERVICES, plain
from tests.proxy.upstream import Authority

pytestmark = [pytest.mark.containers, pytest.mark.timeout(2400)]

UPSTREAM = "127.0.0.1"
NEEDED = {"buildah": "buildah", "podman": "podman", "runc": "runc", "ip": "iproute2"}
USER = "10001"
READY = {"proxy": "the proxy listens on", "classifier": "judges the turns of", "console": "the console is at"}
SIGN_IN = '[console]\ntrusted_peers = ["127.0.0.1"]\nroles = "roles.toml"\n'
STATE = "state:"


@dataclass(frozen=True)
class Composed:
    """All services, running."""

    engine: Engine
    place: Place
    ledger: Path  # on the shared volume
    sign_in: Path

    def start(self, service: str, name: str, volume: str = STATE, sign_in: Path | None = None) -> None:
        """Start a service as a container of this name, on this volume."""
        facts = dict(SERVICES[service])
        command = [f"reverse:http://{UPSTREAM}" if each.startswith("reverse:") else each for each in facts["command"]]
        mounts = (plain(each).replace("$SIGN_IN", str(sign_in or self.sign_in)) for each in facts["volumes"])
        facts["volumes"] = [each.replace(STATE, volume) if each.startswith(STATE) else each for each in mounts]
        self.engine.start(name, facts, self.place.name, command)

    @contextmanager
    def resting(self, *others: str) -> Iterator[None]:
        """Keep the services stopped for a block that starts others, and remove those after it."""
        self.engine.podman("stop", "--time", "30", *SERVICES)
        before = {service: self.engine.said(service).count(READY[service]) for service in SERVICES}
        try:
            yield
        finally:
            self.engine.podman("rm", "--force", "--ignore", "--time", "0", *others)
            self.engine.podman("start", *SERVICES)
        for service in SERVICES:
            _ready(self.engine, service, times=before[service] + 1)

    def ask(self, ask: str, mode: str = "whole") -> str:
        """Ask with the SDK; give the answer."""
        address = {"OPENAI_BASE_URL": "http://127.0.0.1:8080/v1", "NO_PROXY": "*"}
        done = self.place.run(sys.executable, "-m", "tests.deploy.clients", "sdk", ask, mode, **address)
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout))

    def exec(self, service: str, *command: str) -> str:
        return self.engine.podman("exec", service, *command)


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    base = os.environ.get("BASE")
    _check_tools(NEEDED if base else {**NEEDED, "debootstrap": "debootstrap"})
    folder = tmp_path_factory.mktemp("containers")
    world = Authority(folder, "world")
    world.server("localhost")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    with engine() as images, place("containers", environment) as here:
        base = base or images.debian()
        for service in SERVICES:
            images.build(service, base)
        with serving(here, [f"{UPSTREAM}={folder / 'world-localhost.pem'}"]):
            found = Composed(images, here, Path(), _sign_in(folder))
            for service in SERVICES:
                found.start(service, service)
            state = Path(json.loads(images.podman("volume", "inspect", "state"))[0]["Mountpoint"])
            for service in SERVICES:
                _ready(images, service)
            yield replace(found, ledger=state / "usage.db")


def _sign_in(folder: Path) -> Path:
    """Write what the console's sign-in takes: whoever this machine names is believed, and ana is admin."""
    made = folder / "sign-in"
    made.mkdir(mode=0o755)
    (made / "assay.toml").write_text(SIGN_IN)
    (made / "roles.toml").write_text('admins = ["ana"]\n')
    return made


def _ready(images: Engine, service: str, name: str = "", times: int = 1) -> None:
    """Wait for a service to have become ready so many times; `name` is its container's, if it is another."""
    wait_until(lambda: images.said(name or service).count(READY[service]) == times)


def _check_tools(needed: dict[str, str]) -> None:
    if os.geteuid() != 0:
        pytest.exit("make test-containers builds images without a daemon: run it as root", returncode=1)
    if missing := [package for tool, package in needed.items() if shutil.which(tool) is None]:
        sentence = f"make test-containers needs {' and '.join(missing)}: apt-get install {' '.join(missing)}"
        pytest.exit(sentence, returncode=1)


def rows(ledger: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(ledger)) as connection:
        return connection.execute(query).fetchall()


def test_a_call_goes_through_and_is_judged(composed: Composed, capsys: pytest.CaptureFixture[str]) -> None:
    """By the model, or by rules where the image has none; the judgement says which."""
    for mode in ("whole", "streamed"):
        assert composed.ask(f"weigh two ways to ship a container, {mode}", mode) == "".join(WORDS)
    judged = "SELECT classifier, level FROM judgements"
    wait_until(lambda: len(rows(composed.ledger, judged)) == 2)
    assert rows(composed.ledger, "SELECT kind, http_status, complete, streamed FROM calls ORDER BY id") == [
        ("prompt", 200, 1, 0),
        ("prompt", 200, 1, 1),
    ]
    (classifier,) = {name for name, _ in rows(composed.ledger, judged)}
    assert f"the classifier {classifier} judges" in composed.engine.said("classifier")
    with capsys.disabled():
        print(f" (judged by {classifier})", end="")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_nobody_and_keeps_its_state_private(composed: Composed, service: str) -> None:
    assert composed.exec(service, "id", "-u").strip() == USER
    status = composed.exec(service, "cat", "/proc/1/status")
    lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert (int(lines["CapEff"], 16), int(lines["CapBnd"], 16), lines["NoNewPrivs"]) == (0, 0, "1")
    assert composed.exec(service, "stat", "-c", "%a %u", "/var/lib/assay", "/var/lib/assay/usage.db").split() == [
        "700",
        USER,
        "600",
        USER,
    ]
    refused = composed.exec(service, "sh", "-c", "touch /opt/assay/mark 2>&1 || true")
    assert "Read-only" in refused


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_no_compiler_and_no_torch(composed: Composed, service: str) -> None:
    found = composed.exec(service, "sh", "-c", "command -v gcc cc make git || true; ls -d /source /build 2>&1 || true")
    assert "/bin/" not in found
    assert found.count("No such file") == 2
    names = composed.exec(service, "python", "-m", "pip", "list", "--format", "freeze")
    installed = {line.partition("==")[0].lower() for line in names.split()}
    assert "assay" in installed
    assert not installed & {"torch", "pytest", "hatchling"}
    assert "setuptools" not in installed or service == "console"  # Datasette needs it


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_tells_that_it_is_well(composed: Composed, service: str) -> None:
    composed.engine.podman("healthcheck", "run", service)


def test_the_console_shows_the_figures_to_who_is_signed_in(composed: Composed) -> None:
    curl = ("curl", "--silent", "--noproxy", "*", "http://127.0.0.1:8090/")
    wait_until(lambda: "As of" in composed.place.run(*curl, "--header", "X-Forwarded-User: ana").stdout)
    assert "through your company's sign-in" in html.unescape(composed.place.run(*curl).stdout)


def test_the_console_without_sign_in_says_so_and_stays(composed: Composed, tmp_path: Path) -> None:
    """It would else be started again for ever; and its check says that it is not well."""
    tmp_path.chmod(0o755)
    with composed.resting("unsigned"):
        composed.start("console", "unsigned", sign_in=tmp_path)
        wait_until(lambda: "for sign-in only" in composed.engine.said("unsigned"))
        assert json.loads(composed.engine.podman("inspect", "unsigned"))[0]["State"]["Running"]
        with pytest.raises(AssertionError, match="healthcheck"):
            composed.engine.podman("healthcheck", "run", "unsigned")
        composed.engine.podman("stop", "--time", "30", "unsigned")
        assert json.loads(composed.engine.podman("inspect", "unsigned"))[0]["State"]["ExitCode"] == 0


def test_the_services_start_in_any_order(composed: Composed) -> None:
    """Here the last ones first, on a volume where there is nothing yet."""
    names = {service: f"late-{service}" for service in reversed(SERVICES)}
    with composed.resting(*names.values()):
        for service, name in names.items():
            composed.start(service, name, volume="fresh:")
        for service, name in names.items():
            _ready(composed.engine, service, name)
        assert composed.ask("name a bridge between two countries") == "".join(WORDS)


def test_the_proxy_serves_where_the_volume_cannot_be_written(composed: Composed) -> None:
    with composed.resting("cut-off"):
        facts = {**SERVICES["proxy"], "volumes": [f"{each}:ro" for each in SERVICES["proxy"]["volumes"]]}
        command = ["proxy", "--mode", f"reverse:http://{UPSTREAM}", "--listen", "0.0.0.0:8080"]
        composed.engine.start("cut-off", facts, composed.place.name, command)
        _ready(composed.engine, "proxy", "cut-off")
        assert composed.ask("name a lake that no river leaves") == "".join(WORDS)
        assert "Traffic goes on" in composed.engine.said("cut-off")


def test_the_proxys_image_reports(composed: Composed) -> None:
    assert json.loads(composed.exec("proxy", "assay", "report", "--format", "json")) is not None


def test_the_classifier_is_at_the_lowest_priority(composed: Composed) -> None:
    assert composed.exec("classifier", "cut", "-d ", "-f19", "/proc/1/stat").strip() == "19"  # its niceness


def test_all_end_in_good_order(composed: Composed) -> None:
    """When they are asked to, as `docker compose stop` does; then they run again for the other tests."""
    for service in SERVICES:
        composed.engine.podman("stop", "--time", "30", service)
        ended = json.loads(composed.engine.podman("inspect", service))[0]["State"]
        assert ended["ExitCode"] == 0
        assert "has ended" in composed.engine.said(service)
        before = composed.engine.said(service).count(READY[service])
        composed.engine.podman("start", service)
        _ready(composed.engine, service, times=before + 1)


def test_compose_reads_the_file() -> None:
    """And asks for the assistant, where none is named."""
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    compose = ["docker", "compose"] if plugin.returncode == 0 else ["docker-compose"]
    if shutil.which(compose[0]) is None:
        pytest.exit("make test-containers needs docker-compose: apt-get install docker-compose", returncode=1)
    unnamed = {name: value for name, value in os.environ.items() if name != "UPSTREAM"}
    done = subprocess.run([*compose, "config"], cwd=ROOT, env=unnamed, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "name the assistant" in done.stderr
    named = {**unnamed, "UPSTREAM": "https://assistant.example.com"}
    done = subprocess.run([*compose, "config"], cwd=ROOT, env=named, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "reverse:https://assistant.example.com" in done.stdout
