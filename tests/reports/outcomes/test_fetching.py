"""Fetching keeps in bounds, waits where it is asked to, and never says the token or the server's words."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import httpx
import pytest

from reports.outcomes.fetching import Bounds, Fetching, SourceError, checked_url, linked_pages, next_link
from tests.reports.outcomes.tracker import Answer, Asked, Clock, Served, paged, serving

NOW = 1_764_000_000.0
TOKEN = "ghp_secret"
BOUNDS = Bounds()


class Telling:
    """What a test sees of an import's requests."""

    def __init__(self, served: Served, bounds: Bounds) -> None:
        self.served, self.clock, self.said = served, Clock(NOW), list[str]()
        self.fetching = Fetching(
            "GitHub",
            served.url,
            "GITHUB_TOKEN",
            {"authorization": f"Bearer {TOKEN}"},
            bounds,
            self.said.append,
            self.clock.sleep,
            self.clock.now,
        )

    def get(self) -> Any:
        return self.fetching.get("/list", {"per_page": 2}, "acme/shop").content

    def refused(self) -> str:
        with pytest.raises(SourceError) as refused:
            self.get()
        assert TOKEN not in str(refused.value)
        assert "\n" not in str(refused.value)
        return str(refused.value)


@contextmanager
def told(*answers: Answer, bounds: Bounds = BOUNDS) -> Iterator[Telling]:
    """Answer with each in turn, the last one for ever."""
    left: Sequence[Answer] = answers

    def answering(_: Asked) -> Answer:
        nonlocal left
        first, left = left[0], left[1:] or left
        return first

    with serving(answering) as served:
        telling = Telling(served, bounds)
        with closing(telling.fetching):
            yield telling


def limited(status: int, **headers: str) -> Answer:
    return Answer({"message": "no"}, status, {name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("packed", [False, True])
def test_a_page(packed: bool) -> None:
    """Its JSON, asked for with the token."""
    with told(Answer([1, 2], packed=packed)) as telling:
        assert telling.get() == [1, 2]
        (asked,) = telling.served.asked
        assert (asked.path, asked.query["per_page"]) == ("/list", "2")
        assert asked.headers["authorization"] == f"Bearer {TOKEN}"
        assert telling.clock.waits == []


@pytest.mark.parametrize("by_link", [False, True])
def test_pages_lead_on(by_link: bool) -> None:
    with serving(lambda asked: paged([1, 2, 3, 4, 5], asked, 2, served.url if by_link else "")) as served:
        with closing(Telling(served, Bounds()).fetching) as fetching:
            pages = linked_pages(fetching, "/list", {"per_page": 2}, "acme/shop")
            assert [page.content for page in pages] == [[1, 2], [3, 4], [5]]
        assert all(asked.query["per_page"] == "2" for asked in served.asked)


@pytest.mark.parametrize(
    ("limit", "seconds"),
    [
        (limited(429, retry_after="30"), 31),
        (limited(403, retry_after="30"), 31),
        (limited(503, retry_after="30"), 31),
        (limited(403, x_ratelimit_remaining="0", x_ratelimit_reset=str(int(NOW) + 100)), 101),
        (limited(429, ratelimit_remaining="0", ratelimit_reset=str(int(NOW) + 100)), 101),
        (limited(429, x_ratelimit_remaining="0", x_ratelimit_reset="2025-11-24T16:01Z"), 61),
        (limited(429), 60),
        (Answer({"message": "You have exceeded a secondary rate limit."}, 403), 60),
    ],
)
def test_a_limit_is_waited_for(limit: Answer, seconds: float) -> None:
    """By each of the headers that trackers document, and a minute where there is none. It is said until when."""
    with told(limit, Answer([1])) as telling:
        assert telling.get() == [1]
        assert telling.clock.waits == [seconds]
        assert telling.said[0].startswith("GitHub wants to be asked more slowly: waiting until 2025-11-24 16:0")


def test_the_last_allowed_request_is_kept_in_mind() -> None:
    """The next one waits before it is sent."""
    last = Answer([1], headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 9)})
    with told(last, Answer([2])) as telling:
        assert telling.get() == [1]
        assert telling.clock.waits == []
        assert telling.get() == [2]
        assert telling.clock.waits == [10]


