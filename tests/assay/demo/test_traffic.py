"""The demo's people send at once, each in a thread: what a step needs is imported before."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.assay.running import PATIENCE, ROOT, environment

IMPORTS = """
import json, subprocess, sys
from assay.demo.people import Person, Step
from assay.demo.traffic import client_of

stand_in = [sys.executable, "-m", "assay.demo.standin", "--supervised"]
with subprocess.Popen(stand_in, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
    client = client_of(Person("Ada", "Platform", None, sys.argv[1]), process.stdout.readline().strip())
    before = set(sys.modules)
    ask = (("user", "hello"),)
    for step in (Step("ask", ask), Step("ask", ask, streamed=True), Step("agent", ask, steps=2), Step("other")):
        client.play(step)
    client.close()
    process.stdin.close()
print(json.dumps(sorted(set(sys.modules) - before)))
"""


@pytest.mark.parametrize("sdk", ["openai", "anthropic"])
def test_no_step_imports_anything_of_its_sdk(sdk: str, tmp_path: Path) -> None:
    """Both import most of themselves when they are first used; from several threads at once that may lock up."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", IMPORTS, sdk],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert not [name for name in json.loads(done.stdout) if name.partition(".")[0] == sdk]
