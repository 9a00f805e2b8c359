"""Whatever a sample holds, the doctor shows what is read, or says why nothing is."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.extraction import NothingExtracted, answer_lines, request_lines
from config.dialects import DialectFile, load_dialects
from tests.assay.test_doctor import example

NAMES = st.sampled_from(["thread", "turns", "author", "body", "kind", "words", "used", "read"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["EMPLOYEE", "BOT", "words", "", "Hello"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> DialectFile:
    file: Path = tmp_path_factory.mktemp("acme") / "acme.toml"
    file.write_text(example("acme.toml"), encoding="utf-8")
    (dialect,) = load_dialects(file)
    return dialect


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=VALUES, thread=VALUES, turns=st.lists(VALUES, max_size=3))
def test_any_sample_is_read_or_nothing_is(acme: DialectFile, body: Any, thread: Any, turns: Any) -> None:
    """Nothing else can happen, to a request or an answer."""
    for sample in (body, {"thread": thread}, {"thread": {"turns": turns}, "options": body, "employee": thread}):
        written = json.dumps(sample).encode()
        with suppress(NothingExtracted):
            assert any(line.startswith("  text") for line in request_lines(acme, written))
        with suppress(NothingExtracted):
            assert len(list(answer_lines(acme, written, ".json"))) == 5
