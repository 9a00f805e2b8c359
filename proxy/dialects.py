"""The dialects: how each wire format says things, as plain data that one interpreter reads.

A dialect is how it is said; where it is spoken stands in the routes. To add one, add a literal here and a folder of
cases in `tests/golden/`. If a dialect seems to need an `if` in the interpreter, the table lacks a column.

A path is a tuple of steps from a JSON value to one inside it: a name steps into an object, a number into a list, the
empty path stays. A path that leads nowhere gives None, as null does.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Path = tuple[str | int, ...]
Speaker = Literal["human", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class Mark:
    """Holds where the value at `path` is one of `values`; without values, where there is any but null."""

    path: Path
    values: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Where a client names something: a user, a conversation."""

    path: Path
    inside: Path = ()  # the text at `path` is JSON itself, and the name is at this path in it
    pattern: re.Pattern[str] | None = None  # the name is this pattern's first group in the text


@dataclass(frozen=True, slots=True)
class Count:
    """Where an answer reports a number of tokens: the sum of `fields` of the object at any of `places`.

    Each field counts as last reported.
    """

    places: tuple[Path, ...]
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a wire format says things. Of several marks or claims the first that holds counts."""

    name: str
    # The request.
    messages: Path  # a list of objects, the oldest first
    speakers: tuple[tuple[Mark, Speaker], ...]  # of a message; nobody's are asides of the client, such as `system`
    content: Path  # of a message: a text, or a list of blocks
    text_blocks: tuple[Mark, ...]
    block_text: Path  # of a text block
    tool_result_blocks: tuple[Mark, ...]  # of a human's message: what a tool says there
    aside_texts: tuple[tuple[str, str], ...]  # begin and end of text blocks that clients write in the human's name
    asked_model: Path
    stream: Path  # true: the answer shall be streamed
    user: tuple[Claim, ...]
    conversation: tuple[Claim, ...]
    # The answer: the whole body, or each event of a stream, is one object.
    model: tuple[Path, ...]
    input_tokens: Count  # all that was read, from a cache or not
    output_tokens: Count
    ends: tuple[Mark, ...]  # nothing of the answer is missing once this came
    sentinels: frozenset[bytes]  # as `ends`, for events that are no JSON
    errors: tuple[Mark, ...]
    error_events: frozenset[str]  # names of events


def _is(step: str, *values: str) -> Mark:
    return Mark((step,), frozenset(values))


# Sources: openai 3.54.0, `openai/types/chat`; LiteLLM 1.109.1, `auth_utils.get_end_user_id_from_request_body`.
# `prompt_cache_key` is no claim of a conversation: it names a shared prefix, and applications send one constant for
# all their users. `session_id` at the top is a browser's socket in Open WebUI, so only `chat_id` counts there.
OPENAI_CHAT = Dialect(
    name="openai-chat",
    messages=("messages",),
    speakers=(
        (_is("role", "user"), "human"),
        (_is("role", "assistant"), "assistant"),
        (_is("role", "tool", "function"), "tool"),
    ),
    content=("content",),
    text_blocks=(_is("type", "text"),),
    block_text=("text",),
    tool_result_blocks=(),
    aside_texts=(),
    asked_model=("model",),
    stream=("stream",),
    user=(Claim(("user",)), Claim(("metadata", "user_id")), Claim(("safety_identifier",))),
    conversation=(
        Claim(("metadata", "conversation_id")),
        Claim(("metadata", "thread_id")),
        Claim(("metadata", "chat_id")),
        Claim(("metadata", "session_id")),
        Claim(("chat_id",)),
    ),
    model=(("model",),),
    input_tokens=Count((("usage",),), ("prompt_tokens",)),
    output_tokens=Count((("usage",),), ("completion_tokens",)),
    # Gateways leave out the sentinel, and the SDK hangs up at it.
    ends=(Mark(("choices", 0, "finish_reason")),),
    sentinels=frozenset({b"[DONE]"}),
    errors=(Mark(("error",)),),
    error_events=frozenset({"error"}),
)

# Claude Code before 2.1: user_<device>_account_<account, empty with an API key>_session_<session>.
_OLD_CLAUDE_CODE = r"user_[0-9a-f]+_account_[0-9a-f-]*_session_"
_USER_ID = ("metadata", "user_id")

# Sources: anthropic 2.12.0, `anthropic/types`; Claude Code 2.1.197 as captured, `metadata.user_id` of the older
# versions from third parties.
ANTHROPIC_MESSAGES = Dialect(
    name="anthropic-messages",
    messages=("messages",),
    speakers=((_is("role", "user"), "human"), (_is("role", "assistant"), "assistant")),
    content=("content",),
    text_blocks=(_is("type", "text"),),
    block_text=("text",),
    tool_result_blocks=(_is("type", "tool_result"),),
    # A human who types exactly this, and nothing else, asks nothing either.
    aside_texts=(("<system-reminder>", "</system-reminder>"),),
    asked_model=("model",),
    stream=("stream",),
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
    ),
    output_tokens=Count((("usage",),), ("output_tokens",)),
    ends=(_is("type", "message_stop"),),
    sentinels=frozenset(),
    errors=(_is("type", "error"), Mark(("error",))),
    error_events=frozenset({"error"}),
)

DIALECTS: Mapping[str, Dialect] = {dialect.name: dialect for dialect in (OPENAI_CHAT, ANTHROPIC_MESSAGES)}
