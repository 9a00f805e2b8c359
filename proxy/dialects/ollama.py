"""Ollama's own formats. Its `/v1` paths speak OpenAI's and Anthropic's."""

from dataclasses import replace

from proxy.dialects.infill import INFILL_MARKS
from proxy.dialects.table import Count, Dialect, Mark, says

# Sources: ollama@fb3076099, `api/types.go`, `server/routes.go`; ollama 0.6.3, `_types.py`. A request without messages
# loads the model, or unloads it.
OLLAMA_CHAT = Dialect(
    name="ollama-chat",
    messages=("messages",),
    speakers=(
        (says("role", "user"), "human"),
        (says("role", "assistant"), "assistant"),
        (says("role", "tool"), "tool"),
        (says("role", "system"), "system"),
    ),
    content=("content",),
    text_blocks=(),
    block_text=(),
    tool_result_blocks=(),
    asked_model=("model",),
    stream=("stream",),
    streams_by_default=True,
    without_text="model-load",
    user=(),
    conversation=(),
    model=(("model",),),
    input_tokens=Count(((),), ("prompt_eval_count",)),
    output_tokens=Count(((),), ("eval_count",)),
    ends=(Mark(("done",)),),
    sentinels=frozenset(),
    errors=(Mark(("error",)),),
    error_events=frozenset(),
)

# The prompt is all that is said; what was said before is in `context`, as tokens.
OLLAMA_GENERATE = replace(
    OLLAMA_CHAT,
    name="ollama-generate",
    messages=(),
    newest=(),
    templated=True,
    speakers=((Mark(("prompt",)), "human"),),
    content=("prompt",),
    system=(("system",),),
    completions=(("suffix",),),
    completion_marks=INFILL_MARKS,
)
