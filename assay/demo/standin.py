"""A stand-in assistant, for `assay up --demo`: it answers in the formats of OpenAI and Anthropic, and knows nothing.

Every answer says what it is. Two request headers tell it what to play: `x-stand-in-steps: N` calls the first tool that
is offered N times before it answers, and `x-stand-in-fail: once` refuses the first of an SDK's tries.
"""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from itertools import count
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from assay import lifeline
from assay.failure import speak_plainly

MODELS = ("stand-in-small", "stand-in-large")
WORDS = "I am a stand-in assistant: these words are the same whatever you ask, so that nothing here costs anything."
EVENT_SECONDS = 0.004  # between the events of a stream
CHARS_PER_TOKEN = 4

numbers = count(1)
Body = dict[str, Any]


async def chat(request: Request) -> Response:
    """Answer POST /v1/chat/completions."""
    body: Body = await request.json()
    if refused(request):
        return too_many({"error": {"message": "stand-in: try again", "type": "rate_limit_error"}})
    usage = {"prompt_tokens": tokens(body["messages"]), "completion_tokens": tokens(WORDS)}
    usage["total_tokens"] = sum(usage.values())
    head = {"id": f"chatcmpl-{next(numbers)}", "created": 1, "model": body["model"]}
    if body.get("stream"):
        wants_usage = (body.get("stream_options") or {}).get("include_usage")
        return events(chat_events(head, usage if wants_usage else None))
    message: Body = {"role": "assistant", "content": WORDS}
    reason = "stop"
    if tools_called(body["messages"], "tool") < steps(request):
        name = body["tools"][0]["function"]["name"]
        call = {"id": f"call_{next(numbers)}", "type": "function", "function": {"name": name, "arguments": "{}"}}
        message, reason = {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"
    choice = {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}
    return answer(head | {"object": "chat.completion", "choices": [choice], "usage": usage})


def chat_events(head: Body, usage: Body | None) -> Iterator[bytes]:
    """Write a chat answer as its events."""

    def event(choices: list[Body], usage: Body | None = None) -> bytes:
        chunk = head | {"object": "chat.completion.chunk", "choices": choices, "usage": usage}
        return b"data: " + json.dumps(chunk).encode() + b"\n\n"

    yield event([{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}])
    for word in pieces():
        yield event([{"index": 0, "delta": {"content": word}, "finish_reason": None}])
    yield event([{"index": 0, "delta": {}, "finish_reason": "stop"}])
    if usage:
        yield event([], usage)
    yield b"data: [DONE]\n\n"


async def messages(request: Request) -> Response:
    """Answer POST /v1/messages."""
    body: Body = await request.json()
    if refused(request):
        return too_many({"type": "error", "error": {"type": "rate_limit_error", "message": "stand-in: try again"}})
    usage = {"input_tokens": tokens(body["messages"]), "output_tokens": tokens(WORDS)}
    message: Body = {
        "id": f"msg_{next(numbers)}",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [{"type": "text", "text": WORDS}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": usage,
    }
    if body.get("stream"):
        return events(message_events(message))
    if tools_called(body["messages"], "tool_result") < steps(request):
        name = body["tools"][0]["name"]
        call = {"type": "tool_use", "id": f"toolu_{next(numbers)}", "name": name, "input": {}}
        message |= {"content": [call], "stop_reason": "tool_use"}
    return answer(message)


def message_events(message: Body) -> Iterator[bytes]:
    """Write a message as its events."""
    start = message | {"content": [], "stop_reason": None, "usage": message["usage"] | {"output_tokens": 1}}
    end = {"stop_reason": "end_turn", "stop_sequence": None}
    usage = {"output_tokens": message["usage"]["output_tokens"]}
    written: tuple[Body, ...] = (
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": w}} for w in pieces()),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": end, "usage": usage},
        {"type": "message_stop"},
    )
    for event in written:
        yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


async def count_tokens(request: Request) -> Response:
    body: Body = await request.json()
    return answer({"input_tokens": tokens(body["messages"])})


async def embeddings(request: Request) -> Response:
    body: Body = await request.json()
    data = [{"object": "embedding", "index": 0, "embedding": [0.0] * 8}]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    return answer({"object": "list", "model": body["model"], "data": data, "usage": usage})


async def models(_: Request) -> Response:
    data = [{"id": name, "object": "model", "created": 1, "owned_by": "stand-in"} for name in MODELS]
    return answer({"object": "list", "data": data})


def refused(request: Request) -> bool:
    """Play an overloaded assistant for an SDK's first try."""
    return request.headers.get("x-stand-in-fail") == "once" and request.headers.get("x-stainless-retry-count") == "0"


def steps(request: Request) -> int:
    return int(request.headers.get("x-stand-in-steps", "0"))


def tools_called(conversation: list[Body], result: str) -> int:
    """Count tool results: messages of role `tool`, or blocks of type `tool_result`."""
    found = len([message for message in conversation if message["role"] == result])
    blocks: list[Body] = [
        block for message in conversation for block in message.get("content") or [] if isinstance(block, dict)
    ]
    return found + len([block for block in blocks if block["type"] == result])


def tokens(content: object) -> int:
    return len(json.dumps(content, ensure_ascii=False)) // CHARS_PER_TOKEN + 1


def pieces() -> list[str]:
    return [word + " " for word in WORDS.split()]


def answer(body: Mapping[str, Any]) -> Response:
    return JSONResponse(body, headers={"x-stand-in": "assay"})


def too_many(body: Mapping[str, Any]) -> Response:
    return JSONResponse(body, status_code=429, headers={"x-stand-in": "assay", "retry-after-ms": "20"})


def events(written: Iterator[bytes]) -> Response:
    async def paced() -> AsyncIterator[bytes]:
        for event in written:
            yield event
            await asyncio.sleep(EVENT_SECONDS)

    return StreamingResponse(paced(), media_type="text/event-stream", headers={"x-stand-in": "assay"})


app = Starlette(
    routes=[
        Route("/v1/chat/completions", chat, methods=["POST"]),
        Route("/v1/messages", messages, methods=["POST"]),
        Route("/v1/messages/count_tokens", count_tokens, methods=["POST"]),
        Route("/v1/embeddings", embeddings, methods=["POST"]),
        Route("/v1/models", models),
    ]
)


def main() -> None:
    """Serve on a free port of this machine, until whoever started it is gone."""
    speak_plainly()
    if "--supervised" in sys.argv:
        lifeline.hold()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        lifeline.announce(f"http://127.0.0.1:{listener.getsockname()[1]}")
        uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False)).run([listener])


if __name__ == "__main__":
    main()
