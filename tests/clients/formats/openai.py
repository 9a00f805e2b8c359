"""OpenAI's chat completions, fill-in-the-middle completions and responses, over HTTP and as events of a WebSocket."""

import json

from tests.clients.formats.answering import Body, Said, Written, data_events, whole

# Sources: openai 3.57.0, openai/types/chat and openai/types/responses; mistralai 3.7.0 for `usage` in every stream.


def chat(body: Body, said: Said, path: str) -> Written:
    head: Body = {"id": f"chatcmpl-{said.id}", "created": 1, "model": said.model}
    usage = _usage(said)
    called = [_called(said)] if said.call else None
    reason = "tool_calls" if called else "stop"
    if not body.get("stream"):
        message: Body = {"role": "assistant", "content": None if called else said.text, "refusal": None}
        message |= {"tool_calls": called} if called else {}
        choice = {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}
        return whole(head | {"object": "chat.completion", "choices": [choice], "usage": usage})

    def chunk(delta: Body, finish_reason: str | None = None) -> Body:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return head | {"object": "chat.completion.chunk", "choices": [choice]}

    events = [chunk({"role": "assistant", "content": ""})]
    if called:
        events.append(chunk({"tool_calls": [{"index": 0} | called[0]]}))
    else:
        events += [chunk({"content": piece}) for piece in said.pieces()]
    events.append(chunk({}, reason))
    if (body.get("stream_options") or {}).get("include_usage"):
        events.append(head | {"object": "chat.completion.chunk", "choices": [], "usage": usage})
    return data_events([*events, "[DONE]"])


def mistral_chat(body: Body, said: Said, path: str) -> Written:
    """Write as Mistral does, which reports usage unasked."""
    return chat(body | {"stream_options": {"include_usage": True}}, said, path)


def completions(body: Body, said: Said, path: str) -> Written:
    head: Body = {"id": f"cmpl-{said.id}", "object": "text_completion", "created": 1, "model": said.model}
    if not body.get("stream"):
        choice = {"index": 0, "text": said.text, "finish_reason": "stop", "logprobs": None}
        return whole(head | {"choices": [choice], "usage": _usage(said)})
    events = [
        head | {"choices": [{"index": 0, "text": piece, "finish_reason": None, "logprobs": None}]}
        for piece in said.pieces()
    ]
    return data_events([*events, "[DONE]"])


def responses(body: Body, said: Said, path: str) -> Written:
    if not body.get("stream"):
        return whole(_response(body, said, "completed"))
    return data_events(response_events(body, said), named=True)


def response_events(body: Body, said: Said) -> list[Body]:
    """Give the events of a streamed response; a WebSocket has the same as its messages."""
    item = _item(said)
    begun: Body = {"type": "response.created", "response": _response(body, said, "in_progress")}
    events: list[Body] = [begun, begun | {"type": "response.in_progress"}]
    place = {"item_id": item["id"], "output_index": 0}
    if body.get("generate") is False:
        pass
    elif said.call:
        events += [
            {"type": "response.output_item.added", "output_index": 0, "item": item | {"arguments": ""}},
            {"type": "response.function_call_arguments.delta", **place, "delta": item["arguments"]},
            {"type": "response.function_call_arguments.done", **place, "arguments": item["arguments"]},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
        ]
    else:
        part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        at = place | {"content_index": 0}
        texts = [
            {"type": "response.output_text.delta", **at, "delta": piece, "logprobs": []} for piece in said.pieces()
        ]
        events += [
            {
                "type": "response.output_item.added",
                "output_index": 0,
                "item": item | {"content": [], "status": "in_progress"},
            },
            {"type": "response.content_part.added", **at, "part": part},
            *texts,
            {"type": "response.output_text.done", **at, "text": said.text, "logprobs": []},
            {"type": "response.content_part.done", **at, "part": part | {"text": said.text}},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
        ]
    events.append({"type": "response.completed", "response": _response(body, said, "completed")})
    return [event | {"sequence_number": number} for number, event in enumerate(events)]


def _usage(said: Said) -> Body:
    total = said.input_tokens + said.output_tokens
    return {"prompt_tokens": said.input_tokens, "completion_tokens": said.output_tokens, "total_tokens": total}


def _called(said: Said) -> Body:
    assert said.call is not None
    arguments = json.dumps(said.call.arguments)
    return {
        "id": f"call_{said.id}",
        "type": "function",
        "function": {"name": said.call.name, "arguments": arguments},
    }


def _item(said: Said) -> Body:
    if said.call:
        return {
            "type": "function_call",
            "id": f"fc_{said.id}",
            "call_id": f"call_{said.id}",
            "name": said.call.name,
            "arguments": json.dumps(said.call.arguments),
            "status": "completed",
            **({"namespace": said.call.namespace} if said.call.namespace else {}),
        }
    text = {"type": "output_text", "text": said.text, "annotations": [], "logprobs": []}
    return {"type": "message", "id": f"msg_{said.id}", "role": "assistant", "status": "completed", "content": [text]}


def _response(body: Body, said: Said, status: str) -> Body:
    done = status == "completed"
    prewarm = body.get("generate") is False
    usage: Body = {
        "input_tokens": 0 if prewarm else said.input_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 0 if prewarm else said.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
    }
    usage["total_tokens"] = usage["input_tokens"] + usage["output_tokens"]
    return {
        "id": f"resp_{said.id}",
        "object": "response",
        "created_at": 1,
        "status": status,
        "model": said.model,
        "output": [_item(said)] if done and not prewarm else [],
        "usage": usage if done else None,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
    }
