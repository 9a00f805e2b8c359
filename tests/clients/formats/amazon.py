"""Amazon Bedrock's Converse, and InvokeModel for Anthropic's models; streams are event streams with their checksums."""

import base64
import json

from tests.clients.formats import anthropic
from tests.clients.formats.answering import Body, Said, Written, whole
from tests.proxy.amazon import event

# Source: botocore 1.44.8, botocore/data/bedrock-runtime/2023-09-30/service-2.json.
EVENT_STREAM = "application/vnd.amazon.eventstream"


def converse(body: Body, said: Said, path: str) -> Written:
    answer = {"output": {"message": {"role": "assistant", "content": [{"text": said.text}]}}, "stopReason": "end_turn"}
    return whole(answer | _metadata(said))


def converse_stream(body: Body, said: Said, path: str) -> Written:
    events: list[tuple[str, Body]] = [
        ("messageStart", {"role": "assistant"}),
        *(("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": piece}}) for piece in said.pieces()),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("messageStop", {"stopReason": "end_turn"}),
        ("metadata", _metadata(said)),
    ]
    return Written([event(name, json.dumps(payload).encode()) for name, payload in events], EVENT_STREAM)


def invoke(body: Body, said: Said, path: str) -> Written:
    return whole(anthropic.message(said))


def invoke_stream(body: Body, said: Said, path: str) -> Written:
    pieces = []
    for each in anthropic.events(said):
        if each["type"] == "message_stop":
            metrics = {"inputTokenCount": said.input_tokens, "outputTokenCount": said.output_tokens}
            each |= {"amazon-bedrock-invocationMetrics": metrics}
        payload = {"bytes": base64.b64encode(json.dumps(each).encode()).decode()}
        pieces.append(event("chunk", json.dumps(payload).encode()))
    return Written(pieces, EVENT_STREAM)


def _metadata(said: Said) -> Body:
    total = said.input_tokens + said.output_tokens
    usage = {"inputTokens": said.input_tokens, "outputTokens": said.output_tokens, "totalTokens": total}
    return {"usage": usage, "metrics": {"latencyMs": 3}}
