"""Each marker of automation tells the call that it was written for, and no person's."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from proxy.clients import CLIENTS
from proxy.clients.table import Marker
from proxy.recognition import recognise
from proxy.sent import Sent, Spoken
from tests.proxy.clients import asking


@dataclass(frozen=True)
class Example:
    """A call as its client makes it."""

    client: str
    marker: str
    texts: tuple[str, ...] = ("x",)  # of the last message
    system: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    before: tuple[str, ...] = ()  # texts of human and assistant in turn

    @property
    def sent(self) -> Sent:
        before = [Spoken(("human", "assistant")[i % 2], (text,)) for i, text in enumerate(self.before)]
        return Sent(self.headers, self.body, self.system, (*before, Spoken("human", self.texts)))


def claude(marker: str, *texts: str, **fields: Any) -> Example:
    return Example("claude-code", marker, texts or ("x",), headers=asking.CLAUDE_CODE, **fields)


def codex(
    marker: str, *texts: str, metadata: str = "", in_body: bool = False, headers: dict[str, str] | None = None
) -> Example:
    name = "x-codex-turn-metadata"
    told = {name: metadata} if metadata else {}
    return Example(
        "codex",
        marker,
        texts or ("x",),
        headers=asking.CODEX | ({} if in_body else told) | (headers or {}),
        body={"client_metadata": told} if in_body else {},
    )


def task(marker: str, line: str) -> Example:
    return Example("open-webui", marker, (f"### Task:\n{line} ...\n### Chat History:\n<chat_history>\nUSER: x",))


EXAMPLES = (
    claude("quota", "quota", body={"max_tokens": 1}),
    claude("probe", "test", body={"max_tokens": 1}),
    claude(
        "title",
        "<session>\nMend the door.\n</session>\n\nWrite the title in the language of the session.",
        system=("x-anthropic-billing-header: v;", "Generate a concise, sentence-case title (3-7 words) for it"),
    ),
    claude("title", "<session>\nMend.\n</session>\n\nName it.", system=("You are naming a coding session so",)),
    claude("title", "<session>\nMend the door.\n</session>\n\nWrite the title in the predominant language."),
    claude(
        "compaction",
        "Mend the door.",
        "CRITICAL: Respond with TEXT ONLY. Do NOT call any tools.\nMore.",
        before=("Look at the door.", "I did."),
    ),
    claude(
        "compaction",
        "Your task is to create a detailed summary of the conversation so far, with care.",
        before=("x", "y"),
    ),
    claude("suggestion", "[SUGGESTION MODE: Suggest what the user might naturally type next.]", before=("x", "y")),
    claude("recap", "The user stepped away and is coming back. Recap in under 40 words.", before=("x", "y")),
    claude("explain-command", "ls", body={"tool_choice": {"type": "tool", "name": "explain_command"}}),
    claude("permission", "<transcript>\nls\n</transcript>\nIs it safe?"),
    claude("command-prefix", "<policy_spec>\n# Claude Code Code Bash command prefix detection"),
    claude(
        "command-prefix", "Command: ls", system=("<policy_spec>\n# Claude Code Code Bash command prefix detection",)
    ),
    claude("hook", "{}", system=("You are evaluating a hook condition in Claude Code.",)),
    claude("tool-summary", "Tools completed:\n\nls\n\nLabel:"),
    claude("web-fetch", "Web page content:\n---\nA page.\n---"),
    claude("web-search", "Perform a web search for the query: doors"),
    claude("topic", "Mend the door.", system=("Analyze if this message indicates a new conversation topic. If",)),
    claude("title", "Please write a 5-10 word title the following conversation:\n\nUser: x"),
    claude("title", "User: x", system=("Summarize this coding conversation in under 50 characters.\nBe brief.",)),
    claude("title", "Summarize this coding conversation in under 50 characters.\nUser: x"),
    claude("warmup", "Warmup"),
    codex("prewarm", metadata='{"request_kind": "prewarm"}'),
    codex("prewarm", metadata='{"request_kind": "prewarm"}', in_body=True),
    codex("compaction", metadata='{"request_kind": "compaction"}'),
    codex("compaction", metadata='{"request_kind": "compaction"}', in_body=True),
    codex("compaction", "You are performing a CONTEXT CHECKPOINT COMPACTION. Create a handoff."),
    codex("memory", headers={"x-openai-memgen-request": "true"}),
    Example("copilot", "background", headers={"x-interaction-type": "conversation-background"}),
    Example("copilot", "background", headers=asking.COPILOT | {"openai-intent": "conversation-background"}),
    Example(
        "copilot", "title", ("Please write a brief title for the following request:\n\nx",), headers=asking.COPILOT
    ),
    Example(
        "copilot",
        "summary",
        system=("Your task is to create a comprehensive, detailed summary of the entire conversation so far",),
        headers=asking.COPILOT,
    ),
    Example("copilot", "summary", ("Summarize the conversation history so far, with care.",), headers=asking.COPILOT),
    Example("copilot", "commit", ("<repository-context>\nmain\n</repository-context>",), headers=asking.COPILOT),
    *(
        Example(
            client,
            "condense",
            ("CRITICAL: This summarization request is a SYSTEM OPERATION, not a user message.\nMore.",),
            headers=headers,
            before=("x", "y"),
        )
        for client, headers in (("cline", asking.CLINE), ("roo", asking.ROO), ("kilo", asking.KILO))
    ),
    *(
        Example(
            client,
            "enhance",
            ("Generate an enhanced version of this prompt (reply with only the enhanced prompt - nothing else):\n\nx",),
            headers=headers,
        )
        for client, headers in (("roo", asking.ROO), ("kilo", asking.KILO))
    ),
    task("title", "Generate a concise title summarizing the chat history."),
    task("title", "Generate a concise, 3-5 word title with an emoji"),
    task("tags", "Generate 1-3 broad tags categorizing the main themes"),
    task("follow-ups", "Predict 3-5 useful messages this user might naturally send next"),
    task("follow-ups", "Suggest 3-5 relevant follow-up questions"),
    task("queries", "Analyze the chat history to determine the necessity of generating search queries"),
    task("image-prompt", "Generate a detailed prompt for am image generation task"),
    task("autocomplete", "You are an autocompletion system. Continue the text in"),
    task("compaction", "Summarize the conversation history that will be compacted"),
    Example(
        "open-webui",
        "merged-answers",
        ('You have been provided with a set of responses from various models to the latest user query: "x"',),
    ),
    Example("open-webui", "task", headers={"x-owui-task": "title_generation"}),
    Example("open-webui", "schedule", headers=asking.OPEN_WEBUI, body={"automation_id": "a-1"}),
    Example(
        "open-webui",
        "task",
        ("Name this talk:\n<chat_history>\nUSER: x\n</chat_history>",),
        headers=asking.OPEN_WEBUI,
        body={"stream": False},
    ),
    Example(
        "librechat",
        "title",
        ("Analyze this conversation and provide:\n1. The detected language of the conversation\n2. A title",),
    ),
    Example(
        "librechat",
        "title",
        (
            "Provide a concise, 5-word-or-less title for the conversation, using title case conventions. "
            "Only return the title itself.\n\nx",
        ),
    ),
    Example("gemini-cli", "router", system=("You are a specialized Task Routing AI. Your",), headers=asking.GEMINI_CLI),
    Example(
        "gemini-cli",
        "next-speaker",
        ("Analyze *only* the content and structure of your immediately preceding response (your last turn)",),
        headers=asking.GEMINI_CLI,
        before=("x", "y"),
    ),
    Example(
        "gemini-cli",
        "compression",
        system=("You are a specialized system component responsible for distilling chat history",),
        headers=asking.GEMINI_CLI,
    ),
    Example(
        "amazon-q",
        "compaction",
        (
            "--- CONTEXT ENTRY BEGIN ---\nCurrent time: Monday, 2026-11-02T08:00:00.000+01:00\n"
            "--- CONTEXT ENTRY END ---\n\n--- USER MESSAGE BEGIN ---\n"
            "[SYSTEM NOTE: This is an automated summarization request, not from the user]\n\nSummarize."
            "--- USER MESSAGE END ---",
        ),
        headers=asking.AMAZON_Q,
        before=("x", "y"),
    ),
    Example(
        "qwen-code",
        "memory",
        system=("You are now acting as the managed memory extraction subagent of",),
        headers=asking.QWEN_CODE,
    ),
    *(
        Example("qwen-code", marker, system=(begin,), headers=asking.QWEN_CODE)
        for marker, begin in (
            ("title", "Generate a concise, sentence-case title (3-7 words) that captures what this"),
            ("memory", "You are performing a managed memory dream — a"),
            ("memory", "You are selecting memories that will be useful to an AI coding assistant as"),
            ("goal", "You are an independent Goal Verifier. Judge"),
            ("permission", "You are a security classifier for an AI coding agent operating"),
            ("hook", "You are evaluating a hook in Qwen Code."),
        )
    ),
    *(
        Example("qwen-code", marker, (begin,), headers=asking.QWEN_CODE, before=("x", "y"))
        for marker, begin in (
            ("compression", "First, reason in your <analysis> block. Then"),
            ("next-speaker", "Analyze *only* the content and structure of your immediately preceding response (your"),
        )
    ),
    Example(
        "opencode",
        "title",
        ("Mend the door.",),
        system=("You are a title generator. You output ONLY a thread title. Nothing else.",),
        headers=asking.OPENCODE,
    ),
    Example(
        "aider",
        "commit",
        ("diff --git a b",),
        system=("You are an expert software engineer that generates concise, one-line Git commit messages based on",),
    ),
    Example(
        "aider",
        "summary",
        ("# USER\nx",),
        system=("*Briefly* summarize this partial conversation about programming.\nInclude",),
    ),
    Example(
        "continue",
        "title",
        ("Given the following... please reply with a title for the chat that is 3-4 words in length, and",),
    ),
)
MARKERS = [(client, marker) for client in CLIENTS for marker in (*client.telltale, *client.automation)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: f"{each.client} {each.marker}")
def test_an_automatic_call_is_told_by_its_marker(example: Example) -> None:
    """And its client with it."""
    recognised = recognise(example.sent)
    assert recognised.client is not None
    assert recognised.marker is not None
    assert (recognised.client.name, recognised.marker.name) == (example.client, example.marker)


def test_every_marker_has_an_example() -> None:
    """By which alone it is found, so that it cannot go or change unseen."""
    found = [recognise(example.sent).marker for example in EXAMPLES]
    unseen = [(client.name, marker) for client, marker in MARKERS if not any(marker is each for each in found)]
    assert not unseen


@pytest.mark.parametrize(("client", "marker"), MARKERS, ids=lambda each: each.name)
def test_every_marker_says_where_it_comes_from(client: object, marker: Marker) -> None:
    """A new version must be checked against the old one's source."""
    assert marker.source
    assert marker.signs


