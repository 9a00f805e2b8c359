"""A dialect that an operator writes reads as one that ships."""

import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest

from assay.own_dialects import dialect
from config.dialects import load_dialects
from proxy.dialects.table import Dialect
from proxy.interpreter import read_request
from tests.assay.running import assay, running
from tests.assay.test_doctor import example
from tests.ledger.facts import words
from tests.proxy.golden import cases

OPENAI = """
name = "own-chat"
hosts = ["ask.acme.example"]
paths = ["/chat/completions"]
[request]
messages = "messages"
tool = ["tool", "function"]
conversation = "metadata.conversation_id"
user = "user"
model = "model"
stream = "stream"
[answer]
model = "model"
input_tokens = "usage.prompt_tokens"
output_tokens = "usage.completion_tokens"
end = "choices[0].finish_reason"
"""


@pytest.fixture
def own(tmp_path: Path) -> Dialect:
    file = tmp_path / "own.toml"
    file.write_text(OPENAI, encoding="utf-8")
    (read,) = load_dialects(file)
    return dialect(read)


def unnamed(outcome: Any) -> Any:
    """Leave out what OpenAI's format has more places for than one."""
    if isinstance(outcome, str):
        return outcome
    return {key: value for key, value in outcome.items() if key not in ("user", "conversation")}


@pytest.mark.parametrize("kind", ["requests", "answers"])
def test_it_reads_openais_cases_as_openais_dialect(own: Dialect, kind: str) -> None:
    """Written down by the keys of a file, which have nothing for what stands in a path."""
    read = [case for case in cases(kind) if case.dialect.name == "openai-chat" and "path" not in case.content]
    assert len(read) >= 8
    for case in read:
        assert unnamed(case.outcome(dialect=own)) == unnamed(case.content["outcome"]), case.id


def test_a_prompt_may_stand_alone_with_its_own_id(tmp_path: Path) -> None:
    """What was said before is on the server."""
    file = tmp_path / "own.toml"
    lines = OPENAI.replace('messages = "messages"', 'text = "ask.words"\nturn = "ask.id"').replace("tool =", "# ")
    file.write_text(lines, encoding="utf-8")
    (read,) = load_dialects(file)
    request = read_request(
        dialect(read), "", {}, b'{"ask": {"words": "Where are solvents?", "id": "m-1"}, "user": "ana"}'
    )
    assert (request.tail, request.text, request.signals.turn) == ("text", "Where are solvents?", "m-1")
    assert (request.user, request.conversation, request.model, request.history) == ("ana", None, None, ())


PROXY = ("proxy", "--mode", "reverse:http://ask.localhost:9", "--listen", "127.0.0.1:0", "--db", "usage.db")


def test_the_proxy_reads_what_its_file_says(tmp_path: Path) -> None:
    """By the guide's example, at its host and under its name."""
    file = tmp_path / "acme.toml"
    file.write_text(example("acme.toml").replace("ask.acme.example", "ask.localhost"), encoding="utf-8")
    with running(*PROXY, home=tmp_path, ASSAY_PROXY__DIALECTS=str(file)) as proxy:
        url = proxy.until("listens on").partition("listens on ")[2].partition(",")[0]
        with httpx.Client(base_url=url, trust_env=False) as client:
            assert client.post("/api/v2/threads/th-1841/ask", content=example("request.json")).status_code == 502
        proxy.process.terminate()
        proxy.rest()
    with sqlite3.connect(tmp_path / "usage.db") as ledger:
        calls = ledger.execute("select assistant, dialect, model, kind, streamed from calls").fetchall()
        (text,) = words(tmp_path / "usage.db")
    ledger.close()
    assert calls == [("Ask Acme", "acme-ask", "acme-large", "prompt", 1)]
    assert text is not None
    assert text.startswith("Compare what both spent on disposal")


def test_a_wrong_file_ends_the_proxy_before_it_starts(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text(example("acme.toml").replace("role =", "rolle ="), encoding="utf-8")
    done = assay(*PROXY, home=tmp_path, ASSAY_PROXY__DIALECTS="acme.toml")
    assert done.returncode == 2
    assert done.stderr == "assay: acme.toml: there is no key request.rolle: did you mean request.role?\n"
