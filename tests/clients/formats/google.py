"""Gemini, streamed as server-sent events or as a JSON array in pieces."""

import json

from tests.clients.formats.answering import Body, Said, Written, whole

# Source: google-genai 3.6.1, google/genai/types.py.


def generate(body: Body, said: Said, path: str) -> Written:
    part: Body = {"text": said.text}
    if said.call:
        part = {"functionCall": {"name": said.call.name, "args": said.call.arguments}}
    if ":streamGenerateContent" not in path:
        return whole(_answer(said, part, finished=True))
    parts: list[Body] = [part] if said.call else [{"text": piece} for piece in said.pieces()]
    answers = [
        json.dumps(_answer(said, each, finished=index == len(parts))).encode() for index, each in enumerate(parts, 1)
    ]
    if "alt=sse" in path:
        return Written([b"data: " + each + b"\r\n\r\n" for each in answers], "text/event-stream")
    array = [(b"[" if index == 0 else b",\r\n") + each for index, each in enumerate(answers)]
    return Written([*array, b"]"], "application/json; charset=UTF-8")


def _answer(said: Said, part: Body, finished: bool) -> Body:
    candidate: Body = {"content": {"role": "model", "parts": [part]}, "index": 0}
    usage: Body = {"promptTokenCount": said.input_tokens, "totalTokenCount": said.input_tokens}
    if finished:
        candidate["finishReason"] = "STOP"
        usage["candidatesTokenCount"] = said.output_tokens
        usage["totalTokenCount"] += said.output_tokens
    return {
        "candidates": [candidate],
        "modelVersion": said.model,
        "responseId": said.id,
        "usageMetadata": usage,
    }