TAILS = [
    example
    for example in EXAMPLES
    if example.client not in ("open-webui", "librechat", "continue") and not example.system and not example.body
]


@pytest.mark.parametrize("example", TAILS, ids=lambda each: f"{each.client} {each.marker}")
def test_the_same_words_from_an_unknown_client_are_a_persons(example: Example) -> None:
    """Somebody may ask what they mean."""
    sent = Sent(asking.SDK, {}, (), example.sent.messages)
    assert (recognise(sent).client, recognise(sent).marker) == (None, None)


def test_a_prompt_with_documents_is_no_task_of_open_webui() -> None:
    """Its first line is that of a task."""
    text = "### Task:\nRespond to the user query using the provided context, and so on.\n<context>\nx\n</context>\nWhy?"
    recognised = recognise(Sent({}, {"stream": False}, (), (Spoken("human", (text,)),)))
    assert recognised.client is not None
    assert (recognised.client.name, recognised.marker) == ("open-webui", None)


def test_a_task_in_a_longer_conversation_is_a_persons_ask() -> None:
    """Open WebUI sends its tasks alone."""
    text = "### Task:\nGenerate a concise title summarizing the chat history."
    spoken = (Spoken("human", ("Hello.",)), Spoken("assistant", ("Hello.",)), Spoken("human", (text,)))
    assert recognise(Sent({}, {}, (), spoken)).client is None


def test_what_a_websocket_was_opened_for_says_nothing_of_its_later_calls() -> None:
    """Codex opens it to warm up, and its header stays; each call says in its body what it is for."""
    warmed = {"x-codex-turn-metadata": '{"request_kind": "prewarm"}'}
    told = {"client_metadata": {"x-codex-turn-metadata": '{"request_kind": "turn"}'}}
    sent = Example("codex", "", ("Mend the door.",), headers=asking.CODEX | warmed, body=told).sent
    assert recognise(sent).marker is None
