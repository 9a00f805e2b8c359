"""Builds and runs images without a daemon: Debian's buildah and podman, with a store of their own that goes afterwards.

The options are those with which both work where there is no systemd and no user namespace.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.assay.running import ROOT

AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")  # this machine's: the package index may be behind one of them
PACKAGES = ("python3", "python3-venv", "ca-certificates")
LIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
BUILD_SECONDS = 1200


class Engine:
    """A store of images and containers in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._store = ("--storage-driver", "vfs", "--root", str(folder / "store"), "--runroot", str(folder / "run"))
        self._podman = ("podman", *self._store, "--cgroup-manager", "cgroupfs", "--runtime", "runc")

    def build(self, target: str, base: str) -> None:
        """Build a target of the Dockerfile, as an image of its name."""
        given = ["--build-arg", f"BASE={base}"]
        if "PIP_INDEX_URL" in os.environ:
            given += ["--build-arg", f"PIP_INDEX_URL={os.environ['PIP_INDEX_URL']}"]
        if AUTHORITIES.is_file():
            given += ["--build-arg", f"PIP_CERT={AUTHORITIES}", "--volume", f"{AUTHORITIES}:{AUTHORITIES}:ro"]
        options = ("--isolation", "chroot", "--format", "docker", "--target", target, "--tag", f"assay-{target}")
        self._buildah("bud", *options, *given, str(ROOT))

    def debian(self) -> str:
        """Make a base image from Debian's packages; give its name."""
        folder = self._folder / "debian"
        _run("nice", "debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", "trixie", str(folder))
        container = self._buildah("from", "scratch").strip()
        self._buildah("copy", "--quiet", container, str(folder), "/")
        self._buildah("config", "--env", f"PATH={PATH}", container)
        self._buildah("commit", "--quiet", "--rm", container, "localhost/debian")
        return "localhost/debian"

    def podman(self, *arguments: str) -> str:
        """Run podman to its end, which must be good; give its output."""
        return _run(*self._podman, *arguments)

    def start(self, name: str, facts: Mapping[str, Any], network: str, command: list[str]) -> None:
        """Start a container as the compose file has its service, in a network namespace in place of its ports."""
        network = facts.get("network_mode", f"ns:/run/netns/{network}")
        options = ["--detach", "--name", name, "--network", network, *LIMITS, *_options(facts)]
        self.podman("run", *options, facts["image"], *command)

    def said(self, service: str) -> str:
        """Give what a service has said on its standard error."""
        return subprocess.run([*self._podman, "logs", service], capture_output=True, text=True, check=True).stderr

    def clear(self) -> None:
        """Remove all containers, volumes and images."""
        self.podman("rm", "--all", "--force", "--time", "0")
        self.podman("volume", "prune", "--force")
        self.podman("rmi", "--all", "--force")

    def _buildah(self, command: str, *arguments: str) -> str:
        return _run("nice", "buildah", *self._store, command, *arguments)


@contextmanager
def engine() -> Iterator[Engine]:
    """Keep an engine for a block, and remove its store, which is of gigabytes."""
    folder = Path(tempfile.mkdtemp(prefix="assay-"))  # podman takes paths of up to 50 characters only
    made = Engine(folder)
    try:
        yield made
    finally:
        made.clear()
        shutil.rmtree(folder)


def _options(facts: Mapping[str, Any]) -> Iterator[str]:
    """Write what the compose file asks of a service as podman has it."""
    if facts["read_only"]:
        yield "--read-only"
    for key, option in (
        ("tmpfs", "tmpfs"),
        ("cap_drop", "cap-drop"),
        ("security_opt", "security-opt"),
        ("volumes", "volume"),
    ):
        yield from (f"--{option}={each}" for each in facts[key])
    if "working_dir" in facts:
        yield f"--workdir={facts['working_dir']}"
    for key, option in (("mem_limit", "memory"), ("pids_limit", "pids-limit"), ("cpus", "cpus")):
        if key in facts:
            yield f"--{option}={facts[key]}"
    for key in ("cpu_shares", "oom_score_adj"):
        if key in facts:
            yield f"--{key.replace('_', '-')}={facts[key]}"


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout
