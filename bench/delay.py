"""Measures the delay that the proxy adds: to each event of a stream, and to a plain call.

`python -m bench.delay [ROUNDS]`. Each round measures direct and proxied, in turns, on warm connections. An event's
delay is the time from the upstream's write to the client's read; events merge where one read gives two of them that
the upstream wrote more than 5 ms apart.
"""

import json
import socket
import sys
import time
from statistics import median, quantiles

from bench.rig import CHAT, EVENTS, HOST, chat_body, proxying, upstreaming

CALLS = 200
STREAMS = 4
MERGED_MS = 5.0


class Line:
    """A client's connection, kept alive."""

    def __init__(self, port: int) -> None:
        self._asked = 0
        self._socket = socket.create_connection((HOST, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def stream(self) -> tuple[list[float], int]:
        """Give the delay of each event in milliseconds, and how many were merged."""
        self._ask(CHAT)
        delays: list[float] = []
        merged, rest, before = 0, b"", 0
        while not rest.endswith(b"0\r\n\r\n"):
            rest += self._socket.recv(65536)
            now, first = time.monotonic_ns(), True
            while b"\n\n" in rest:
                event, _, rest = rest.partition(b"\n\n")
                sent = json.loads(event.partition(b"data: ")[2])["sent"]
                merged += not first and (sent - before) / 1e6 > MERGED_MS
                delays.append((now - sent) / 1e6)
                before, first = sent, False
        return delays, merged

    def call(self) -> float:
        """Give the time of one plain call in milliseconds."""
        begin = time.monotonic_ns()
        self._ask(f"{CHAT}?1024")
        got = b""
        while not got.endswith(b"x" * 1024):
            got += self._socket.recv(65536)
        return (time.monotonic_ns() - begin) / 1e6

    def _ask(self, path: str) -> None:
        self._asked += 1
        body = chat_body(f"question {self._asked}")
        self._socket.sendall(b"POST %s HTTP/1.1\r\nhost: h\r\ncontent-length: %d\r\n\r\n" % (path.encode(), len(body)))
        self._socket.sendall(body)


def measure(line: Line) -> tuple[list[float], list[float], int]:
    """Give the delays of events, the times of calls, and how many events were merged."""
    streams = [line.stream() for _ in range(STREAMS)]
    events = [delay for delays, _ in streams for delay in delays]
    assert len(events) == STREAMS * EVENTS
    return events, [line.call() for _ in range(CALLS)], sum(merged for _, merged in streams)


def main(rounds: int) -> None:
    with upstreaming() as port, proxying(port) as (through, _):
        lines = {"direct": Line(port), "proxied": Line(through)}
        for line in lines.values():
            line.stream()  # warm
        print(
            f"{rounds} rounds, each {STREAMS} streams of {EVENTS} events and {CALLS} plain calls of 1 KB; milliseconds"
        )
        print(
            "| round | event direct | event proxied | added | p99 added | merged | call direct | call proxied | added |"
        )
        print("|---|---|---|---|---|---|---|---|---|")
        added: list[tuple[float, float]] = []
        for number in range(rounds):
            order = list(lines) if number % 2 else list(reversed(lines))
            got = {name: measure(lines[name]) for name in order}
            (events, calls, _), (events_through, calls_through, merged) = got["direct"], got["proxied"]
            event, call = median(events_through) - median(events), median(calls_through) - median(calls)
            tail = quantiles(events_through, n=100)[98] - quantiles(events, n=100)[98]
            added.append((event, call))
            print(
                f"| {number + 1} | {median(events):.3f} | {median(events_through):.3f} | {event:.3f} | {tail:.3f} "
                f"| {merged} | {median(calls):.3f} | {median(calls_through):.3f} | {call:.3f} |"
            )
        print(
            f"median added: {median(e for e, _ in added):.3f} an event, {median(c for _, c in added):.3f} a plain call"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
