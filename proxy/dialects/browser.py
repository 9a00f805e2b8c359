"""What browsers send to the chat windows that a company hosts. What was said before mostly stays on the server."""

import re
from dataclasses import replace

from proxy.dialects.table import Claim, Count, Dialect, Mark, says

_NOTHING = Count((), ())

# Source: open-webui 0.12.4, `main.py: chat_completion` and the built frontend. `user_message` is what was typed; the
# list beside it holds instructions, and what was said only in a temporary chat, whose id is the tab's. The answer names
# tasks whose tokens go over a socket, or is OpenAI's.
OPEN_WEBUI = Dialect(
    name="open-webui",
    messages=("messages",),
    newest=("user_message",),
    newest_listed=True,
    resumes=(Mark(("assistant_message_id",)),),
    speakers=(
        (says("role", "user"), "human"),
        (says("role", "assistant"), "assistant"),
        (says("role", "tool"), "tool"),
        (says("role", "system", "developer"), "system"),
    ),
    content=("content",),
    text_blocks=(says("type", "text"),),
    block_text=("text",),
    tool_result_blocks=(),
    asked_model=("model",),
    stream=("stream",),
    user=(),
    conversation=(Claim(("chat_id",), pattern=re.compile("(?!local:)(.+)", re.DOTALL)),),
    model=(("model",),),
    input_tokens=Count((("usage",),), ("prompt_tokens",)),
    output_tokens=Count((("usage",),), ("completion_tokens",)),
    ends=(Mark(("choices", 0, "finish_reason")),),
    sentinels=frozenset({b"[DONE]"}),
    errors=(Mark(("error",)), Mark(("detail",))),
    error_events=frozenset({"error"}),
)

# Source: open-webui 0.12.4, `routers/tasks.py`. The browser itself asks for a title, tags and the like, mostly of a
# chat that a person began, for the end of what is being typed (`auto`), and for one answer made of several (`moa`).
OPEN_WEBUI_TASK = replace(
    OPEN_WEBUI,
    name="open-webui-task",
    automation="task",
    newest=("prompt",),
    newest_listed=False,
    resumes=(),
)

# Source: LibreChat, `packages/data-provider/src/createPayload.ts` and `api/server/controllers/agents/request.js`
# (2026-11). Everything that was said before is on the server. A new conversation has no id, or "new". The answer names
# a stream that another request fetches; older versions stream it at once, with a last event of its own.
LIBRECHAT = Dialect(
    name="librechat",
    messages=(),
    newest=("text",),
    resumes=(Mark(("isContinued",)),),
    speakers=(),
    content=(),
    text_blocks=(),
    block_text=(),
    tool_result_blocks=(),
    asked_model=("model",),
    stream=(),
    user=(),
    conversation=(Claim(("conversationId",), pattern=re.compile("(?!new$)(.+)", re.DOTALL)),),
    model=(("responseMessage", "model"),),
    input_tokens=_NOTHING,
    output_tokens=_NOTHING,
    ends=(Mark(("final",)),),
    sentinels=frozenset(),
    errors=(Mark(("error",)),),
    error_events=frozenset({"error"}),
)

# Source: ai 6.0.326 (npm), `ui-message-stream/ui-message-chunks.ts`. The chat's id is the page's. Pages hand on the
# usage in metadata of their own, mostly so. Version 4 streams lines: `d` ends an answer, `3` is an error.
VERCEL_AI = Dialect(
    name="vercel-ai",
    messages=("messages",),
    newest=("message",),
    speakers=(
        (says("role", "user"), "human"),
        (says("role", "assistant"), "assistant"),
        (says("role", "system"), "system"),
    ),
    content=("parts",),
    text_blocks=(says("type", "text"),),
    block_text=("text",),
    tool_result_blocks=(),
    asked_model=("model",),
    stream=(),
    streams_by_default=True,
    user=(),
    conversation=(Claim(("id",)),),
    model=(("messageMetadata", "model"),),
    input_tokens=Count((("messageMetadata", "totalUsage"), ("usage",)), ("inputTokens", "promptTokens")),
    output_tokens=Count((("messageMetadata", "totalUsage"), ("usage",)), ("outputTokens", "completionTokens")),
    ends=(says("type", "finish"),),
    sentinels=frozenset({b"[DONE]"}),
    errors=(says("type", "error"), Mark(("error",))),
    error_events=frozenset({"error", "3"}),
    coded_lines="x-vercel-ai-data-stream",
    end_events=frozenset({"d"}),
)
