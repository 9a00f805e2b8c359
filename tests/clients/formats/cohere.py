"""Cohere's chat, of both its versions."""

import json

from tests.clients.formats.answering import Body, Said, Written, data_events, whole

# Source: cohere 7.3.1, cohere/types and cohere/v2.


def first(body: Body, said: Said, path: str) -> Written:
    response: Body = {
        "text": said.text,
        "generation_id": said.id,
        "finish_reason": "COMPLETE",
        "meta": _usage(said),
    }
    if not body.get("stream"):
        return whole(response)
    events: list[Body] = [
        {"is_finished": False, "event_type": "stream-start", "generation_id": said.id},
        *({"is_finished": False, "event_type": "text-generation", "text": piece} for piece in said.pieces()),
        {"is_finished": True, "event_type": "stream-end", "finish_reason": "COMPLETE", "response": response},
    ]
    return Written([json.dumps(each).encode() + b"\n" for each in events], "application/stream+json")


def second(body: Body, said: Said, path: str) -> Written:
    message: Body = {"role": "assistant", "content": [{"type": "text", "text": said.text}]}
    if not body.get("stream"):
        return whole({"id": said.id, "message": message, "finish_reason": "COMPLETE", "usage": _usage(said)})
    deltas = [
        {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": piece}}}}
        for piece in said.pieces()
    ]
    text = {"type": "text", "text": ""}
    events: list[Body | str] = [
        {"type": "message-start", "id": said.id, "delta": {"message": {"role": "assistant", "content": []}}},
        {"type": "content-start", "index": 0, "delta": {"message": {"content": text}}},
        *deltas,
        {"type": "content-end", "index": 0},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": _usage(said)}},
    ]
    return data_events(events, named=True)


def _usage(said: Said) -> Body:
    counted = {"input_tokens": said.input_tokens, "output_tokens": said.output_tokens}
    return {"billed_units": {"input_tokens": 3, "output_tokens": 2}, "tokens": counted}
