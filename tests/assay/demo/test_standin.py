"""The stand-in assistant, asked directly by the official SDKs: it must be one that they take for theirs."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest

from assay.demo.standin import WORDS
from tests.assay.running import PATIENCE, environment

ASK: list[Any] = [{"role": "user", "content": "hello"}]
RESULT = "nothing has changed"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "assay.demo.standin", "--supervised"],
        env=environment(tmp_path_factory.mktemp("home")),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdin
        assert process.stdout
        yield process.stdout.readline().strip()
        process.stdin.close()  # what holds it is gone
        process.wait(PATIENCE)


@pytest.fixture(scope="module")
def chat(url: str) -> Iterator[openai.OpenAI]:
    http = openai.DefaultHttpxClient(trust_env=False)
    with openai.OpenAI(api_key="sk-x", base_url=f"{url}/v1", http_client=http) as sdk:
        yield sdk


@pytest.fixture(scope="module")
def claude(url: str) -> Iterator[anthropic.Anthropic]:
    http = anthropic.DefaultHttpxClient(trust_env=False)
    with anthropic.Anthropic(api_key="sk-x", base_url=url, http_client=http) as sdk:
        yield sdk


def test_openai_gets_the_words_and_their_usage_whole_and_streamed(chat: openai.OpenAI) -> None:
    whole = chat.chat.completions.create(model="m", messages=ASK)
    assert whole.choices[0].message.content == WORDS
    chunks = list(
        chat.chat.completions.create(model="m", messages=ASK, stream=True, stream_options={"include_usage": True})
    )
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices).strip() == WORDS
    assert chunks[-1].usage == whole.usage
    assert whole.usage
    assert whole.usage.total_tokens > 2


def test_anthropic_gets_the_words_and_their_usage_whole_and_streamed(claude: anthropic.Anthropic) -> None:
    whole = claude.messages.create(model="m", max_tokens=9, messages=ASK)
    assert whole.content[0].type == "text"
    assert whole.content[0].text == WORDS
    with claude.messages.stream(model="m", max_tokens=9, messages=ASK) as stream:
        streamed = stream.get_final_message()
    assert streamed.content[0].type == "text"
    assert streamed.content[0].text.strip() == WORDS
    assert streamed.usage.input_tokens == whole.usage.input_tokens
    assert streamed.usage.output_tokens == whole.usage.output_tokens


def test_a_tool_is_called_as_often_as_asked(chat: openai.OpenAI, claude: anthropic.Anthropic) -> None:
    tool: Any = {"type": "function", "function": {"name": "look"}}
    steps = {"x-stand-in-steps": "1"}
    asked = chat.chat.completions.create(model="m", messages=ASK, tools=[tool], extra_headers=steps)
    assert asked.choices[0].finish_reason == "tool_calls"
    calls = asked.choices[0].message.tool_calls or []
    conversation = [
        *ASK,
        asked.choices[0].message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": calls[0].id, "content": RESULT},
    ]
    done = chat.chat.completions.create(model="m", messages=conversation, tools=[tool], extra_headers=steps)
    assert done.choices[0].finish_reason == "stop"

    given: Any = {"model": "m", "max_tokens": 9, "extra_headers": steps}
    given["tools"] = [{"name": "look", "input_schema": {"type": "object"}}]
    use = claude.messages.create(messages=ASK, **given)
    assert use.stop_reason == "tool_use"
    result = {"type": "tool_result", "tool_use_id": use.content[0].id, "content": RESULT}
    conversation = [
        *ASK,
        {"role": "assistant", "content": [block.model_dump() for block in use.content]},
        {"role": "user", "content": [result]},
    ]
    assert claude.messages.create(messages=conversation, **given).stop_reason == "end_turn"


def test_it_refuses_the_first_try_where_asked(chat: openai.OpenAI, claude: anthropic.Anthropic) -> None:
    once = {"x-stand-in-fail": "once"}
    with pytest.raises(openai.RateLimitError):
        chat.with_options(max_retries=0).chat.completions.create(model="m", messages=ASK, extra_headers=once)
    assert chat.chat.completions.create(model="m", messages=ASK, extra_headers=once).choices
    assert claude.messages.create(model="m", max_tokens=9, messages=ASK, extra_headers=once).content


def test_it_has_what_is_no_prompt(chat: openai.OpenAI, claude: anthropic.Anthropic) -> None:
    assert [model.id for model in chat.models.list()] == ["stand-in-small", "stand-in-large"]
    assert chat.embeddings.create(model="m", input="x").data[0].embedding
    assert claude.messages.count_tokens(model="m", messages=ASK).input_tokens > 0


def test_it_says_what_it_is(chat: openai.OpenAI) -> None:
    raw = chat.chat.completions.with_raw_response.create(model="m", messages=ASK)
    assert raw.headers["x-stand-in"] == "assay"
    assert "stand-in" in WORDS
