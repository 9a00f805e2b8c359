"""Counts what the console answers, for Prometheus: by page and kind of answer, never by person, team, turn or address.

Stands before the gate and changes nothing. What is no page of the registry is one of a few fixed words.
"""

import re
import time
from bisect import bisect_left
from collections import Counter

from reports.console.assembly import DATASETTES
from reports.console.gate import App, Message, Receive, Scope, Send, path_of
from reports.console.pages import PAGES

BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 3.0)  # seconds
SIGN_IN, ELSEWHERE = "/sign-in", "elsewhere"
NAMED_PART = re.compile(r"\(\?P<(\w+)>[^)]*\)")
NAMES = (
    *((re.compile(page.path), NAMED_PART.sub(r"{\1}", page.path)) for page in PAGES),
    *((re.compile(path), "tables") for path in DATASETTES),
    (re.compile(r"/assets/.*"), "assets"),
)


def page_of(path: str) -> str:
    """Name the page of a path as it was sent: `/teams/{team}` for each team's."""
    return next((name for pattern, name in NAMES if pattern.fullmatch(path)), ELSEWHERE)


class Counting:
    """An ASGI application around another. Written by the event loop alone, read by any thread."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._requests: Counter[tuple[str, ...]] = Counter()
        self._durations = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0
        self.refused_sign_ins = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request and count it, whatever comes of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            self._count(page_of(path_of(scope)), scope["method"], status, time.monotonic() - began)

    def _count(self, page: str, method: str, status: int, seconds: float) -> None:
        self._requests[page, f"{status // 100}xx"] += 1
        self._durations[bisect_left(BOUNDS, seconds)] += 1
        self._seconds += seconds
        if page == SIGN_IN and method == "POST" and 400 <= status < 500:
            self.refused_sign_ins += 1

    def requests(self) -> dict[tuple[str, ...], float]:
        """Give how many requests there were, by page and class of status (`2xx`)."""
        return dict(self._requests)

    def durations(self) -> tuple[list[tuple[float, int]], float, int]:
        """Give how many took at most each bound, their sum in seconds, and how many there were."""
        counts, up_to, so_far = list(self._durations), [], 0
        for bound, count in zip(BOUNDS, counts, strict=False):
            so_far += count
            up_to.append((bound, so_far))
        return up_to, self._seconds, sum(counts)
