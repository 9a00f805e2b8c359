"""The two images, built and run as docker-compose.yml has them: a call goes through and is judged on the volume.

`make test-containers` runs it, as root; `make test-containers BASE=IMAGE` on a base image of yours in place of Debian.
All runs in one network namespace: only its loopback carries traffic.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.assay.running import ROOT, wait_until
from tests.deploy.engine import Engine, engine
from tests.deploy.hosts import WORDS
from tests.deploy.namespaces import Place, place
from tests.deploy.serving import serving
from tests.deploy.test_compose import SERVICES
from tests.proxy.upstream import Authority

pytestmark = [pytest.mark.containers, pytest.mark.timeout(2400)]

UPSTREAM = "127.0.0.1"
NEEDED = {"buildah": "buildah", "podman": "podman", "runc": "runc", "ip": "iproute2"}
USER = "10001"
READY = {"proxy": "the proxy listens on", "classifier": "judges the turns of"}


@dataclass(frozen=True)
class Composed:
    """Both services, running."""

    engine: Engine
    place: Place
    ledger: Path  # on the shared volume

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
            for service, facts in SERVICES.items():
                command = [
                    f"reverse:http://{UPSTREAM}" if each.startswith("reverse:") else each for each in facts["command"]
                ]
                images.start(service, facts, here.name, command)
            volume = json.loads(images.podman("volume", "inspect", "state"))[0]["Mountpoint"]
            for service in SERVICES:
                _ready(images, service)
            yield Composed(images, here, Path(volume) / "usage.db")


def _ready(images: Engine, service: str, times: int = 1) -> None:
    """Wait for a service to have become ready so many times."""
    wait_until(lambda: images.said(service).count(READY[service]) == times)


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
    address = {"OPENAI_BASE_URL": "http://127.0.0.1:8080/v1", "NO_PROXY": "*"}
    for mode in ("whole", "streamed"):
        ask = f"weigh two ways to ship a container, {mode}"
        done = composed.place.run(sys.executable, "-m", "tests.deploy.clients", "sdk", ask, mode, **address)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == "".join(WORDS)
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
    assert not installed & {"torch", "pytest", "hatchling", "setuptools"}


def test_the_proxy_tells_that_it_is_well_and_reports(composed: Composed) -> None:
    composed.engine.podman("healthcheck", "run", "proxy")
    assert json.loads(composed.exec("proxy", "assay", "report", "--format", "json")) is not None


def test_the_classifier_is_at_the_lowest_priority(composed: Composed) -> None:
    assert composed.exec("classifier", "cut", "-d ", "-f19", "/proc/1/stat").strip() == "19"  # its niceness


def test_both_end_in_good_order(composed: Composed) -> None:
    """When they are asked to, as `docker compose stop` does; then they run again for the other tests."""
    for service in SERVICES:
        composed.engine.podman("stop", "--time", "30", service)
        ended = json.loads(composed.engine.podman("inspect", service))[0]["State"]
        assert ended["ExitCode"] == 0
        assert "has ended" in composed.engine.said(service)
        before = composed.engine.said(service).count(READY[service])
        composed.engine.podman("start", service)
        _ready(composed.engine, service, before + 1)


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
