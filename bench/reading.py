"""Measures what reading costs: `python -m bench.reading [REQUESTS]`.

First the processor's time, off the event loop, for a request of about 100 KB as agents send them: from the bytes to the
call and its turn, without the ledger. Then what a body of 100 MB, each way, adds to the proxy's peak of memory.
"""

import http.client
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

from bench.memory import peak_mb, resident_mb
from bench.rig import CHAT, HOST, chat_body, proxying, upstreaming
from ledger.keys import Keys
from proxy.assembly import Assembly
from proxy.exchange import Asked, Event, SocketMessage, SocketOpened
from proxy.identity import Resolver
from proxy.routes import Routes

REQUEST_BYTES = 100_000
HUGE_BYTES = 100_000_000
CALLS = 3  # of each kind of huge body
SYSTEM = "You are an agent that works in a repository. Be brief, and say what you did. " * 130  # 10 KB, as clients send
RESULT = "def total(rows):\n    return sum(row.price * row.number for row in rows)\n" * 50
REMINDER = "<system-reminder>\nThe task list is empty. Do not say so to the user.\n</system-reminder>"
TOOLS = [
    {"name": f"tool_{number}", "description": "Runs something. " * 20, "input_schema": {"type": "object"}}
    for number in range(20)
]
ROUTES = Routes(
    [],
    [("/chat/completions", "openai-chat"), ("/v1/messages", "anthropic-messages")],
    sockets=[("/responses", "openai-responses")],
)


def chat() -> bytes:
    """Write a tool loop of OpenAI's chat."""
    messages: list[object] = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": "Add up the prices"}]
    while len(json.dumps(messages)) < REQUEST_BYTES:
        call = {"id": f"call_{len(messages)}", "type": "function", "function": {"name": "run", "arguments": "{}"}}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": call["id"], "content": RESULT})
    return json.dumps({"model": "m", "stream": True, "messages": messages}).encode()


def messages() -> bytes:
    """Write a tool loop of Claude Code's."""
    said: list[object] = [
        {"role": "user", "content": [{"type": "text", "text": text} for text in (REMINDER, "Add up the prices")]}
    ]
    while len(json.dumps(said)) < REQUEST_BYTES - 20_000:
        id_ = f"toolu_{len(said)}"
        said.append({"role": "assistant", "content": [{"type": "tool_use", "id": id_, "name": "run", "input": {}}]})
        result = {"type": "tool_result", "tool_use_id": id_, "content": [{"type": "text", "text": RESULT}]}
        said.append({"role": "user", "content": [result, {"type": "text", "text": REMINDER}]})
    user = json.dumps({"device_id": "d", "account_uuid": "", "session_id": "s"})
    body = {"model": "m", "stream": True, "system": [{"type": "text", "text": SYSTEM}], "tools": TOOLS}
    return json.dumps({**body, "metadata": {"user_id": user}, "messages": said}).encode()


def frames() -> list[bytes]:
    """Write what Codex says on a WebSocket: an ask with all that it sends along, its answer, and a tool's result."""
    words = [f"# AGENTS.md instructions for /repo\n{SYSTEM * 6}</INSTRUCTIONS>", "Add up the prices"]
    content = [{"type": "input_text", "text": text} for text in words]
    items = [{"type": "message", "role": "user", "content": [each]} for each in content]
    call = {"type": "function_call", "call_id": "c1", "name": "run", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c1", "output": RESULT}
    ask = {"type": "response.create", "model": "m", "instructions": SYSTEM, "tools": TOOLS * 3, "input": items}
    response = {"id": "r1", "output": [call]}
    messages = [ask, {"type": "response.completed", "response": response}]
    messages.append({**ask, "previous_response_id": "r1", "input": [output]})
    return [json.dumps(message).encode() for message in messages]


def talk(data: list[bytes]) -> list[Event]:
    """Say the client's messages and the assistant's in turn."""
    headers = {"user-agent": "codex_cli_rs/0.169.0", "originator": "codex_cli_rs"}
    upgrade = Asked(1, 0.0, "WEBSOCKET", "a.example", "/v1/responses", headers, b"", 0, "10.0.0.1")
    said = (SocketMessage(n, 1, 0.0, n % 2 == 0, each, len(each), True) for n, each in enumerate(data, 2))
    return [SocketOpened(1, upgrade), *said]


def asking(path: str, agent: str, body: bytes) -> Asked:
    headers = {"content-type": "application/json", "user-agent": agent, "authorization": "Bearer sk-1"}
    return Asked(1, 0.0, "POST", "a.example", path, headers, body, len(body), "10.0.0.1")


def cost(events: list[Event], requests: int, keys: Keys) -> list[float]:
    """Give the milliseconds of this thread's time that each reading of the last event takes."""
    taken = []
    for _ in range(requests):
        assembly = Assembly(ROUTES, Resolver(keys), keys)
        for event in events[:-1]:
            list(assembly.read(event))
        begin = time.thread_time()
        writes = list(assembly.read(events[-1]))
        taken.append((time.thread_time() - begin) * 1000)
        assert len(writes) == 1
    return taken


def huge(call: Callable[[], None], pid: int) -> str:
    """Say what some calls add to the proxy's memory, at its peak."""
    before = resident_mb(pid)
    Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak counts from here
    for _ in range(CALLS):
        call()
    return f"| {before:.1f} | {peak_mb(pid):.1f} | {peak_mb(pid) - before:.1f} |"


def main(requests: int) -> None:
    print(f"{requests} readings each; milliseconds of processor time")
    print("| request | bytes | median | p95 |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys.load_or_create(Path(folder) / "key")
        said = talk(frames())
        for name, events in {
            "OpenAI chat, tool loop": [asking("/v1/chat/completions", "openai-python/3", chat())],
            "Claude Code, tool loop": [asking("/v1/messages", "claude-cli/2.1.197 (external, cli)", messages())],
            "Codex over a WebSocket, an ask": said[:2],
            "Codex over a WebSocket, a tool's result after it": said,
        }.items():
            taken = cost(events, requests, keys)
            last = events[-1]
            size = last.body_bytes if isinstance(last, Asked) else last.size if isinstance(last, SocketMessage) else 0
            print(f"| {name} | {size} | {median(taken):.2f} | {quantiles(taken, n=20)[18]:.2f} |")
    body = chat_body("x" * HUGE_BYTES)
    with upstreaming() as port, proxying(port) as (through, pid):

        def call(body: bytes, answer: int) -> None:
            connection = http.client.HTTPConnection(HOST, through)
            connection.request("POST", f"{CHAT}?{answer}", body)
            response = connection.getresponse()
            got = 0
            while piece := response.read(1 << 20):
                got += len(piece)
            assert got == answer
            connection.close()

        call(chat_body("warm"), 1000)
        print(f"{CALLS} calls one after another; the proxy's resident MB")
        print("| body | before | peak | added |")
        print("|---|---|---|---|")
        print(f"| request of 100 MB {huge(lambda: call(body, 1000), pid)}")
        print(f"| answer of 100 MB {huge(lambda: call(chat_body('x'), HUGE_BYTES), pid)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
