"""Simulated people and their clients: what they type, and the calls that their clients make of it.

The bodies are hand-written after what the clients send; no client's own prompt is in them beyond the markers.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

SUMMARY = "This session is being continued from a previous conversation that ran out of context. It was about a build."
COMPACT = "CRITICAL: Respond with TEXT ONLY. Do NOT call any tools."
ASIDE = (
    "The user sent a new message while you were working:\n{}\n\n"
    "IMPORTANT: After completing your current task, you MUST address the user's message above. Do not ignore it."
)
TITLE = "Generate a concise, sentence-case title (3-7 words) that says what it is about."
AGENT = "You are an agent for Claude Code, Anthropic's official CLI for Claude."
TASKS = (
    "Generate a concise title summarizing the chat history.",
    "Generate 1-3 broad tags categorizing the main themes",
)

WORDS = ("continue", "fix it", "why is the build slow", "name three towns\n\nand say why", "draft the plan", "ok")


@dataclass(frozen=True)
class Step:
    """One exchange. Its answer names the ask as the model, so that a test finds each call again."""

    ask: int | None  # the number of the ask that it is of; None: of none
    fields: dict[str, Any]
    headers: dict[str, str]
    path: str
    person: str
    failed: bool = False
    wait: float = 1.0  # seconds since the step before of the same session
    overlaps: bool = False  # it is answered only after the next one was asked


@dataclass
class Typed:
    """All asks of a run, by number."""

    texts: list[str] = field(default_factory=list)

    def ask(self, text: str) -> int:
        self.texts.append(text)
        return len(self.texts) - 1


@dataclass
class Session:
    """One person in one client."""

    random: Random
    typed: Typed
    person: str
    number: int  # of the session
    messages: list[dict[str, Any]] = field(default_factory=list)
    asks: int = 0

    def steps(self) -> Iterator[Step]:
        """Give the calls that the client makes."""
        raise NotImplementedError

    def often(self, share: float = 0.5) -> bool:
        return self.random.random() < share

    def text(self, alone: bool = False) -> str:
        """Type something. `alone`: nobody types the same anywhere else."""
        text = self.random.choice(WORDS)
        return f"{text}, case {len(self.typed.texts):03}" if alone else text


class ClaudeCode(Session):
    """An agent with sub-agents, titles, compaction, interruptions and words typed while it works."""

    renewed = 0  # how often it was resumed, under a new id
    ask = 0
    compacted = False
    interrupted = False  # before the ask under way anything was said

    def steps(self) -> Iterator[Step]:
        for _ in range(self.random.randint(1, 4)):
            if self.messages and not self.interrupted and self.often(0.2):
                self.renewed += 1
            yield from self.typing()

    def typing(self) -> Iterator[Step]:
        text = self.text(alone=self.compacted)
        self.ask = self.typed.ask(text)
        thought = self.random.choice([8.0, 60.0, 1500.0])
        if titled := self.often():
            yield self.title(text, wait=thought)
        self.say(text)
        yield from self.tries(first=0.3 if titled else thought)
        if self.often(0.2):  # interrupted before anything was said
            self.say("[Request interrupted by user]")
            self.interrupted = True
            return
        for _ in range(self.random.randint(0, 4)):
            yield from self.work()
        if self.often(0.2):
            self.result()
            self.say("[Request interrupted by user for tool use]")
            return
        self.interrupted = False
        self.messages.append({"role": "assistant", "content": [{"type": "text", "text": "Done."}]})
        if self.often(0.3):
            yield self.title(text)

    def work(self) -> Iterator[Step]:
        match self.random.choice(["tool", "tool", "agents", "typed", "compact"]):
            case "agents":
                for number in range(self.random.randint(1, 3)):
                    yield from self.agent(f"Look into part {number} of case {self.ask}.")
            case "typed":
                self.result()
                text = self.text(alone=self.compacted)
                self.ask = self.typed.ask(text)
                self.messages.append({"role": "system", "content": ASIDE.format(text)})
                yield from self.tries()
                return
            case "compact":
                yield from self.compact()
        self.result()
        yield from self.tries()

    def agent(self, text: str) -> Iterator[Step]:
        messages: list[dict[str, Any]] = [{"role": "user", "content": text}]
        for number in range(self.random.randint(1, 2)):
            yield self.step(messages, agent=True, wait=self.random.choice([0, 40]))
            messages = [*messages, *tool(number)]

    def compact(self) -> Iterator[Step]:
        last = {"role": "user", "content": [{"type": "text", "text": COMPACT}]}
        yield self.step([*self.messages, last])
        self.compacted = True
        self.messages = [{"role": "user", "content": [{"type": "text", "text": SUMMARY}]}]
        if self.often() and not self.interrupted:
            self.say(self.typed.texts[self.ask] + "\n")
            yield from self.tries()

    def say(self, text: str) -> None:
        self.messages.append({"role": "user", "content": text})

    def shaped(self, message: dict[str, Any]) -> dict[str, Any]:
        """Write a text as one call does, or as the next."""
        if not isinstance(message["content"], str) or self.often():
            return message
        block = {"type": "text", "text": message["content"], "cache_control": {"type": "ephemeral"}}
        return {"role": message["role"], "content": [block]}

    def result(self) -> None:
        self.messages += tool(len(self.messages))

    def title(self, text: str, wait: float = 1.0) -> Step:
        body = {"role": "user", "content": f"<session>\n{text}\n</session>\n\nWrite the title in its language."}
        return self.step([body], system=TITLE, wait=wait)

    def tries(self, first: float = 5.0) -> Iterator[Step]:
        failed = self.random.choice([0, 0, 0, 1, 2])
        for retry in range(failed + 1):
            yield self.step(self.messages, retry=retry, failed=retry < failed, wait=1.0 if retry else first)

    def step(
        self,
        messages: list[dict[str, Any]],
        *,
        system: str = "",
        agent: bool = False,
        retry: int = 0,
        failed: bool = False,
        wait: float = 1.0,
    ) -> Step:
        session = f"s-{self.number}-{self.renewed}"
        headers = {"user-agent": "claude-cli/2.1.197 (external, cli)", "x-claude-code-session-id": session}
        headers |= {"x-stainless-retry-count": str(retry)}
        headers |= {"x-claude-code-agent-id": "a-1"} if agent else {}
        fields = {
            "model": "m",
            "max_tokens": 100,
            "system": system or (AGENT if agent else "You are Claude Code, Anthropic's official CLI for Claude."),
            "metadata": {"user_id": json.dumps({"device_id": "d", "account_uuid": "", "session_id": session})},
            "messages": [self.shaped(message) for message in messages],
        }
        return Step(self.ask, fields, headers, "/v1/messages", self.person, failed, wait)


def tool(number: int) -> list[dict[str, Any]]:
    """Give an answer that calls a tool, and what the tool says, as Anthropic's messages."""
    name = f"t-{number}"
    return [
        {"role": "assistant", "content": [{"type": "tool_use", "id": name, "name": "run", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": name, "content": "continue"}]},
    ]


class Application(Session):
    """A program on an SDK, without any id: people's asks, some with tools, some in several tries."""

    def steps(self) -> Iterator[Step]:
        for asks in range(self.random.randint(1, 4)):
            text = self.text(alone=not asks)
            ask = self.typed.ask(text)
            self.messages.append({"role": "user", "content": text})
            for _ in range(self.random.choice([0, 0, 1])):
                yield self.step(ask, failed=True)
            yield self.step(ask)
            for number in range(self.random.choice([0, 0, 3])):
                call = {"id": f"c{number}", "type": "function", "function": {"name": "run", "arguments": "{}"}}
                self.messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
                self.messages.append({"role": "tool", "tool_call_id": f"c{number}", "content": "continue"})
                yield self.step(ask)
            self.messages.append({"role": "assistant", "content": "Done."})

    def step(self, ask: int, failed: bool = False) -> Step:
        headers = {"user-agent": "OpenAI/Python 2.0"}
        fields = {"model": "m", "messages": list(self.messages)}
        return Step(ask, fields, headers, "/v1/chat/completions", self.person, failed, wait=self.random.choice([2, 90]))


class OpenWebUI(Session):
    """A chat window's server: one ask to several models, another answer to it, then titles and tags.

    Where it does not tell the chat, the same words typed in two are two asks, and those of a title are looked for.
    """

    told = True  # the server tells which chat a call is of

    def steps(self) -> Iterator[Step]:
        self.told = self.often()
        for _ in range(self.random.randint(1, 4)):
            text = self.text(alone=not self.told)
            ask = self.typed.ask(text)
            self.messages.append({"role": "user", "content": text})
            models = self.random.randint(1, 3)
            for model in range(models):
                yield self.step(ask, self.messages, wait=0 if model else 30, overlaps=model < models - 1)
            if (self.told or len(self.messages) > 1) and self.often(0.3):
                yield self.step(ask, self.messages, wait=self.random.choice([20, 4000 if self.told else 40]))
            self.messages.append({"role": "assistant", "content": "Done."})
            for line in self.random.sample(TASKS, self.random.randint(0, 2)):
                history = "\n".join(f"{said['role'].upper()}: {said['content']}" for said in self.messages[-2:])
                task = f"### Task:\n{line}\n### Chat History:\n<chat_history>\n{history}\n</chat_history>"
                yield self.step(ask, [{"role": "user", "content": task}], wait=2, stream=False)

    def step(self, ask: int, messages: list[dict[str, Any]], wait: float, **facts: bool) -> Step:
        headers = {"user-agent": "Python/3.12 aiohttp/3.13"}
        headers |= {"x-openwebui-chat-id": f"chat-{self.number}"} if self.told else {}
        fields = {"model": "m", "stream": facts.pop("stream", True), "messages": list(messages)}
        return Step(ask, fields, headers, "/v1/chat/completions", self.person, wait=wait, **facts)


class Browser(Session):
    """A chat window in the browser: only the newest words are sent, under an id of their own."""

    def steps(self) -> Iterator[Step]:
        for _ in range(self.random.randint(1, 4)):
            text = self.text()
            ask = self.typed.ask(text)
            for again in range(self.random.choice([1, 1, 2])):
                yield self.step(ask, text, wait=4000 if again else 60)

    def step(self, ask: int, text: str, wait: float) -> Step:
        fields = {
            "model": "m",
            "chat_id": f"chat-{self.number}",
            "background_tasks": {},
            "user_message": {"id": f"message-{ask}", "role": "user", "content": text},
        }
        return Step(ask, fields, {}, "/api/chat/completions", self.person, wait=wait)


CLIENTS: tuple[type[Session], ...] = (ClaudeCode, Application, OpenWebUI, Browser)
