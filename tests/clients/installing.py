"""Installs the clients of versions.toml into the folder .clients/, each into one of its own, with npm and pip as they
are set up on this machine. What is there at the right version is kept.

    python -m tests.clients.installing [NAME ...]
"""

import json
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / ".clients"
VERSIONS = Path(__file__).parent / "versions.toml"
PATIENCE = 900  # seconds for one client


class InstallError(Exception):
    """It cannot be installed here. The message is the reason."""


@dataclass(frozen=True, slots=True)
class Npm:
    """A client of npm's."""

    name: str
    package: str
    version: str
    command: str

    @property
    def program(self) -> Path:
        return FOLDER / self.name / "node_modules" / ".bin" / self.command

    def wanted(self) -> Mapping[str, str]:
        return {self.package: self.version}

    def install(self, folder: Path) -> None:
        if shutil.which("npm") is None:
            raise InstallError("npm is not on this machine")
        _run("npm", "install", "--no-audit", "--no-fund", "--prefix", folder, f"{self.package}@{self.version}")


@dataclass(frozen=True, slots=True)
class Python:
    """Clients of PyPI's that share an environment."""

    name: str
    packages: Mapping[str, str]

    @property
    def program(self) -> Path:
        return FOLDER / self.name / "bin" / "python"

    def wanted(self) -> Mapping[str, str]:
        return self.packages

    def install(self, folder: Path) -> None:
        try:
            venv.create(folder, with_pip=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise InstallError(f"no environment can be made ({type(error).__name__})") from None
        named = [f"{name}=={version}" for name, version in self.packages.items()]
        _run(self.program, "-m", "pip", "-qq", "--disable-pip-version-check", "--no-input", "install", *named)


def clients() -> dict[str, Npm | Python]:
    """Read versions.toml."""
    table = tomllib.loads(VERSIONS.read_text())
    npm = {name: Npm(name, **entry) for name, entry in table["npm"].items()}
    return npm | {name: Python(name, packages) for name, packages in table["python"].items()}


def installed(client: Npm | Python) -> str | None:
    """Give None where the client is there as wanted, else why it is not."""
    try:
        found = json.loads((FOLDER / client.name / "installed.json").read_text())
    except FileNotFoundError:
        return "it was not installed: run make test-clients"
    if found["wanted"] != dict(client.wanted()):
        return "another version is installed: run make test-clients"
    return None if found["failed"] is None else str(found["failed"])


def install(client: Npm | Python) -> str | None:
    """Install a client that is not there as wanted; give the reason where that fails."""
    if installed(client) is None:
        return None
    folder = FOLDER / client.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    failed = None
    try:
        client.install(folder)
    except InstallError as error:
        failed = str(error)
    record = {"wanted": dict(client.wanted()), "failed": failed}
    (folder / "installed.json").write_text(json.dumps(record, indent=1))
    return failed


def _run(*command: str | Path) -> None:
    try:
        ran = subprocess.run(
            [*map(str, command)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InstallError(f"it took over {PATIENCE} s") from None
    if ran.returncode:
        said = (ran.stderr.strip() or ran.stdout.strip() or "it said nothing").splitlines()
        raise InstallError(next((line for line in said if "error" in line.lower()), said[-1])[:200])


def main() -> None:
    names = sys.argv[1:]
    for name, client in clients().items():
        if names and name not in names:
            continue
        failed = install(client)
        print(f"{name}: {'installed' if failed is None else f'not installed: {failed}'}", flush=True)


if __name__ == "__main__":
    main()
