"""Google's formats: Gemini as itself and Vertex AI say it, Gemini in the envelope of Code Assist, and Interactions."""

import re
from dataclasses import replace

from proxy.dialects.table import Claim, Count, Dialect, Mark, says

# Sources: google-genai 3.6.1, `google/genai/types.py` (Content, Part, GenerateContentResponseUsageMetadata) and
# `models.py`; the servers take names in snake_case as well. The prompt's count holds what came from a cache.
GEMINI = Dialect(
    name="gemini",
    messages=("contents",),
    # Without a role it is the user's.
    speakers=(
        (says("role", "model"), "assistant"),
        (says("role", "function", "tool"), "tool"),
        (Mark(("parts",)), "human"),
    ),
    content=("parts",),
    text_blocks=(Mark(("text",)),),
    block_text=("text",),
    hidden_blocks=(Mark(("thought",)),),
    tool_result_blocks=(Mark(("functionResponse",)), Mark(("function_response",))),
    tool_result_content=("functionResponse", "response", "output"),
    system=(("systemInstruction", "parts"), ("system_instruction", "parts")),
    asked_model=(),
    model_path=re.compile("/models/([^/:]+):"),
    stream=(),
    stream_paths=(":streamGenerateContent",),
    user=(),
    conversation=(),
    model=(("modelVersion",),),
    input_tokens=Count((("usageMetadata",),), ("promptTokenCount", "toolUsePromptTokenCount")),
    output_tokens=Count((("usageMetadata",),), ("candidatesTokenCount", "thoughtsTokenCount")),
    ends=(Mark(("candidates", 0, "finishReason")), Mark(("promptFeedback", "blockReason"))),
    ends_with_body=True,
    sentinels=frozenset(),
    errors=(Mark(("error",)),),
    error_events=frozenset(),
)

# What Gemini CLI speaks once its user has logged in with Google. Source: google-gemini/gemini-cli@04fbf50,
# `packages/core/src/code_assist/converter.ts`.
GEMINI_CODE_ASSIST = replace(
    GEMINI,
    name="gemini-code-assist",
    messages=("request", "contents"),
    system=(("request", "systemInstruction", "parts"),),
    asked_model=("model",),
    conversation=(Claim(("request", "session_id")),),
    model=(("response", "modelVersion"),),
    input_tokens=replace(GEMINI.input_tokens, places=(("response", "usageMetadata"),)),
    output_tokens=replace(GEMINI.output_tokens, places=(("response", "usageMetadata"),)),
    ends=(Mark(("response", "candidates", 0, "finishReason")), Mark(("response", "promptFeedback", "blockReason"))),
)

# Gemini's newer interface, where the server keeps the history. The input is a text, a list of contents, or of steps;
# before steps there were turns with a role. Source: google-genai 3.6.1, `google/genai/_gaos/types/interactions`.
GEMINI_INTERACTIONS = Dialect(
    name="gemini-interactions",
    messages=("input",),
    newest=("input",),
    speakers=(
        (says("type", "user_input", "text", "image", "document", "audio", "video", "file"), "human"),
        (says("type", "model_output", "function_call"), "assistant"),
        (says("type", "function_result"), "tool"),
        (says("role", "user"), "human"),
        (says("role", "model"), "assistant"),
    ),
    content=("content",),
    other_content=("text",),
    text_blocks=(says("type", "text"),),
    block_text=("text",),
    tool_result_blocks=(says("type", "function_result"),),
    tool_result_content=("result",),
    system=(("system_instruction",),),
    asked_model=("model",),
    stream=("stream",),
    resumes=(Mark(("continuation_token",)),),
    user=(),
    conversation=(),
    continues=(Claim(("previous_interaction_id",)),),
    answer_id=(("id",), ("interaction", "id")),
    model=(("model",), ("interaction", "model")),
    input_tokens=Count((("usage",), ("interaction", "usage")), ("total_input_tokens", "total_tool_use_tokens")),
    output_tokens=Count((("usage",), ("interaction", "usage")), ("total_output_tokens", "total_thought_tokens")),
    ends=(says("event_type", "interaction.completed"),),
    sentinels=frozenset(),
    errors=(says("event_type", "error"), Mark(("error",))),
    error_events=frozenset({"error"}),
)
