"""Google's formats: Gemini as its own interface and Vertex AI say it, and inside the envelope of Code Assist."""

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
