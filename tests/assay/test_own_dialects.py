"""A dialect that an operator writes reads as one that ships."""

from pathlib import Path
from typing import Any

import pytest

from assay.own_dialects import dialect
from config.dialects import load_dialects
from proxy.dialects.table import Dialect
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
    """Written down by the keys of a file."""
    read = [case for case in cases(kind) if case.dialect.name == "openai-chat"]
    assert len(read) >= 8
    for case in read:
        assert unnamed(case.outcome(dialect=own)) == unnamed(case.content["outcome"]), case.id
