"""Mistral's conversations, which its servers keep. All else that Mistral takes is OpenAI's."""

import re

from proxy.dialects.table import Count, Dialect, Mark, says

# Source: mistralai 3.7.0, `mistralai/client/models`. What its connectors bring in is read by the model.
MISTRAL_CONVERSATIONS = Dialect(
    name="mistral-conversations",
    messages=("inputs",),
    newest=("inputs",),
    speakers=(
        (says("type", "function.result"), "tool"),
        (says("type", "message.output", "function.call", "tool.execution", "agent.handoff"), "assistant"),
        (says("role", "user"), "human"),
        (says("role", "assistant"), "assistant"),
    ),
    content=("content",),
    other_content=("result",),
    text_blocks=(says("type", "text"),),
    block_text=("text",),
    tool_result_blocks=(),
    system=(("instructions",),),
    asked_model=("model",),
    stream=("stream",),
    user=(),
    conversation=(),
    continues_path=re.compile("/conversations/([^/]+)(?:/restart)?$"),
    answer_id=(("conversation_id",),),
    model=(),
    input_tokens=Count((("usage",),), ("prompt_tokens", "connector_tokens")),
    output_tokens=Count((("usage",),), ("completion_tokens",)),
    ends=(says("type", "conversation.response.done"),),
    sentinels=frozenset(),
    errors=(says("type", "conversation.response.error"), Mark(("detail",)), says("object", "error")),
    error_events=frozenset({"conversation.response.error"}),
)
