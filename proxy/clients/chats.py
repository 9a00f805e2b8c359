"""Chat windows that a company hosts itself, on their way to the model and from the browser to them.

On the way to the model their calls show no client, so what they write must show it.
"""

from proxy.clients.table import Client, Envelope, Field, Marker, Sign, body, header

# Sources: open-webui 0.12.4, `config.py`, `utils/context_compaction.py`, `utils/headers.py`, the first two as captured;
# @librechat/agents 3.2.21, `dist/cjs/utils/title.cjs`.
OPEN_WEBUI_SOURCE = "open-webui 0.12.4"
LIBRECHAT_SOURCE = "@librechat/agents 3.2.21"

# A real prompt begins with the same first line, where documents stand before it. So the second tells.
_TASKS = (
    ("title", "Generate a concise title summarizing the chat history.", OPEN_WEBUI_SOURCE),
    ("title", "Generate a concise, 3-5 word title with an emoji", "open-webui, older"),
    ("tags", "Generate 1-3 broad tags categorizing the main themes", OPEN_WEBUI_SOURCE),
    ("follow-ups", "Predict 3-5 useful messages this user might naturally send next", OPEN_WEBUI_SOURCE),
    ("follow-ups", "Suggest 3-5 relevant follow-up questions", "open-webui, older, unverified"),
    ("queries", "Analyze the chat history to determine the necessity of generating search queries", OPEN_WEBUI_SOURCE),
    ("image-prompt", "Generate a detailed prompt for am image generation task", OPEN_WEBUI_SOURCE),
    ("autocomplete", "You are an autocompletion system. Continue the text in", OPEN_WEBUI_SOURCE),
    ("compaction", "Summarize the conversation history that will be compacted", OPEN_WEBUI_SOURCE),
)
_RAG = "### Task:\nRespond to the user query using the provided context"


def _title(text: str) -> Marker:
    return Marker("title", (Sign("last", text),), LIBRECHAT_SOURCE)


OPEN_WEBUI = Client(
    name="open-webui",
    signs=(
        header("x-openwebui-user-id"),
        header("x-openwebui-user-email"),
        header("x-openwebui-user-jwt"),
        header("x-openwebui-chat-id"),
        header("x-owui-task"),
        Sign("human", _RAG),
        body("user_message", "id", how="begins"),
    ),
    session=(Field(header="x-openwebui-chat-id"),),
    turn=(Field(path=("user_message", "id")),),  # the same to each of several models, and for another answer
    telltale=(
        *(Marker(name, (Sign("only", f"### Task:\n{line}"),), source) for name, line, source in _TASKS),
        Marker(
            "merged-answers",
            (
                Sign(
                    "only",
                    "You have been provided with a set of responses from various models to the latest user query:",
                ),
            ),
            OPEN_WEBUI_SOURCE,
        ),
    ),
    automation=(
        # An operator's own header template, `X-OWUI-Task: {{TASK}}`.
        Marker("task", (header("x-owui-task", "_generation", "ends"),), OPEN_WEBUI_SOURCE),
        # The browser's leg: what the server sends by a schedule, in a person's name.
        Marker("schedule", (body("automation_id", how="begins"),), OPEN_WEBUI_SOURCE),
        # An operator's own wording of a task.
        Marker("task", (body("stream", text="false"), Sign("only", "<chat_history>", "holds")), OPEN_WEBUI_SOURCE),
    ),
    envelope=Envelope(after=((_RAG, "</context>\n"),)),
)
LIBRECHAT = Client(
    name="librechat",
    signs=(body("isCreatedByUser", text="true"),),  # from the browser
    # For another answer the message is sent again under a new id, which names the first.
    turn=(Field(path=("overrideParentMessageId",)), Field(path=("messageId",))),
    telltale=(
        _title("Analyze this conversation and provide:\n1. The detected language of the conversation"),
        _title(
            "Provide a concise, 5-word-or-less title for the conversation, using title case conventions. "
            "Only return the title itself."
        ),
    ),
)

# Source: ai 6.0.326 (npm), `chat-transport`; its template of a chat, which sends the newest message alone.
VERCEL_AI = Client(
    name="vercel-ai",
    signs=(
        body("trigger", text="submit-message"),
        body("trigger", text="regenerate-message"),
        body("message", "parts", 0, "type", how="begins"),
    ),
    turn=(Field(path=("message", "id")),),
)
