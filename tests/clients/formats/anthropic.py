"""Anthropic's messages."""

import json

from tests.clients.formats.answering import Body, Said, Written, data_events, whole

# Source: anthropic 2.14.0, anthropic/types.


def messages(body: Body, said: Said, path: str) -> Written:
    if not body.get("stream"):
        return whole(message(said))
    return data_events(events(said), named=True)


def message(said: Said) -> Body:
    block: Body = {"type": "text", "text": said.text}
    if said.call:
        block = {"type": "tool_use", "id": f"toolu_{said.id}", "name": said.call.name, "input": said.call.arguments}
    return {
        "id": f"msg_{said.id}",
        "type": "message",
        "role": "assistant",
        "model": said.model,
        "content": [block],
        "stop_reason": "tool_use" if said.call else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": said.input_tokens, "output_tokens": said.output_tokens},
    }


def events(said: Said) -> list[Body]:
    written = message(said)
    begun = written | {"content": [], "stop_reason": None, "usage": written["usage"] | {"output_tokens": 1}}
    if said.call:
        block = written["content"][0] | {"input": {}}
        deltas: list[Body] = [{"type": "input_json_delta", "partial_json": json.dumps(said.call.arguments)}]
    else:
        block = {"type": "text", "text": ""}
        deltas = [{"type": "text_delta", "text": piece} for piece in said.pieces()]
    end = {"stop_reason": written["stop_reason"], "stop_sequence": None}
    return [
        {"type": "message_start", "message": begun},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "ping"},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": end, "usage": {"output_tokens": said.output_tokens}},
        {"type": "message_stop"},
    ]
