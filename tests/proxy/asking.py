"""Builds requests as clients send them, for the tests of folding, assembly and intake."""

import json
from itertools import count
from typing import Any

from proxy.exchange import Asked

_numbers = count(1)


def chat(*texts: str, **fields: Any) -> bytes:
    """Write an OpenAI chat body: texts of user and assistant in turn, the user first."""
    roles = ("user", "assistant")
    messages = [{"role": roles[i % 2], "content": text} for i, text in enumerate(texts)]
    return json.dumps({"model": "stand-in", "messages": messages, **fields}).encode()


def tool_loop(ask: str, steps: int) -> bytes:
    """Write the chat body of an agent that has run `steps` tools for `ask` and reports the last result."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": ask}]
    for step in range(steps):
        call = {"id": f"call_{step}", "type": "function", "function": {"name": "run", "arguments": "{}"}}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"call_{step}", "content": f"result {step}"})
    return json.dumps({"model": "stand-in", "messages": messages}).encode()


def asked(body: bytes, *, at: float = 1_795_000_000.0, peer: str = "127.0.0.1", **fields: Any) -> Asked:
    """Wrap a body as capture does."""
    headers = {"content-type": "application/json", **fields.pop("headers", {})}
    return Asked(
        exchange=next(_numbers),
        at=at,
        method="POST",
        host="api.openai.com",
        path=fields.pop("path", "/v1/chat/completions"),
        headers=headers,
        body=body,
        body_bytes=len(body),
        peer=peer,
        **fields,
    )
