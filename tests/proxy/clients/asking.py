"""Writes requests as clients send them: only what carries their marks, and words of our own."""

import json
from typing import Any

from proxy.dialects import DIALECTS
from proxy.interpreter import read_request
from proxy.reading import Request

CLAUDE_CODE = {"user-agent": "claude-cli/2.1.197 (external, cli)", "x-claude-code-session-id": "s-1"}
CODEX = {"originator": "codex_exec", "user-agent": "codex_exec/0.169.0"}
COPILOT = {"copilot-integration-id": "vscode-chat", "x-initiator": "user", "x-interaction-id": "i-1"}
CLINE = {"user-agent": "Cline/3.0.65"}
ROO = {"user-agent": "RooCode/3.48.0"}
KILO = {"x-title": "Kilo Code"}
GEMINI_CLI = {"user-agent": "GeminiCLI-tui/0.61.0/model (linux; x64; terminal)"}
QWEN_CODE = {"user-agent": "QwenCode/0.15.10 (linux; x64)"}
AMAZON_Q = {"user-agent": "aws-sdk-rust/1.3.15 ua/2.1 os/linux md/appVersion-2.3.0 app/AmazonQ-For-CLI"}
OPENCODE = {"user-agent": "opencode/1.18.33", "x-session-id": "ses_1"}
OPEN_WEBUI = {"x-openwebui-chat-id": "c-1"}
AIDER = "Act as an expert software developer."
SDK = {"user-agent": "OpenAI/Python 3.54.0"}

Message = tuple[str, Any]  # role, and a text, a list of texts, or blocks as they are


def chat(*messages: Message, headers: dict[str, str] | None = None, **fields: Any) -> Request:
    """Read a request of OpenAI's chat."""
    return _read("openai-chat", messages, headers, fields)


def anthropic(*messages: Message, headers: dict[str, str] | None = None, **fields: Any) -> Request:
    """Read a request of Anthropic's."""
    return _read("anthropic-messages", messages, headers, fields)


def gemini(*messages: tuple[str, list[str]], headers: dict[str, str], system: str = "") -> Request:
    """Read a request of Gemini's; a message is a role and its parts."""
    contents = [{"role": role, "parts": [{"text": text} for text in texts]} for role, texts in messages]
    body = {"contents": contents, "systemInstruction": {"parts": [{"text": system}]}}
    return read_request(DIALECTS["gemini"], "", headers, json.dumps(body).encode())


def amazon_q(*messages: str, tools: bool = False) -> Request:
    """Read a request of Amazon Q's; messages are a human's and the assistant's in turn. `tools`: they spoke last."""
    results = {"toolResults": [{"toolUseId": "t-1", "content": [{"text": "x"}]}]} if tools else {}
    said: list[dict[str, Any]] = [
        {"assistantResponseMessage": {"content": text}} if i % 2 else {"userInputMessage": {"content": text}}
        for i, text in enumerate(messages)
    ]
    said[-1]["userInputMessage"] |= {"userInputMessageContext": results}
    state = {"conversationId": "c-1", "agentContinuationId": "k-1", "history": said[:-1], "currentMessage": said[-1]}
    return read_request(DIALECTS["amazon-q"], "/", AMAZON_Q, json.dumps({"conversationState": state}).encode())


def result(text: str) -> dict[str, Any]:
    """Write a block in which a tool says something, for Anthropic."""
    return {"type": "tool_result", "tool_use_id": "t-1", "content": text}


def block(text: str) -> dict[str, Any]:
    """Write a block of text."""
    return {"type": "text", "text": text}


def call() -> Message:
    """Write an answer that calls a tool."""
    return "assistant", [{"type": "tool_use", "id": "t-1", "name": "run", "input": {}}]


def _read(
    dialect: str, messages: tuple[Message, ...], headers: dict[str, str] | None, fields: dict[str, Any]
) -> Request:
    body = {"model": "m", "messages": [{"role": role, "content": _content(said)} for role, said in messages], **fields}
    return read_request(DIALECTS[dialect], "", headers or {}, json.dumps(body).encode())


def _content(said: Any) -> Any:
    return [block(each) if isinstance(each, str) else each for each in said] if isinstance(said, list) else said
