"""A client is known by what it alone sends, and what it says of a call is read."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from proxy.clients import CLIENTS
from proxy.clients.table import Client, Sign
from proxy.conversation import MAX_NAME_CHARS
from proxy.reading import Signals
from proxy.recognition import MAX_INSIDE_CHARS, recognise
from proxy.sent import Sent, Spoken
from tests.proxy.clients import asking

METADATA = "x-codex-turn-metadata"
TURN = json.dumps(
    {"turn_id": "t-2", "root_turn_id": "t-1", "session_id": "s-1", "thread_source": "user", "request_kind": "turn"}
)
CHILD = json.dumps({"turn_id": "t-3", "root_turn_id": "t-1", "session_id": "s-1", "subagent_kind": "review"})


def sent(
    headers: dict[str, str] | None = None, *, system: str = "", text: str = "Mend the door.", **fields: Any
) -> Sent:
    return Sent(headers or {}, fields, (system,) if system else (), (Spoken("human", (text,)),))


def signals(asked: Sent) -> Signals:
    from proxy.envelopes import unwrap

    recognised = recognise(asked)
    return recognised.signals(unwrap(recognised.envelope, asked.messages))


@dataclass(frozen=True)
class Told:
    """What a client's request tells."""

    of: Sent = field(repr=False)
    signals: Signals


TOLD = {
    "claude code": Told(sent(asking.CLAUDE_CODE), Signals("claude-code", "s-1")),
    "claude code by its session": Told(sent({"x-claude-code-session-id": "s-2"}), Signals("claude-code", "s-2")),
    "claude code's agent": Told(
        sent(asking.CLAUDE_CODE | {"x-claude-code-agent-id": "a-1"}), Signals("claude-code", "s-1", None, True)
    ),
    "claude code's agent behind a gateway": Told(
        sent(system="x-anthropic-billing-header: v=1; cc_is_subagent=true;"), Signals("claude-code", None, None, True)
    ),
    "claude code's agent by its prompt": Told(
        sent(system="You are an agent for Claude Code, Anthropic's official CLI for Claude. Do."),
        Signals("claude-code", None, None, True),
    ),
    "gemini's agent": Told(
        sent(asking.GEMINI_CLI, system="You look.\n* If you stop calling tools without calling this, you have failed."),
        Signals("gemini-cli", None, None, True),
    ),
    "qwen's agent": Told(
        sent(asking.QWEN_CODE, system="You are a general-purpose subagent working for a parent agent. Do."),
        Signals("qwen-code", None, None, True),
    ),
    "claude code by its prompt": Told(
        sent(system="You are Claude Code, Anthropic's official CLI for Claude."), Signals("claude-code")
    ),
    "claude's agent sdk by its prompt": Told(
        sent(system="You are a Claude agent, built on Anthropic's Claude Agent SDK."), Signals("claude-code")
    ),
    "claude code by its structured user": Told(
        sent(metadata={"user_id": '{"device_id": "d", "session_id": "s-3"}'}), Signals("claude-code", "s-3")
    ),
    "claude code by its older user": Told(
        sent(metadata={"user_id": "user_ab_account__session_5e"}), Signals("claude-code")
    ),
    "codex over http": Told(sent({METADATA: TURN}), Signals("codex", "s-1", "t-1", False)),
    "codex over a socket": Told(sent(client_metadata={METADATA: TURN}), Signals("codex", "s-1", "t-1", False)),
    "codex by its origin": Told(sent({"originator": "codex_vscode", "session-id": "s-4"}), Signals("codex", "s-4")),
    "codex by its name": Told(sent({"user-agent": "codex_cli_rs/0.1", "thread-id": "s-5"}), Signals("codex", "s-5")),
    "codex's agent": Told(sent({METADATA: CHILD}), Signals("codex", "s-1", "t-1", True)),
    "codex's agent by a header": Told(
        sent(asking.CODEX | {"x-openai-subagent": "review"}), Signals("codex", None, None, True)
    ),
    "copilot": Told(sent(asking.COPILOT), Signals("copilot", None, "i-1", False)),
    "copilot's loop": Told(sent(asking.COPILOT | {"x-initiator": "agent"}), Signals("copilot", None, "i-1", True)),
    "copilot's agent": Told(
        sent({"x-interaction-type": "conversation-subagent"}), Signals("copilot", None, None, True)
    ),
    "copilot over a socket": Told(
        sent({"user-agent": "GitHubCopilotChat/0.38"}, initiator="agent"), Signals("copilot", None, None, True)
    ),
    "cline": Told(sent({"http-referer": "https://cline.bot", "x-task-id": "t"}), Signals("cline", "t")),
    "cline by its name": Told(sent(asking.CLINE), Signals("cline")),
    "cline by its title": Told(sent({"x-title": "Cline"}), Signals("cline")),
    "cline by its prompt": Told(sent(system="You are Cline, a worker."), Signals("cline")),
    "roo": Told(sent(asking.ROO), Signals("roo")),
    "roo by its title": Told(sent({"x-title": "Roo Code"}), Signals("roo")),
    "roo by its prompt": Told(sent(system="You are Roo, a worker."), Signals("roo")),
    "kilo": Told(sent(asking.KILO), Signals("kilo")),
    "gemini with a login": Told(
        sent(asking.GEMINI_CLI, request={"session_id": "s-1"}, user_prompt_id="s-1########0"),
        Signals("gemini-cli", "s-1", "s-1########0"),
    ),
    "amazon q": Told(
        sent(asking.AMAZON_Q, conversationState={"conversationId": "c-1", "agentContinuationId": "k-1"}),
        Signals("amazon-q", "c-1", "k-1"),
    ),
    "kiro": Told(sent({"user-agent": "aws-sdk-js/1.0.18 ua/2.1 KiroIDE-0.2.13-a1"}), Signals("amazon-q")),
    "gemini": Told(sent(asking.GEMINI_CLI), Signals("gemini-cli")),
    "gemini by its prompt": Told(sent(system="You are Gemini CLI, a worker."), Signals("gemini-cli")),
    "qwen by its prompt": Told(sent(system="You are Qwen Code, a worker."), Signals("qwen-code")),
    "opencode by its prompt": Told(sent(system="You are opencode, a worker."), Signals("opencode")),
    "copilot on the command line": Told(
        sent({"x-initiator": "user", "x-interaction-type": "conversation-user"}), Signals("copilot", None, None, False)
    ),
    "copilot on the command line by its prompt": Told(
        sent(system="You are the GitHub Copilot CLI, a worker."), Signals("copilot")
    ),
    "continue on the command line": Told(sent(system="You are an agent in the Continue CLI."), Signals("continue")),
    "qwen": Told(
        sent(asking.QWEN_CODE, metadata={"sessionId": "s", "promptId": "s#1"}), Signals("qwen-code", "s", "s#1")
    ),
    "opencode": Told(sent(asking.OPENCODE), Signals("opencode", "ses_1")),
    "opencode on copilot's models": Told(sent(asking.OPENCODE | {"x-initiator": "user"}), Signals("opencode", "ses_1")),
    "opencode's agent": Told(
        sent(asking.OPENCODE | {"x-parent-session-id": "ses_0"}), Signals("opencode", "ses_0", None, True)
    ),
    "open webui": Told(sent(asking.OPEN_WEBUI), Signals("open-webui", "c-1")),
    "open webui by its user": Told(sent({"x-openwebui-user-email": "a@b"}), Signals("open-webui")),
    "aider": Told(sent(system=f"{asking.AIDER} More."), Signals("aider")),
    "aider's editor": Told(
        sent(system="Act as an expert software developer and make changes to source code.\nx"),
        Signals("aider", None, None, True),
    ),
    "continue": Told(sent(system="<important_rules>\n  You are in chat mode."), Signals("continue")),
    "an sdk": Told(sent(asking.SDK), Signals()),
    "an application's own user": Told(sent(metadata={"user_id": "user_7"}), Signals()),
    "a header without a value": Told(sent({"x-claude-code-session-id": " "}), Signals()),
}


@pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
def test_a_client_tells_who_it_is_and_what_it_does(told: Told) -> None:
    """A session, a turn, and whether an agent began the call."""
    assert signals(told.of) == told.signals


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_a_client_can_be_known(client: Client) -> None:
    """By a sign, or by a call that it alone makes; and no other client shares its name."""
    assert client.signs or client.telltale
    assert [each.name for each in CLIENTS].count(client.name) == 1


def test_a_prompt_of_the_system_counts_where_it_is_a_message() -> None:
    """As in OpenAI's chat, before anybody speaks."""
    prompt = Spoken("system", ("You are Cline, a worker.",))
    ask = Spoken("human", ("Mend the door.",))
    client = recognise(Sent({}, {}, (), (prompt, ask))).client
    assert client is not None
    assert client.name == "cline"
    assert recognise(Sent({}, {}, (), (ask, prompt))).client is None


@pytest.mark.parametrize(
    "told",
    [
        "",
        "{",
        "7",
        "[]",
        '{"turn_id": 7.5}',
        '{"turn_id": null}',
        '{"turn_id": {}}',
        '{"turn_id": "' + "x" * (MAX_NAME_CHARS + 1) + '"}',
        '{"turn_id": "t"' + " " * MAX_INSIDE_CHARS + "}",
        '{"turn_id": "\ud800',
        "[" * 9_999,
    ],
)
def test_what_is_no_name_names_no_turn(told: str) -> None:
    """Headers are hostile."""
    assert signals(sent(asking.CODEX | {METADATA: told})).turn is None
    assert signals(sent(asking.CODEX, client_metadata={METADATA: told})).turn is None
    assert signals(sent(asking.CODEX, client_metadata=told)).turn is None


@pytest.mark.parametrize(
    ("how", "fits", "unlike"),
    [("begins", " ab", "b ab"), ("ends", "xab ", "ab x"), ("holds", "xabx", "a b"), ("is", " ab\n", "abb")],
)
def test_a_sign_holds_as_it_says(how: Any, fits: str, unlike: str) -> None:
    """Space around a text does not count."""
    from proxy import recognition

    assert recognition._holds(Sign("human", "ab", how), sent(text=fits))
    assert not recognition._holds(Sign("human", "ab", how), sent(text=unlike))
