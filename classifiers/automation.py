"""Knows the texts that programs send in a person's name: whole texts with a client's own mark, which no person types.

The proxy folds such calls before they become turns; this is for what comes another way (`assay score`, older ledgers,
clients that hide who they are). Leaves out automation that only its wording gives away, which the network learns.
"""

from dataclasses import dataclass

READ_CHARS = 2_000  # a mark stands at a text's beginning


@dataclass(frozen=True, slots=True)
class Marker:
    """Holds for a text that begins so and, where they are given, ends so and holds that near its beginning."""

    what: str
    begin: str
    end: str = ""
    holds: str = ""


def element(what: str, *names: str) -> tuple[Marker, ...]:
    """Mark texts that are wholly inside an element."""
    return tuple(Marker(what, f"<{name}>", f"</{name}>") for name in names)


# Claude Code 2.1 and before; Codex 0.169; Open WebUI 0.12; LibreChat agents 3.2; Copilot Chat, Gemini CLI, opencode,
# Cline, Roo Code, Continue and Aider of 2025 and 2026: each as its program or its source writes it.
MARKERS = (
    *element("a command's output", "local-command-stdout", "local-command-stderr", "bash-stdout", "bash-stderr"),
    *element("a client's note", "system-reminder", "local-command-caveat", "task-notification", "environment_context"),
    *element("a client's note", "turn_aborted", "subagent_notification"),
    Marker("a client's own command", "<command-name>/", holds="<command-args></command-args>"),
    Marker("a client's note", "[Request interrupted by user", "]"),
    Marker("a client's note", "[Image: source:", "]"),
    Marker("a client's note", "[TASK RESUMPTION]"),
    Marker("a client's note", "[ERROR] You did not use a tool in your previous response!"),
    Marker("a resumption", "Continue from where you left off.", "Continue from where you left off."),
    Marker("a resumption", "This session is being continued from a previous conversation that ran out of context."),
    Marker("a compaction", "CRITICAL: Respond with TEXT ONLY. Do NOT call any tools."),
    Marker("a compaction", "CRITICAL: This summarization request is a SYSTEM OPERATION"),
    Marker("a compaction", "You are performing a CONTEXT CHECKPOINT COMPACTION."),
    Marker("a compaction", "Another language model started to solve this problem and produced a summary"),
    Marker("a suggestion", "[SUGGESTION MODE:"),
    Marker("a recap", "The user stepped away and is coming back."),
    Marker("a title", "Please write a 5-10 word title the following conversation:"),
    Marker("a title", "Please write a brief title for the following request:"),
    Marker("a title", "Generate a title for this conversation:"),
    Marker("a title", "Provide a concise, 5-word-or-less title for the conversation"),
    Marker("a title", "### Task:\nGenerate a concise"),
    Marker("tags", "### Task:\nGenerate 1-3 broad tags"),
    Marker("a suggestion", "### Task:\nSuggest 3-5 relevant follow-up questions"),
    Marker("a suggestion", "### Task:\nPredict 3-5 useful messages"),
    Marker("a search", "### Task:\nAnalyze the chat history to determine the necessity of generating search queries"),
    Marker("a completion", "### Task:\nYou are an autocompletion system."),
    Marker("a check", "Analyze *only* the content and structure of your immediately preceding response"),
    *(Marker("a completion", mark) for mark in ("<|fim_prefix|>", "<fim_prefix>", "<PRE> ", "<｜fim▁begin｜>")),
)


def made_by(text: str) -> str | None:
    """Say what a program made here, such as "a title". None: nothing marks it as made by a program."""
    text = text.strip()
    head = text[:READ_CHARS]
    for marker in MARKERS:
        if head.startswith(marker.begin) and text.endswith(marker.end) and marker.holds in head:
            return marker.what
    return None
