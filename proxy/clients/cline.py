"""Cline and its forks, Roo Code and Kilo Code, which write much the same around a human's words."""

from proxy.clients.table import Client, Envelope, Field, Marker, Sign, header, tag

# Sources: cline@c83b404764 (src/shared/messages/constants.ts, prompts/responses.ts), cline@21cb8d2525
# (sdk/packages/shared/src/prompt/format.ts), Roo-Code@cb83656718 (Task.ts, support-prompt.ts). Names of products in
# headers from third parties, 2026.
CLINE_SOURCE = "cline@c83b404764"
ROO_SOURCE = "Roo-Code@cb83656718"

_ENVELOPE = Envelope(
    edges=(
        tag("environment_details"),
        tag("mode_notice"),
        ("<file_content", "</file_content>"),
        ("<hook_context", "</hook_context>"),
    ),
    inside=(
        ("<user_input", "</user_input>"),
        ("<user_command", "</user_command>"),
        tag("user_message"),
        tag("task"),
        tag("feedback"),
        tag("answer"),
    ),
    tool_heads=(("[", "] Result:"),),
    # A file that a tool has read may hold any tag; these come with a human's words alone.
    replies=(
        ("provided the following feedback:\n<feedback>", "</feedback>"),
        ("provided the following context:\n<feedback>", "</feedback>"),
        ("then attempt completion again.\n<feedback>", "</feedback>"),
    ),
    drops=(
        "[TASK RESUMPTION]",
        "[ERROR] You did not use a tool in your previous response!",
        "[Response interrupted",
        "Task was interrupted",
        "<hook_context",
    ),
)
_CONDENSE = Marker(
    "condense",
    (Sign("last", "CRITICAL: This summarization request is a SYSTEM OPERATION, not a user message."),),
    ROO_SOURCE,
)
_ENHANCE = Marker(
    "enhance",
    (Sign("only", "Generate an enhanced version of this prompt (reply with only the enhanced prompt"),),
    ROO_SOURCE,
)

CLINE = Client(
    name="cline",
    signs=(
        header("user-agent", "Cline/"),
        header("http-referer", "https://cline.bot"),
        header("x-title", "Cline"),
        Sign("system", "You are Cline, "),
    ),
    session=(Field(header="x-task-id"),),
    automation=(_CONDENSE,),
    envelope=_ENVELOPE,
)
ROO = Client(
    name="roo",
    signs=(header("user-agent", "RooCode/"), header("x-title", "Roo Code"), Sign("system", "You are Roo, ")),
    automation=(_CONDENSE, _ENHANCE),
    envelope=_ENVELOPE,
)
KILO = Client(
    name="kilo",
    signs=(header("user-agent", "Kilo-Code/"), header("x-title", "Kilo Code"), Sign("system", "You are Kilo Code, ")),
    automation=(_CONDENSE, _ENHANCE),
    envelope=_ENVELOPE,
)
