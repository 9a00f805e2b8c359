"""Every figure on a page stands under the name of a query, whose SQL stands beside it and gives that figure.

What no SQL gives says where it is from instead, in `data-from`.
"""

import html
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from ledger.store import Ledger
from reports.console import numbers
from reports.console.assembly import assembled
from reports.console.figures import Figures
from reports.queries import queries
from tests.assay.running import wait_until
from tests.reports.console.company import found, monday, tell
from tests.reports.console.conftest import ADMISSION, PEER, READERS, SECRET, client, kept

WEEKS = 14
OPEN, CLOSED = monday(0).date().isoformat(), monday(2).date().isoformat()
PAGES = ["/", f"/?week={CLOSED}", f"/?week={OPEN}", "/teams/Growth", f"/teams/Growth?week={OPEN}", "/teams/Platform"]
PAGES += ["/teams", "/outcomes", f"/outcomes?week={CLOSED}", "/coverage", "/glossary"]
ELSEWHERE = {
    "assay report",
    "assay outcomes report",
    "model card",
    "the team's name",
}  # that is not drawn by chance, or not of the ledger
EMPTY_TAGS = {"input", "meta", "link", "br", "line", "rect", "circle", "path"}
UNITS = {"tr", "li", "g", "p", "dl", "span"}  # whose figures are of one row
FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?")
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
NO_FIGURES = re.compile(
    rf"\d+ ({MONTHS}) \d{{4}}(, \d\d:\d\d UTC)?|(at least|fewer than) \d+( of its)? people|at least \d+ of its people"
)


@dataclass
class Node:
    tag: str
    attributes: dict[str, str]
    children: list["Node | str"] = field(default_factory=list)

    @property
    def skipped(self) -> bool:
        """SQL, forms, what an axis says, the meanings of words, and what stands in no page's own part."""
        kind = self.attributes.get("class", "")
        return self.tag in ("pre", "form", "text", "title", "desc", "header", "footer", "head") or kind in (
            "sql",
            "terms card",
        )

    def text(self) -> str:
        parts = (each if isinstance(each, str) else each.text() for each in self.children)
        return " ".join(" ".join(parts).split())

    def find(self, tag: str) -> Iterator["Node"]:
        for each in self.children:
            if isinstance(each, Node):
                if each.tag == tag:
                    yield each
                yield from each.find(tag)


class Tree(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.open = [Node("", {})]
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in EMPTY_TAGS:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if tag in (node.tag for node in self.open):
            while self.open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


@dataclass(frozen=True)
class Said:
    """Text that belongs together: a row of a table, a bar's label, a sentence."""

    query: str  # "": it stands under no query's name
    text: str


def said(node: Node, query: str = "") -> tuple[list[str], list[Said]]:
    """Read a part of a page: its own words, and what stands apart in it, each under the query nearest above it."""
    words: list[str] = []
    apart: list[Said] = []
    for each in node.children:
        if isinstance(each, str):
            words.append(each)
        elif "data-from" in each.attributes:
            assert each.attributes["data-from"] in ELSEWHERE
        elif node.tag == "g" and each.tag == "title":  # a bar's
            words.append(each.text())
        elif not each.skipped:
            own = each.attributes.get("data-query", query)
            inner, more = said(each, own)
            apart += more
            if each.tag in UNITS or own != query:
                apart.append(Said(own, " ".join(" ".join(inner).split())))
            else:
                words += inner
    return words, apart


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Found a company whose Growth farms from the sixth week on, with dates and outcomes; the newest week is open."""
    path = found(tmp_path_factory.mktemp("reproduced") / "usage.db", weeks=WEEKS, turns=5, times=3)
    tell(path, WEEKS - 1)
    with closing(Ledger.open(path)) as ledger:
        list(ledger.publication.close(monday().timestamp()))
    return path


@pytest.fixture(scope="module")
def followed(path: Path) -> Iterator[Figures]:
    with kept(path) as figures:
        wait_until(lambda: figures.beside.panel)
        yield figures


@pytest.fixture
async def admin(followed: Figures) -> AsyncIterator[httpx.AsyncClient]:
    with assembled(followed, ADMISSION, SECRET, "On 100 prompts 0.64 are right.") as gate:
        async with client(gate, PEER, {"X-Forwarded-User": READERS["admin"]}) as browser:
            yield browser


async def given(admin: httpx.AsyncClient, page: str, query: str) -> list[set[str]]:
    """Run a query by the link that stands beside its SQL; give the figures of its rows, by what their first column
    names."""
    links = {html.unescape(link) for link in re.findall(rf'href="(/usage/{query}(?:\?[^"]*)?)"', page)}
    assert len(links) == 1, f"the page names {query}, and shows no SQL of it"
    path, _, parameters = links.pop().partition("?")
    rows = (await admin.get(f"{path}.json?{parameters}&_shape=array")).json()
    by_name: dict[Any, set[str]] = {}
    for row in rows:
        by_name.setdefault(next(iter(row.values())), set()).update(*map(figures_of, row.values()))
    return list(by_name.values())


def figures_of(value: Any) -> list[str]:
    """Give the figures of a value in every way that pages write it."""
    if value is None:
        return []
    if isinstance(value, str):
        if not re.fullmatch(r"\d{4}-\d\d-\d\d(T.*)?", value):
            return FIGURE.findall(value)
        return FIGURE.findall(" ".join([numbers.day(value), numbers.short_day(value), numbers.minute(value)]))
    ways = [f"{value:g}", *(way(value) for way in (numbers.count, numbers.decimal, numbers.factor, numbers.percent))]
    return FIGURE.findall(" ".join([*ways, numbers.points(value)]))


@pytest.mark.parametrize("path_of_page", PAGES)
async def test_every_figure_is_a_querys(admin: httpx.AsyncClient, path_of_page: str) -> None:
    answer = await admin.get(path_of_page)
    assert answer.status_code == 200
    (main,) = Tree(answer.text).open[0].find("main")
    counted = 0
    words, apart = said(main)
    for one in [*apart, Said("", " ".join(words))]:
        figures = FIGURE.findall(one.text if one.query else NO_FIGURES.sub("", one.text))
        if figures and not one.query:
            raise AssertionError(f"no query gives {figures}: {one.text}")
        if figures:
            assert one.query in queries()
            constant = {"90"} if "interval" in one.text else set()
            rows = await given(admin, answer.text, one.query)
            assert any(set(figures) <= row | constant for row in rows), f"{one.query} does not give {one.text}"
            counted += len(figures)
    assert counted >= 5
