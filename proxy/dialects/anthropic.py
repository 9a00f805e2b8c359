"""Anthropic's format."""

import re

from proxy.dialects.invoke import INVOKE_INPUT, INVOKE_OUTPUT, INVOKE_STREAM, INVOKE_WRAPPED
from proxy.dialects.table import Claim, Count, Dialect, Mark, says

# Claude Code before 2.1: user_<device>_account_<account, empty with an API key>_session_<session>.
_OLD_CLAUDE_CODE = r"user_[0-9a-f]+_account_[0-9a-f-]*_session_"
_USER_ID = ("metadata", "user_id")

# Sources: anthropic 2.14.0, `anthropic/types`, `lib/vertex`, `lib/bedrock`; Claude Code 2.1.197 as captured,
# `metadata.user_id` of the older versions from third parties.
ANTHROPIC_MESSAGES = Dialect(
    name="anthropic-messages",
    messages=("messages",),
    speakers=(
        (says("role", "user"), "human"),
        (says("role", "assistant"), "assistant"),
        (says("role", "system"), "system"),
    ),
    content=("content",),
    text_blocks=(says("type", "text"),),
    block_text=("text",),
    tool_result_blocks=(says("type", "tool_result"),),
    asked_model=("model",),
    stream=("stream",),
    # Vertex AI and Bedrock have the model and the stream in the path, and Bedrock sends each event wrapped.
    model_path=re.compile("/models?/([^/]+?)(?:/|:[^/:]*$)"),
    stream_paths=(":streamRawPredict", INVOKE_STREAM),
    wrapped=INVOKE_WRAPPED,
    # Never the whole of a structured id: it holds the session, and each session would be a new person.
    user=(
        Claim(_USER_ID, inside=("account_uuid",)),
        Claim(_USER_ID, inside=("device_id",)),
        Claim(_USER_ID, pattern=re.compile("user_[0-9a-f]+_account_([0-9a-f-]+)_session_")),
        Claim(_USER_ID, pattern=re.compile("(user_[0-9a-f]+)_account__session_")),
        Claim(_USER_ID, pattern=re.compile(rf"(?!\s*\{{)(?!{_OLD_CLAUDE_CODE})(.+)", re.DOTALL)),
    ),
    conversation=(
        Claim(_USER_ID, inside=("session_id",)),
        Claim(_USER_ID, pattern=re.compile(rf"{_OLD_CLAUDE_CODE}(.+)")),
    ),
    model=(("model",), ("message", "model")),
    # The count of `message_start` is whole for the input, and a mere beginning for the output.
    input_tokens=Count(
        (("usage",), ("message", "usage")),
        ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"),
        INVOKE_INPUT,
    ),
    output_tokens=Count((("usage",),), ("output_tokens",), INVOKE_OUTPUT),
    ends=(says("type", "message_stop"),),
    sentinels=frozenset(),
    errors=(says("type", "error"), Mark(("error",))),
    error_events=frozenset({"error"}),
    system=(("system",),),
    tool_result_content=("content",),
)
