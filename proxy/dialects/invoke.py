"""Bedrock's InvokeModel: the body is in the model's own format, the rest is the same for all.

Anthropic's and Cohere's models have dialects of their own; the others, which say it in one of two ways, are here.
Sources: botocore 1.44.8, `data/bedrock-runtime/2023-09-30/service-2.json`; the bodies and the headers from Amazon's
guide to each model's parameters, not seen on the wire.
"""

import re

from proxy.dialects.table import Count, Dialect, Mark, Path, says

BEDROCK_MODEL = re.compile("/model/([^/]+)/")
INVOKE_STREAM = "/invoke-with-response-stream"
INVOKE_WRAPPED: Path = ("bytes",)
_METRICS: Path = ("amazon-bedrock-invocationMetrics",)  # in the last event of each model
INVOKE_END = Mark(_METRICS)
INVOKE_INPUT = Count((_METRICS,), ("inputTokenCount",), header="x-amzn-bedrock-input-token-count")
INVOKE_OUTPUT = Count((_METRICS,), ("outputTokenCount",), header="x-amzn-bedrock-output-token-count")

# Amazon's Nova names a block by its only field; Mistral, AI21, DeepSeek, Qwen and OpenAI's open models speak as
# OpenAI does.
BEDROCK_MESSAGES = Dialect(
    name="bedrock-messages",
    messages=("messages",),
    speakers=(
        (says("role", "user"), "human"),
        (says("role", "assistant"), "assistant"),
        (says("role", "tool"), "tool"),
        (says("role", "system"), "system"),
    ),
    content=("content",),
    text_blocks=(Mark(("text",)),),
    block_text=("text",),
    tool_result_blocks=(Mark(("toolResult",)),),
    tool_result_content=("toolResult", "content"),
    system=(("system",),),
    asked_model=(),
    model_path=BEDROCK_MODEL,
    stream=(),
    stream_paths=(INVOKE_STREAM,),
    user=(),
    conversation=(),
    model=(("model",),),
    wrapped=INVOKE_WRAPPED,
    input_tokens=Count(
        (("usage",), ("metadata", "usage")),
        ("inputTokens", "cacheReadInputTokenCount", "cacheWriteInputTokenCount"),
        Count((("usage",),), ("prompt_tokens",), INVOKE_INPUT),
    ),
    output_tokens=Count(
        (("usage",), ("metadata", "usage")),
        ("outputTokens",),
        Count((("usage",),), ("completion_tokens",), INVOKE_OUTPUT),
    ),
    ends=(
        INVOKE_END,
        Mark(("messageStop", "stopReason")),
        Mark(("choices", 0, "finish_reason")),
        Mark(("choices", 0, "stop_reason")),
    ),
    sentinels=frozenset(),
    errors=(Mark(("error",)), Mark(("message",)), Mark(("Message",))),
    error_events=frozenset(),
)

# Llama, Mistral, DeepSeek and others name it `prompt`, Amazon's Titan `inputText`.
BEDROCK_PROMPT = Dialect(
    name="bedrock-prompt",
    messages=(),
    newest=(),
    templated=True,
    speakers=((Mark(("prompt",)), "human"), (Mark(("inputText",)), "human")),
    content=("prompt",),
    other_content=("inputText",),
    text_blocks=(),
    block_text=(),
    tool_result_blocks=(),
    asked_model=(),
    model_path=BEDROCK_MODEL,
    stream=(),
    stream_paths=(INVOKE_STREAM,),
    user=(),
    conversation=(),
    model=(),
    wrapped=INVOKE_WRAPPED,
    # Llama's, then Titan's.
    input_tokens=Count(((),), ("prompt_token_count",), Count(((),), ("inputTextTokenCount",), INVOKE_INPUT)),
    output_tokens=Count(
        ((),),
        ("generation_token_count",),
        Count(((),), ("totalOutputTextTokenCount",), Count((("results", 0),), ("tokenCount",), INVOKE_OUTPUT)),
    ),
    ends=(INVOKE_END, Mark(("stop_reason",)), Mark(("completionReason",)), Mark(("outputs", 0, "stop_reason"))),
    sentinels=frozenset(),
    errors=(Mark(("message",)), Mark(("Message",))),
    error_events=frozenset(),
)
