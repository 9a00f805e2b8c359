"""Amazon's formats: Bedrock's Converse, and Amazon Q Developer with Kiro."""

from proxy.dialects.invoke import BEDROCK_MODEL
from proxy.dialects.table import Claim, Count, Dialect, Mark, says

_METADATA = ("requestMetadata",)

# Source: botocore 1.44.8, `data/bedrock-runtime/2023-09-30/service-2.json`. Each block is named by its only field; a
# guard reads what stands in `guardContent`, which the human said all the same. `requestMetadata` is the application's
# own, and its names are only the usual ones. The count of input leaves out what came from a cache or went there.
BEDROCK_CONVERSE = Dialect(
    name="bedrock-converse",
    messages=("messages",),
    speakers=(
        (says("role", "user"), "human"),
        (says("role", "assistant"), "assistant"),
        (says("role", "system"), "system"),
    ),
    content=("content",),
    text_blocks=(Mark(("text",)), Mark(("guardContent", "text", "text"))),
    block_text=("text",),
    other_block_text=("guardContent", "text", "text"),
    tool_result_blocks=(Mark(("toolResult",)),),
    tool_result_content=("toolResult", "content"),
    system=(("system",),),
    asked_model=(),
    model_path=BEDROCK_MODEL,
    stream=(),
    stream_paths=("/converse-stream",),
    user=(Claim((*_METADATA, "user")), Claim((*_METADATA, "user_id")), Claim((*_METADATA, "userId"))),
    conversation=tuple(
        Claim((*_METADATA, name)) for name in ("conversation_id", "conversationId", "session_id", "sessionId")
    ),
    model=(),
    input_tokens=Count((("usage",),), ("inputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")),
    output_tokens=Count((("usage",),), ("outputTokens",)),
    ends=(Mark(("stopReason",)),),
    sentinels=frozenset(),
    errors=(Mark(("message",)), Mark(("Message",))),
    error_events=frozenset(),
)

_STATE = ("conversationState",)
_SAID = ("userInputMessage",)

# Sources: aws/amazon-q-developer-cli@01e5e3d, `crates/chat-cli/src/cli/chat/message.rs`; events and counts from third
# parties. The answer has no end of its own.
AMAZON_Q = Dialect(
    name="amazon-q",
    messages=(*_STATE, "history"),
    newest=(*_STATE, "currentMessage"),
    speakers=((Mark(_SAID), "human"), (Mark(("assistantResponseMessage",)), "assistant")),
    content=(*_SAID, "content"),
    other_content=("assistantResponseMessage", "content"),
    text_blocks=(),
    block_text=(),
    tool_result_blocks=(),
    tool_result_messages=(Mark((*_SAID, "userInputMessageContext", "toolResults", 0)),),
    asked_model=(*_STATE, "currentMessage", *_SAID, "modelId"),
    stream=(),
    streams_by_default=True,
    user=(),
    conversation=(Claim((*_STATE, "conversationId")),),
    model=(),
    input_tokens=Count((("tokenUsage",),), ("uncachedInputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")),
    output_tokens=Count((("tokenUsage",),), ("outputTokens",)),
    ends=(),
    ends_with_body=True,
    sentinels=frozenset(),
    errors=(Mark(("__type",)),),
    error_events=frozenset({"error", "invalidStateEvent"}),
)

# Completion at the cursor, as third parties read it. The answer counts nothing.
AMAZON_Q_COMPLETIONS = Dialect(
    name="amazon-q-completions",
    messages=(),
    newest=("fileContext", "leftFileContent"),
    speakers=(),
    content=(),
    text_blocks=(),
    block_text=(),
    tool_result_blocks=(),
    asked_model=("modelId",),
    stream=(),
    completions=(("fileContext",),),
    user=(),
    conversation=(),
    model=(("modelId",),),
    input_tokens=Count((), ()),
    output_tokens=Count((), ()),
    ends=(),
    sentinels=frozenset(),
    errors=(Mark(("__type",)),),
    error_events=frozenset(),
)
