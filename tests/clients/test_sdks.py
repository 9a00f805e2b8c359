import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import program
from tests.clients.proxying import Proxied, proxying
from tests.clients.sdks import ASKS
from tests.clients.standin import StandIn, standing_in

pytestmark = pytest.mark.clients

SCRIPT = Path(__file__).parent / "sdks.py"
PATIENCE = 60  # seconds for one ask


@pytest.fixture(scope="module")
def asked() -> Iterator[StandIn]:
    """A stand-in for all SDKs."""
    with standing_in() as running:
        yield running


@pytest.fixture(scope="module")
def proxied(asked: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """A proxy for all SDKs."""
    with proxying(asked.url, tmp_path_factory.mktemp("sdks")) as running:
        yield running


@pytest.mark.parametrize("name", ASKS)
def test_an_sdk_gets_the_same_through_the_proxy_and_its_ask_is_one_turn(
    name: str, asked: StandIn, proxied: Proxied, tmp_path: Path
) -> None:
    """Direct and through the proxy the answer is the same, to the byte; the ledger holds the ask and what it cost."""
    text = f"How long does the {name} of a warehouse take, and why?"
    direct = ask(asked.url, name, text, tmp_path)
    turns, calls, before = len(proxied.turns()), len(proxied.calls()), len(asked.seen)

    through = ask(proxied.url, name, text, tmp_path)

    assert through["parsed"] == direct["parsed"]
    assert answers(through) == answers(direct)
    reported = [(each.input_tokens, each.output_tokens) for each in asked.seen[before:] if each.answered]
    assert len(reported) == 1
    proxied.ended(calls + 1)
    new = proxied.calls()[calls:]
    if name == "mistral-fim":  # inline code: no person asked for it
        assert [call.kind for call in new] == ["completion"]
        assert len(proxied.turns()) == turns
    else:
        assert [(turn.text, [call.kind for call in turn.calls]) for turn in proxied.turns()[turns:]] == [
            (text, ["prompt"])
        ]
    assert [(call.input_tokens or 0, call.output_tokens or 0) for call in new] == reported


def ask(url: str, name: str, text: str, home: Path) -> dict[str, Any]:
    """Ask with an SDK, in a process of its own."""
    ran = subprocess.run(
        [program("sdks"), SCRIPT, url, name, text],
        env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    result: dict[str, Any] = json.loads(ran.stdout)
    return result


def answers(result: dict[str, Any]) -> list[tuple[int, dict[str, str], bytes]]:
    """Give what came off the socket, but for the framing, which is each connection's own, and the time of day."""
    own = {"date", "connection", "transfer-encoding", "content-length"}
    return [
        (
            each["status"],
            {name: value for name, value in each["headers"].items() if name.lower() not in own},
            base64.b64decode(each["body"]),
        )
        for each in result["answers"]
    ]
