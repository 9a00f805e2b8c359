"""Ollama's chat and generate."""

import json
from collections.abc import Callable

from tests.clients.formats.answering import Body, Said, Written, whole

# Source: ollama@fb3076099, api/types.go.


def chat(body: Body, said: Said, path: str) -> Written:
    return _written(body, said, lambda text: {"message": {"role": "assistant", "content": text}})


def generate(body: Body, said: Said, path: str) -> Written:
    return _written(body, said, lambda text: {"response": text})


def _written(body: Body, said: Said, saying: Callable[[str], Body]) -> Written:
    head: Body = {"model": said.model, "created_at": "2026-01-01T00:00:00Z"}
    done: Body = {
        "done": True,
        "done_reason": "stop",
        "total_duration": 1,
        "prompt_eval_count": said.input_tokens,
        "eval_count": said.output_tokens,
    }
    if body.get("stream", True) is False:
        return whole(head | saying(said.text) | done)
    lines = [*(head | saying(piece) | {"done": False} for piece in said.pieces()), head | saying("") | done]
    return Written([json.dumps(line).encode() + b"\n" for line in lines], "application/x-ndjson")