def test_a_limit_that_lasts_too_long_ends_the_import() -> None:
    """At once, with the time at which to come again; waits add up."""
    long = limited(403, x_ratelimit_remaining="0", x_ratelimit_reset=str(int(NOW) + 50))
    with told(long, bounds=Bounds(wait_seconds=40)) as telling:
        assert "until 2025-11-24 16:00 UTC, which is longer than this import waits in all (40 s)" in telling.refused()
        assert telling.clock.waits == []
    with told(limited(429, retry_after="30"), bounds=Bounds(wait_seconds=40)) as telling:
        assert "run it again then, it goes on where it stopped" in telling.refused()
        assert telling.clock.waits == [31]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Answer({"message": "Bad credentials"}, 401), "GitHub does not accept the token: renew GITHUB_TOKEN"),
        (Answer({"message": "no"}, 403), "does not let this token read acme/shop: give GITHUB_TOKEN the right"),
        (Answer({"message": "no"}, 404), "GitHub has no acme/shop, or does not show it"),
        (Answer({"message": "no"}, 422), "refuses to give acme/shop with status 422"),
        (Answer(b"<html>sign in</html>"), "answers with what is no JSON (acme/shop): check --url"),
        (Answer(b"[" * 100_000), "answers with what is no JSON"),
        (Answer(b'[{"a": 1'), "answers with what is no JSON"),
    ],
)
def test_a_refusal_is_said_at_once(answer: Answer, sentence: str) -> None:
    """None of the server's words is repeated."""
    with told(answer) as telling:
        said = telling.refused()
        assert sentence in said
        assert "credentials" not in said
        assert len(telling.served.asked) == 1


FAULTS = [
    Answer([1], cut=5),
    Answer([1], 502),
    Answer([1] * 5000, packed=True, cut=9),
    Answer(b"x", headers={"content-encoding": "gzip"}),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_tried_again(fault: Answer) -> None:
    """A body cut short, a server's failure, what does not unpack: some times, then the import ends."""
    with told(fault, fault, Answer([1])) as telling:
        assert telling.get() == [1]
        assert len(telling.clock.waits) == 2
    with told(fault) as telling:
        assert "try again later, the import goes on where it stopped" in telling.refused()
        assert len(telling.served.asked) == Bounds().tries


def test_a_gzip_body_that_stops_in_its_middle_is_a_fault() -> None:
    """Where no length tells."""
    import gzip

    half = gzip.compress(b"[" + b"1, " * 5000 + b"1]")[:-8]
    with told(Answer(half, headers={"content-encoding": "gzip"}), Answer([1])) as telling:
        assert telling.get() == [1]


@pytest.mark.parametrize("packed", [False, True])
def test_a_page_that_is_too_large_is_not_read_to_its_end(packed: bool) -> None:
    with told(Answer("x" * 5_000_000, packed=packed), bounds=Bounds(page_bytes=100_000)) as telling:
        assert "too large a page" in telling.refused()


def test_a_page_that_does_not_end_is_given_up() -> None:
    with told(Answer(trickles=True), bounds=Bounds(page_seconds=0.05, tries=2)) as telling:
        assert "cannot be reached or does not end its answers (acme/shop)" in telling.refused()


def test_too_many_pages_end_the_import() -> None:
    with told(Answer([1]), bounds=Bounds(pages=2)) as telling:
        telling.get()
        telling.get()
        assert "more than 2 pages: import less at once (--since)" in telling.refused()


def test_a_renamed_repository_is_followed() -> None:
    with told(Answer(status=301, headers={"location": "/repositories/7/list"}), Answer([1])) as telling:
        assert telling.get() == [1]
        assert telling.served.asked[-1].path == "/repositories/7/list"


def test_another_host_is_not_followed() -> None:
    """By a redirect or a Link header: it gets no request, and so no token."""
    with serving(lambda _: Answer([1])) as other:
        with told(Answer(status=302, headers={"location": f"{other.url}/list"})) as telling:
            assert "leads to another host, which is not followed" in telling.refused()
        leading = Answer([1], headers={"link": f'<{other.url}/list>; rel="next"'})
        with told(leading) as telling, pytest.raises(SourceError, match="another host"):
            list(linked_pages(telling.fetching, "/list", {}, "acme/shop"))
        assert other.asked == []


def test_a_circle_is_left() -> None:
    with told(Answer(status=302, headers={"location": "/list"})) as telling:
        assert "leads in a circle" in telling.refused()


def test_a_host_that_is_not_there() -> None:
    with told(Answer([1])) as telling:
        pass
    away = Telling(telling.served, Bounds())
    with closing(away.fetching):
        assert "cannot be reached" in away.refused()


@pytest.mark.parametrize(
    "url", ["http://git.example.com", "git.example.com", "https://", "https://me:pw@git.example.com", "ftp://x", "h\0"]
)
def test_a_token_does_not_travel_in_the_clear(url: str) -> None:
    with pytest.raises(SourceError, match="must be named by an https URL") as refused:
        checked_url(url, "GitHub")
    assert "pw" not in str(refused.value)


def test_links() -> None:
    assert next_link('<https://a/1>; rel="prev", <https://a/3>; rel="next"') == httpx.URL("https://a/3")
    assert next_link('<https://a/1>; rel="prev"') is None
    assert next_link("") is None
