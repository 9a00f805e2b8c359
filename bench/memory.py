"""Measures the proxy's memory: `python -m bench.memory [CALLS]`, each call with an answer of 50 KB.

Half of the calls share a few connections, half open one each. Prints the resident set after each quarter.
"""

import http.client
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.rig import CHAT, HOST, chat_body, proxying, upstreaming

ANSWER_BYTES = 50_000
CLIENTS = 8


def resident_mb(pid: int) -> float:
    return _status_mb(pid, "VmRSS")


def peak_mb(pid: int) -> float:
    """Give the largest resident set so far."""
    return _status_mb(pid, "VmHWM")


def _status_mb(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def call(port: int, calls: int, shared: bool) -> None:
    """Make calls on one connection, or on one each."""
    connection = http.client.HTTPConnection(HOST, port)
    for number in range(calls):
        connection.request("POST", f"{CHAT}?{ANSWER_BYTES}", chat_body(f"question {number} of port {port}"))
        assert len(connection.getresponse().read()) == ANSWER_BYTES
        if not shared:
            connection.close()
    connection.close()


def main(calls: int) -> None:
    with upstreaming() as port, proxying(port) as (through, pid):
        print("| calls | resident, MB |")
        print("|---|---|")
        print(f"| 0 | {resident_mb(pid):.1f} |")
        for quarter in range(4):
            with ThreadPoolExecutor(CLIENTS) as clients:
                share = calls // 4 // CLIENTS
                for done in [clients.submit(call, through, share, quarter % 2 == 0) for _ in range(CLIENTS)]:
                    done.result()
            print(f"| {(quarter + 1) * calls // 4} | {resident_mb(pid):.1f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
