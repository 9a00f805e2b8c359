"""Codex, of OpenAI."""

from proxy.clients.table import Client, Envelope, Field, Marker, Sign, header, tag

# Sources: Codex 0.169.0 as captured; codex-rs/core/src/contextual_user_message.rs (main, 2026-03) for the fragments;
# the headings of the IDE from transcripts of third parties, "My request:" since 26.803.
CAPTURED = "codex 0.169.0"
METADATA = "x-codex-turn-metadata"


def _told(*names: str) -> tuple[Field, ...]:
    """Give the places of a turn's metadata: the body's, and the header's, which is a WebSocket's first call's."""
    return tuple(
        field
        for name in names
        for field in (
            Field(path=("client_metadata", METADATA), inside=(name,)),
            Field(header=METADATA, inside=(name,)),
        )
    )


def _kind(kind: str) -> Marker:
    return Marker(kind, (Sign(_told("request_kind"), kind, "is"),), CAPTURED)


CODEX = Client(
    name="codex",
    signs=(
        header("originator", "codex_"),
        header("user-agent", "codex_"),
        header("user-agent", "codex-"),
        header(METADATA),
        Sign(Field(path=("client_metadata", METADATA))),
    ),
    session=(*_told("session_id"), Field(header="session-id"), Field(header="session_id"), Field(header="thread-id")),
    turn=_told("root_turn_id", "turn_id"),
    by_agent=(
        header("x-openai-subagent"),
        Sign(_told("subagent_kind")),
        Sign(_told("parent_turn_id")),
    ),
    by_person=(Sign(_told("thread_source"), "user", "is"),),
    automation=(
        _kind("prewarm"),
        _kind("compaction"),
        Marker("compaction", (Sign("last", "You are performing a CONTEXT CHECKPOINT COMPACTION."),), CAPTURED),
        Marker("memory", (header("x-openai-memgen-request", "true", "is"),), "codex, third parties"),
    ),
    envelope=Envelope(
        asks="messages",
        whole=(
            ("# AGENTS.md instructions for ", "</INSTRUCTIONS>"),
            tag("environment_context"),
            tag("skill"),
            tag("user_shell_command"),
            tag("turn_aborted"),
            tag("subagent_notification"),
            tag("additional_context"),
            tag("user_action"),
            ("<codex_internal_context", "</codex_internal_context>"),
            tag("realtime_delegation"),
            tag("user_instructions"),
        ),
        after=tuple(
            (begin, heading)
            for begin in (
                "# Context from my IDE setup:",
                "# Files mentioned by the user:",
                "# In app browser:",
                "<in-app-browser-context",
            )
            for heading in ("\n## My request for Codex:", "\n## My request:")
        ),
        drops=(
            "You are performing a CONTEXT CHECKPOINT COMPACTION.",
            "Another language model started to solve this problem and produced a summary",
        ),
    ),
)
