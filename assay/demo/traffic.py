"""Sends the demo's traffic: each person a thread with the official SDK of their assistant, pointed at the proxy."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any, Protocol

from assay.demo.people import Person, Step
from assay.failure import Failure

TOOL = "read_dashboard"
TOOL_RESULT = "nothing has changed"
MODEL = {"ask": "stand-in-large", "agent": "stand-in-large", "other": "stand-in-small"}
MAX_TOKENS = 512


class Client(Protocol):
    """One person's SDK."""

    def play(self, step: Step) -> None:
        """Do a step and read its answer to the end."""

    def close(self) -> None:
        """Let go of its connections."""


def send(plan: Mapping[Person, Sequence[Step]], url: str, stop: threading.Event, done: Callable[[], object]) -> None:
    """Play every person's steps, all people at once; call `done` after each step. Raises Failure."""
    clients = {person: client_of(person, url) for person in plan}  # here, as threads that import at once may lock up

    def play(person: Person) -> None:
        with closing(clients[person]) as client:
            for step in plan[person]:
                if stop.is_set():
                    return
                try:
                    client.play(step)
                except Exception as error:  # an SDK's own, of either make
                    what = f"{person.sdk} client failed ({type(error).__name__})"
                    raise Failure(f"the demo's {what}: try it again") from None
                done()

    with ThreadPoolExecutor(len(plan)) as pool:
        for result in [pool.submit(play, person) for person in plan]:
            result.result()


def client_of(person: Person, url: str) -> Client:
    """Make a person's client, with all of its SDK imported. Who comes through the front proxy carries its header."""
    headers = {"X-Forwarded-User": person.user} if person.user else {}
    return (OpenAIClient if person.sdk == "openai" else AnthropicClient)(person.api_key, url, headers)


def played(step: Step) -> dict[str, str]:
    """Tell the stand-in what to play."""
    headers = {"x-stand-in-fail": "once"} if step.retried else {}
    return headers | ({"x-stand-in-steps": str(step.steps)} if step.steps else {})


class OpenAIClient:
    def __init__(self, api_key: str, url: str, headers: dict[str, str]) -> None:
        import openai

        http = openai.DefaultHttpxClient(trust_env=False)  # no proxy of the environment's before ours
        self._sdk = openai.OpenAI(api_key=api_key, base_url=f"{url}/v1", default_headers=headers, http_client=http)
        self._chat, self._models, self._embeddings = self._sdk.chat.completions, self._sdk.models, self._sdk.embeddings

    def close(self) -> None:
        self._sdk.close()

    def play(self, step: Step) -> None:
        if step.kind == "other":
            self._models.list()
            self._embeddings.create(model=MODEL["other"], input="a text to find again")
            return
        conversation: list[Any] = [{"role": role, "content": text} for role, text in step.turns]
        if step.streamed:
            events = self._chat.create(
                model=MODEL[step.kind],
                messages=conversation,
                stream=True,
                stream_options={"include_usage": True},
                extra_headers=played(step),
            )
            for _ in events:
                pass
            return
        tools: Any = {"tools": [{"type": "function", "function": {"name": TOOL}}]} if step.steps else {}
        while True:
            answer = self._chat.create(
                model=MODEL[step.kind], messages=conversation, extra_headers=played(step), **tools
            )
            message = answer.choices[0].message
            if not message.tool_calls:
                return
            conversation.append(message.model_dump(exclude_none=True))
            conversation += [
                {"role": "tool", "tool_call_id": call.id, "content": TOOL_RESULT} for call in message.tool_calls
            ]


class AnthropicClient:
    def __init__(self, api_key: str, url: str, headers: dict[str, str]) -> None:
        import anthropic

        http = anthropic.DefaultHttpxClient(trust_env=False)
        self._sdk = anthropic.Anthropic(api_key=api_key, base_url=url, default_headers=headers, http_client=http)
        self._messages = self._sdk.messages

    def close(self) -> None:
        self._sdk.close()

    def play(self, step: Step) -> None:
        if step.kind == "other":
            asked: Any = [{"role": "user", "content": "how long is this?"}]
            self._messages.count_tokens(model=MODEL["other"], messages=asked)
            return
        conversation: list[Any] = [{"role": role, "content": text} for role, text in step.turns]
        given: Any = {"model": MODEL[step.kind], "max_tokens": MAX_TOKENS, "extra_headers": played(step)}
        if step.streamed:
            for _ in self._messages.create(messages=conversation, stream=True, **given):
                pass
            return
        if step.steps:
            given["tools"] = [{"name": TOOL, "input_schema": {"type": "object"}}]
        while True:
            answer = self._messages.create(messages=conversation, **given)
            calls = [block for block in answer.content if block.type == "tool_use"]
            if not calls:
                return
            conversation.append({"role": "assistant", "content": [block.model_dump() for block in answer.content]})
            results = [{"type": "tool_result", "tool_use_id": call.id, "content": TOOL_RESULT} for call in calls]
            conversation.append({"role": "user", "content": results})
