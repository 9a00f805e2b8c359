"""Fetches JSON over HTTP from a tracker's API: in bounds, patient with limits and faults, and never talkative.

A token goes to the tracker's own host over verified TLS, and into no message. What a server says of an error is not
repeated either: only its status is.
"""

import contextlib
import json
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from reports.outcomes.items import time_of


class SourceError(Exception):
    """A source cannot be read, or not now: one sentence with the fix."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of a source's time, and of ours, an import may take."""

    page_bytes: int = 32 * 2**20  # of a page, unpacked
    page_seconds: float = 60.0  # for a page, from its request to its end
    pages: int = 20_000  # in one import
    tries: int = 4  # for one page
    wait_seconds: float = 900.0  # for the source's limits, in one import
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Page:
    """One answer."""

    content: Any  # of its JSON
    headers: Mapping[str, str]


ROOM = 1.0  # second that is waited beyond the time at which a limit ends: clocks differ
UNSAID = 60.0  # seconds to wait where a limit does not say until when
STATUS = {
    401: "{name} does not accept the token: renew {token}",
    403: "{name} does not let this token read {what}: give {token} the right to read it",
    404: "{name} has no {what}, or does not show it to this token: mend the map, or give {token} the right to read it",
}


class Fetching:
    """One import's requests to one host. `say` is told of waits; `sleep` and `now` (Unix seconds) are the clock."""

    def __init__(
        self,
        name: str,
        url: str,
        token: str,
        headers: Mapping[str, str],
        bounds: Bounds = Bounds(),
        say: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`name` is the source's for people, `token` the name of the variable that holds it."""
        self._name, self._token, self._bounds = name, token, bounds
        self._say, self._sleep, self._now = say, sleep, now
        self._base = checked_url(url, name)
        self._headers = {"accept": "application/json", "accept-encoding": "gzip", "user-agent": "assay", **headers}
        self._client = httpx.Client(timeout=httpx.Timeout(30.0, connect=10.0), follow_redirects=False)
        self._pages, self._waited = 0, 0.0
        self._not_before = 0.0  # Unix seconds: the source has asked to be left alone until then

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def get(self, path: str, query: Mapping[str, str | int] | None = None, what: str = "that") -> Page:
        """Fetch one page below the source's URL. Raises SourceError. `what` is its name for people."""
        url = self._base.copy_with(path=self._base.path.rstrip("/") + path, query=None)
        return self.get_url(url.copy_merge_params(dict(query or {})), what)

    def get_url(self, url: httpx.URL, what: str) -> Page:
        """Fetch a page by its URL, as a Link header gives it; it must be of the same host."""
        for attempt in range(1, self._bounds.tries + 1):
            self._pages += 1
            if self._pages > self._bounds.pages:
                raise SourceError(
                    f"{self._name} has more than {self._bounds.pages} pages: import less at once (--since)"
                )
            self._wait(self._not_before - self._now())
            try:
                response, body = self._follow(url)
            except (httpx.TransportError, _CutShort):
                fault = f"{self._name} cannot be reached or does not end its answers"
                pause = 2.0**attempt
            else:
                done, fault, pause = self._judged(response, body, what)
                if done is not None:
                    return done
            if attempt < self._bounds.tries:
                self._wait(pause)
        raise SourceError(f"{fault} ({what}): try again later, the import goes on where it stopped")

    def _judged(self, response: httpx.Response, body: bytes, what: str) -> tuple[Page | None, str, float]:
        """Give the page; or what is the matter, and for how long to wait before the next try."""
        self._keep_in_mind(response)
        status = response.status_code
        if status == 429 or (status in (403, 503) and self._limited(response, body)):
            return None, f"{self._name} limits how much it may be asked", max(0.0, self._not_before - self._now())
        if status >= 500:
            return None, f"{self._name} fails with status {status}", 2.0
        if status != 200:
            raise RefusalError(status, self._sentence(status, what))
        try:
            return Page(json.loads(body), response.headers), "", 0.0
        except (ValueError, RecursionError):
            raise SourceError(f"{self._name} answers with what is no JSON ({what}): check --url") from None

    def _sentence(self, status: int, what: str) -> str:
        unknown = "{name} refuses to give {what} with status " + str(status) + ": check --url and the map"
        return STATUS.get(status, unknown).format(name=self._name, token=self._token, what=what)

    def _limited(self, response: httpx.Response, body: bytes) -> bool:
        """Tell a limit from a refusal: GitHub gives both status 403."""
        return (
            "retry-after" in response.headers
            or response.headers.get("x-ratelimit-remaining") == "0"
            or b"rate limit" in body[:2000].lower()
        )

    def _keep_in_mind(self, response: httpx.Response) -> None:
        """Note until when the source wants to be left alone."""
        headers, now = response.headers, self._now()
        if (seconds := _number(headers.get("retry-after"))) is not None:
            self._not_before = now + seconds + ROOM
        elif "0" in (headers.get("x-ratelimit-remaining"), headers.get("ratelimit-remaining")):
            until = _reset(headers)
            self._not_before = (now + UNSAID if until is None else until) + ROOM
        elif response.status_code in (403, 429):
            self._not_before = now + UNSAID

    def _wait(self, seconds: float) -> None:
        if seconds <= 0:
            return
        until = datetime.fromtimestamp(self._now() + seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
        if self._waited + seconds > self._bounds.wait_seconds:
            raise SourceError(
                f"{self._name} wants no more requests until {until}, which is longer than this import waits in all "
                f"({self._bounds.wait_seconds:.0f} s): run it again then, it goes on where it stopped"
            )
        self._waited += seconds
        if seconds >= ROOM * 5:
            self._say(f"{self._name} wants to be asked more slowly: waiting until {until}")
        self._sleep(seconds)

    def _follow(self, url: httpx.URL) -> tuple[httpx.Response, bytes]:
        for _ in range(self._bounds.redirects + 1):
            if _origin(url) != _origin(self._base):
                raise SourceError(
                    f"{self._name} leads to another host, which is not followed: name that host with --url"
                )
            with self._client.stream("GET", url, headers=self._headers) as response:
                if response.has_redirect_location:
                    url = response.next_request.url if response.next_request else url.join(response.headers["location"])
                    continue
                return response, self._read(response)
        raise SourceError(f"{self._name} leads in a circle: check --url")

    def _read(self, response: httpx.Response) -> bytes:
        """Read a body within its bounds, unpacked by hand as a small one may unpack to a huge one."""
        end = time.monotonic() + self._bounds.page_seconds
        packed = response.headers.get("content-encoding", "identity").lower() == "gzip"
        unpacking = zlib.decompressobj(wbits=31)
        body = b""
        for chunk in response.iter_raw():
            try:
                body += unpacking.decompress(chunk, self._bounds.page_bytes + 1 - len(body)) if packed else chunk
            except zlib.error:
                raise _CutShort from None
            if len(body) > self._bounds.page_bytes:
                raise SourceError(f"{self._name} answers with too large a page: check --url")
            if time.monotonic() > end:
                raise _CutShort
        if packed and not unpacking.eof:
            raise _CutShort
        return body


class RefusalError(SourceError):
    """The source answers with a status that is no success. Some sources go on without what they asked for."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class _CutShort(Exception):  # noqa: N818 - it ends a try
    """A body that does not end as it should, or not in time."""


def linked_pages(fetching: Fetching, path: str, query: Mapping[str, str | int], what: str) -> Iterator[Page]:
    """Give a page and those after it, as long as the Link header or x-next-page leads on."""
    page = fetching.get(path, query, what)
    while True:
        yield page
        following = page.headers.get("x-next-page", "").strip()
        link = next_link(page.headers.get("link", ""))
        if following:
            page = fetching.get(path, {**query, "page": following}, what)
        elif link is not None and "x-next-page" not in page.headers:
            page = fetching.get_url(link, what)
        else:
            return


def next_link(header: str) -> httpx.URL | None:
    """Find rel="next" in a Link header (RFC 8288)."""
    for part in header.split(","):
        target, _, parameters = part.partition(";")
        if 'rel="next"' in parameters and target.strip().startswith("<"):
            with contextlib.suppress(httpx.InvalidURL):
                return httpx.URL(target.strip()[1:].partition(">")[0])
    return None


def checked_url(url: str, name: str) -> httpx.URL:
    """Read a source's URL. Raises SourceError where a token would travel in the clear."""
    try:
        read = httpx.URL(url)
    except httpx.InvalidURL:
        read = httpx.URL()
    private = read.scheme == "https" or (read.scheme == "http" and read.host in ("127.0.0.1", "::1", "localhost"))
    if private and read.host and not read.userinfo and not read.query:
        return read
    raise SourceError(f"{name} must be named by an https URL with a host and no user: mend --url")


def listed(content: object, name: str, what: str) -> list[dict[str, Any]]:
    """Take a list of objects. Raises SourceError for any other JSON."""
    if not isinstance(content, list) or not all(isinstance(each, dict) for each in content):
        raise SourceError(f"{name} answers with other JSON than it documents ({what}): check --url")
    return content


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _number(text: str | None) -> float | None:
    return float(text) if text and text.strip().isdecimal() and len(text) < 12 else None


def _reset(headers: httpx.Headers) -> float | None:
    """Read when a limit ends: Unix seconds with GitHub and GitLab, a time with Jira."""
    for name in ("x-ratelimit-reset", "ratelimit-reset"):
        if (seconds := _number(headers.get(name))) is not None:
            return seconds
        if (at := time_of(headers.get(name))) is not None:
            return at.timestamp()
    return None
