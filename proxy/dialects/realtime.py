"""OpenAI's Realtime, in the bodies that `proxy/sockets/realtime.py` puts together."""

from proxy.dialects.table import Claim, Count, Dialect, Mark, says

# Sources: openai 2.54.0, `openai/types/realtime`: its items are those of Responses.
OPENAI_REALTIME = Dialect(
    name="openai-realtime",
    messages=("input",),
    speakers=(
        (says("role", "user"), "human"),
        (says("role", "assistant"), "assistant"),
        (says("type", "function_call", "mcp_call", "mcp_approval_request"), "assistant"),
        (says("type", "function_call_output", "mcp_approval_response"), "tool"),
    ),
    content=("content",),
    text_blocks=(says("type", "input_text", "output_text", "text"),),
    block_text=("text",),
    tool_result_blocks=(),
    asked_model=("model",),
    stream=("stream",),
    user=(),  # the session's creator names its user, on another way
    conversation=(Claim(("session",)),),
    model=(("response", "model"),),
    input_tokens=Count((("response", "usage"),), ("input_tokens",)),
    output_tokens=Count((("response", "usage"),), ("output_tokens",)),
    ends=(says("type", "response.done"),),
    sentinels=frozenset(),
    errors=(says("type", "error"), Mark(("response", "status"), frozenset({"failed"}))),
    error_events=frozenset(),
    named_automation=("automation",),
)
