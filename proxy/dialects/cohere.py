"""Cohere's formats, the second and the first version of its chat."""

from proxy.dialects.invoke import BEDROCK_MODEL, INVOKE_END, INVOKE_INPUT, INVOKE_OUTPUT, INVOKE_STREAM, INVOKE_WRAPPED
from proxy.dialects.table import Claim, Count, Dialect, Mark, says


def _tokens(name: str, *usages: tuple[str, ...], instead: Count | None = None) -> Count:
    """Count what was read or written, or else what was billed, which leaves out Cohere's own prompts."""
    billed = Count(tuple((*usage, "billed_units") for usage in usages), (name,), instead)
    return Count(tuple((*usage, "tokens") for usage in usages), (name,), billed)


# Source: cohere 7.3.1, `cohere/types` and `cohere/v2/types`.
_FAILED = frozenset({"ERROR", "ERROR_TOXIC", "ERROR_LIMIT", "TIMEOUT"})

COHERE_V2 = Dialect(
    name="cohere-v2",
    messages=("messages",),
    speakers=(
        (says("role", "user"), "human"),
        (says("role", "assistant"), "assistant"),
        (says("role", "tool"), "tool"),
        (says("role", "system"), "system"),
    ),
    content=("content",),
    text_blocks=(says("type", "text"),),
    block_text=("text",),
    tool_result_blocks=(),
    asked_model=("model",),
    stream=("stream",),
    user=(),
    conversation=(),
    model=(),
    input_tokens=_tokens("input_tokens", ("usage",), ("delta", "usage")),
    output_tokens=_tokens("output_tokens", ("usage",), ("delta", "usage")),
    ends=(says("type", "message-end"),),
    sentinels=frozenset(),
    errors=(
        Mark(("delta", "error")),
        Mark(("delta", "finish_reason"), _FAILED),
        Mark(("finish_reason",), _FAILED),
    ),
    error_events=frozenset(),
)

# The newest message is the body itself. Once tools have spoken it is said again beside their results, or is empty.
# Bedrock's InvokeModel takes it as well.
COHERE_V1 = Dialect(
    name="cohere-v1",
    messages=("chat_history",),
    newest=(),
    newest_results=("tool_results",),
    speakers=(
        (says("role", "CHATBOT"), "assistant"),
        (says("role", "TOOL"), "tool"),
        (says("role", "SYSTEM"), "system"),
        (Mark(("message",)), "human"),
    ),
    content=("message",),
    text_blocks=(),
    block_text=(),
    tool_result_blocks=(),
    system=(("preamble",),),
    asked_model=("model",),
    model_path=BEDROCK_MODEL,
    stream=("stream",),
    stream_paths=(INVOKE_STREAM,),
    wrapped=INVOKE_WRAPPED,
    user=(),
    conversation=(Claim(("conversation_id",)),),
    model=(),
    input_tokens=_tokens("input_tokens", ("meta",), ("response", "meta"), instead=INVOKE_INPUT),
    output_tokens=_tokens("output_tokens", ("meta",), ("response", "meta"), instead=INVOKE_OUTPUT),
    ends=(says("event_type", "stream-end"), INVOKE_END),
    sentinels=frozenset(),
    errors=(Mark(("message",)), Mark(("finish_reason",), _FAILED)),
    error_events=frozenset(),
)
