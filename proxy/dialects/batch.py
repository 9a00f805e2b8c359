"""Many prompts at once, which programs hand in and whose answers are fetched hours later."""

from proxy.dialects.table import Count, Dialect, Mark

# All vendors' alike, since nothing in them is read: they are counted, and none is a person's. Sources: openai 3.54.0,
# `openai/resources/batches.py`; anthropic 2.14.0, `anthropic/resources/messages/batches.py`; mistralai 3.7.0,
# `batch_jobs`; google-genai 3.6.1, `batches.py`.
PROMPT_BATCH = Dialect(
    name="prompt-batch",
    messages=(),
    elsewhere=(("input_file_id",), ("requests",), ("input_files",), ("batch",)),
    automation="batch",
    speakers=(),
    content=(),
    text_blocks=(),
    block_text=(),
    tool_result_blocks=(),
    asked_model=(),  # each prompt may have its own
    stream=(),
    user=(),
    conversation=(),
    model=(("model",),),
    input_tokens=Count((), ()),
    output_tokens=Count((), ()),
    ends=(),
    sentinels=frozenset(),
    errors=(Mark(("error",)), Mark(("errors", "data", 0)), Mark(("detail",))),
    error_events=frozenset(),
)
