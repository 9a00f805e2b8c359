"""OpenAI's formats, which most vendors and gateways speak too."""

import re
from dataclasses import replace

from proxy.dialects.infill import INFILL_MARKS
from proxy.dialects.table import Claim, Count, Dialect, Mark, says

# Azure has the model in the path, and gateways of before as well.
_MODEL = re.compile("/(?:deployments|engines)/([^/]+)/")
_USER = (Claim(("user",)), Claim(("metadata", "user_id")), Claim(("safety_identifier",)))
_CONVERSATION = (
    Claim(("metadata", "conversation_id")),
    Claim(("metadata", "thread_id")),
    Claim(("metadata", "chat_id")),
    Claim(("metadata", "session_id")),
    Claim(("chat_id",)),
)

# Sources: openai 3.54.0, `openai/types/chat`; LiteLLM 1.109.1, `auth_utils.get_end_user_id_from_request_body`.
# `prompt_cache_key` is no claim of a conversation: it names a shared prefix, and applications send one constant for
# all their users. `session_id` at the top is a browser's socket in Open WebUI, so only `chat_id` counts there.
OPENAI_CHAT = Dialect(
    name="openai-chat",
    messages=("messages",),
    speakers=(
        (says("role", "user"), "human"),
        (says("role", "assistant"), "assistant"),
        (says("role", "tool", "function"), "tool"),
        (says("role", "system", "developer"), "system"),
    ),
    content=("content",),
    text_blocks=(says("type", "text"),),
    block_text=("text",),
    tool_result_blocks=(),
    asked_model=("model",),
    model_path=_MODEL,
    stream=("stream",),
    user=_USER,
    conversation=_CONVERSATION,
    model=(("model",),),
    input_tokens=Count((("usage",),), ("prompt_tokens",)),
    output_tokens=Count((("usage",),), ("completion_tokens",)),
    # Gateways leave out the sentinel, and the SDK hangs up at it.
    ends=(Mark(("choices", 0, "finish_reason")),),
    sentinels=frozenset({b"[DONE]"}),
    errors=(Mark(("error",)),),
    error_events=frozenset({"error"}),
)

# The legacy interface: one prompt or a list of them, as texts or tokens. Mostly editors still use it, so a prompt is a
# completion at the cursor unless a chat is written in it; Copilot's engines and Mistral's FIM know no chats. Where
# people ask by it, their operator says so in a dialect of his own (docs/dialects.md). Sources: openai 3.54.0,
# `openai/types/completion_create_params.py`; vscode-copilot-chat@31acd00a8; mistralai 3.7.0.
OPENAI_COMPLETIONS = replace(
    OPENAI_CHAT,
    name="openai-completions",
    messages=(),
    newest=(),
    templated=True,
    speakers=((Mark(("prompt",)), "human"),),
    content=("prompt",),
    text_blocks=(Mark(()),),
    block_text=(),
    completions=(("suffix",),),
    completion_path=re.compile("/fim/completions$|/engines/[^/]+/completions$"),
    completion_marks=INFILL_MARKS,
    completes_texts=True,
)

# Source: openai 3.54.0, `openai/types/responses`. A call that the assistant's own servers run has its output in itself,
# and stands among items of the same answer: `mcp_call` is nobody's, or a tool's words would be the assistant's.
OPENAI_RESPONSES = Dialect(
    name="openai-responses",
    messages=("input",),
    newest=("input",),
    speakers=(
        (
            says(
                "type",
                "function_call_output",
                "custom_tool_call_output",
                "local_shell_call_output",
                "shell_call_output",
                "apply_patch_call_output",
                "computer_call_output",
                "mcp_approval_response",
                "program_output",
                "tool_search_output",
            ),
            "tool",
        ),
        (
            says(
                "type",
                "reasoning",
                "function_call",
                "custom_tool_call",
                "local_shell_call",
                "shell_call",
                "apply_patch_call",
                "computer_call",
                "mcp_approval_request",
                "program",
                "tool_search_call",
                "file_search_call",
                "web_search_call",
                "image_generation_call",
                "code_interpreter_call",
            ),
            "assistant",
        ),
        (says("role", "user"), "human"),
        (says("role", "assistant"), "assistant"),
        (says("role", "system", "developer"), "system"),
    ),
    content=("content",),
    other_content=("output",),
    text_blocks=(says("type", "input_text", "output_text", "text"),),
    block_text=("text",),
    tool_result_blocks=(),
    system=(("instructions",),),
    asked_model=("model",),
    model_path=_MODEL,
    stream=("stream",),
    user=_USER,
    conversation=(Claim(("conversation",)), Claim(("conversation", "id")), *_CONVERSATION),
    continues=(Claim(("previous_response_id",)), Claim(("conversation",)), Claim(("conversation", "id"))),
    elsewhere=(("prompt", "id"),),
    stored=("prompt",),
    named_automation=("automation",),  # written by `proxy/sockets/responses.py`
    answer_id=(("id",), ("response", "id")),
    model=(("model",), ("response", "model")),
    input_tokens=Count((("usage",), ("response", "usage")), ("input_tokens",)),
    output_tokens=Count((("usage",), ("response", "usage")), ("output_tokens",)),
    ends=(says("type", "response.completed", "response.incomplete", "response.failed", "response.done"),),
    sentinels=frozenset({b"[DONE]"}),
    errors=(says("type", "error", "response.failed"), Mark(("error",)), says("status", "failed")),
    error_events=frozenset({"error", "response.failed"}),
)
