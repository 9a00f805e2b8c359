"""The rooms import one another as ARCHITECTURE.md says, and each process loads only what it needs."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.assay.running import ROOT, environment, running, wait_until
from tests.reports.console.company import found

HEAVY = ("torch", "numpy", "onnxruntime", "tokenizers", "sentence_transformers")


def imported(importtime: str) -> set[str]:
    """Read the top-level modules off `python -X importtime`."""
    lines = [line for line in importtime.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


def test_the_rooms_import_each_other_as_agreed() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_the_proxy_never_loads_what_the_classifier_needs(tmp_path: Path) -> None:
    """Over its whole life, with a prompt and a call that is none."""
    options = ("--mode", "reverse:http://127.0.0.1:9", "--listen", "127.0.0.1:0", "--db", "usage.db")
    with running("proxy", *options, home=tmp_path, python=("-X", "importtime")) as proxy:
        url = proxy.until("listens on").partition("listens on ")[2].partition(",")[0]
        body = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
        with httpx.Client(base_url=url, trust_env=False) as client:
            assert client.post("/v1/chat/completions", json=body).status_code == 502
            assert client.get("/v1/models").status_code == 502
        proxy.process.terminate()
        said = proxy.rest()
    loaded = imported("\n".join(said))
    assert "the proxy has ended: 1 calls of 1 turns" in said[-1] or any("1 calls of 1 turns" in line for line in said)
    assert "mitmproxy" in loaded  # or nothing was looked at
    assert not loaded & {*HEAVY, "psycopg", "sqlite_utils", "rich"}


def test_the_console_does_without_what_its_image_lacks(tmp_path: Path) -> None:
    """With each of its pages. Datasette itself loads numpy where there is one, so here there is none."""
    lacking = (*HEAVY, "mitmproxy", "psycopg")
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nsys.modules.update(dict.fromkeys({lacking}))\n")
    found(tmp_path / "usage.db", weeks=2)
    path = os.pathsep.join((str(tmp_path), str(ROOT)))
    with running("console", "--db", "usage.db", home=tmp_path, PYTHONPATH=path) as console:
        url = console.until("the console is at").partition("the console is at ")[2].partition(" ")[0]
        with httpx.Client(base_url=url, trust_env=False) as client:
            wait_until(lambda: "As of" in client.get("/").text)
            for page in ("/", "/teams", "/coverage", "/outcomes", "/events", "/queries", "/glossary"):
                assert client.get(page).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "unneeded"),
    [
        (["--help"], {*HEAVY, "mitmproxy", "psycopg", "sqlite_utils", "rich"}),
        (["report", "--db", "none.db"], {"torch", "onnxruntime", "tokenizers", "mitmproxy"}),
        (["classify", "--once", "--db", "usage.db", "--backend", "rules"], {"torch", "mitmproxy"}),
    ],
)
def test_a_command_loads_only_what_it_needs(tmp_path: Path, arguments: list[str], unneeded: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "assay", *arguments],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    loaded = imported(done.stderr)
    assert "click" in loaded
    assert not loaded & unneeded
