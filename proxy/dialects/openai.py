"""OpenAI's formats, which most vendors and gateways speak too."""

from proxy.dialects.table import Claim, Count, Dialect, Mark, says

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
