"""A real browser signs in, opens every page and exports; by keyboard, on a phone, in the dark and on paper.

`make test-browser` runs it. It writes the pictures of docs/screenshots.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ledger.store import Ledger
from tests.assay.running import ROOT
from tests.reports.console.browsing import PASSWORD, ROLES, company_console, console
from tests.reports.console.company import monday

pytest.importorskip("playwright")
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

pytestmark = pytest.mark.browser

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
AXE = ROOT / ".browser" / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = ROOT / "docs" / "screenshots"
NAME = ROLES["admin"]
PAGES = {
    "overview": "/",
    "teams": "/teams",
    "team": "/teams/Growth",
    "outcomes": "/outcomes",
    "dates": "/events",
    "coverage": "/coverage",
    "queries": "/queries",
    "glossary": "/glossary",
    "tables": "/usage",
    "table": "/usage/usage_by_team_week",
    "query": "/usage/weeks",
    "own-query": "/usage?sql=SELECT+week%2C+gap+FROM+usage_by_week",
    "refusal": "/nothing",
}
OTHERS = {  # of readers who are no admins
    "my-page": ("employee", "/mine"),
    "my-turn": ("employee", "TURN"),
    "no-turns": ("auditor", "/mine"),
    "company": ("employee", "/"),
    "own-team": ("manager", "/teams/Growth"),
    "own-teams": ("manager", "/teams"),
    "own-outcomes": ("manager", "/outcomes"),
    "audit": ("auditor", "/audit"),
}
EVERY = {name: ("admin", path) for name, path in PAGES.items()} | OTHERS
EMPTY = {
    "overview": ("admin", "/"),
    "teams": ("admin", "/teams"),
    "outcomes": ("admin", "/outcomes"),
    "dates": ("admin", "/events"),
    "coverage": ("admin", "/coverage"),
    "glossary": ("admin", "/glossary"),
    "table": ("admin", "/usage/usage_by_team_week"),
    "query": ("admin", "/usage/weeks"),
    "audit": ("auditor", "/audit"),
    "my-page": ("employee", "/mine"),
}
WIDE, PHONE = ViewportSize(width=1280, height=860), ViewportSize(width=360, height=740)
FIRST_VIEW_BYTES = 1_000_000


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with company_console(tmp_path_factory.mktemp("console")) as url:
        yield url


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the console over a ledger that nobody has used yet."""
    home = tmp_path_factory.mktemp("empty")
    Ledger.open(home / "usage.db").close()
    with console(home) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def sessions(browser: Browser) -> Callable[[str, str], Any]:
    """Sign a role in to a console, once; give what a browser keeps of it."""

    @cache
    def signed_in(url: str, role: str) -> Any:
        context = browser.new_context()
        page = context.new_page()
        sign_in(page, url, ROLES[role])
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        page.wait_for_function("!document.querySelector('meta[http-equiv=refresh]')")  # until the figures are there
        state = context.storage_state()
        context.close()
        return state

    return signed_in


@pytest.fixture
def session(sessions: Callable[[str, str], Any], url: str) -> Any:
    """Give an admin's."""
    return sessions(url, "admin")


def sign_in(page: Page, url: str, name: str = NAME, password: str = PASSWORD) -> None:
    page.goto(f"{url}/sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def opened(browser: Browser, session: Any, **how: Any) -> BrowserContext:
    return browser.new_context(storage_state=session, **({"viewport": WIDE} | how))


def picture(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def test_signing_in_and_out(browser: Browser, url: str) -> None:
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()
    page.goto(f"{url}/queries")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    picture(page, "sign-in")
    sign_in(page, url, password="wrong")
    expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    page.goto(f"{url}/queries")
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Queries")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", EVERY)
def test_a_page_is_whole_and_for_everybody(
    browser: Browser, sessions: Callable[[str, str], Any], url: str, name: str, scheme: Any
) -> None:
    role, path = EVERY[name]
    assert_whole(opened(browser, sessions(url, role), color_scheme=scheme), url, path)


@pytest.mark.parametrize("name", EMPTY)
def test_a_page_without_figures_is_whole_too(
    browser: Browser, sessions: Callable[[str, str], Any], empty: str, name: str
) -> None:
    role, path = EMPTY[name]
    assert_whole(opened(browser, sessions(empty, role)), empty, path)


def assert_whole(context: BrowserContext, url: str, path: str) -> None:
    """axe finds nothing serious, wide and narrow; nothing sticks out on a phone; nothing is fetched from elsewhere."""
    page = context.new_page()
    path = path_of(page, url, path)
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url + path)
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert serious(page) == []
    for details in page.locator("summary").all():
        details.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert serious(page) == []
    assert all(address.startswith(url) for address in asked)
    assert [said for said in complaints if path != PAGES["refusal"] or "403" not in said] == []
    context.close()


def path_of(page: Page, url: str, path: str) -> str:
    """Give a page's path, which for a turn of one's own is found on My page."""
    if path != "TURN":
        return path
    page.goto(f"{url}/mine")
    return page.get_by_role("link", name="Why").nth(4).get_attribute("href") or ""


def serious(page: Page) -> list[str]:
    """Have axe look at the page; give what it finds serious or critical."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")
    return [
        f"{each['id']}: {json.dumps([node['target'] for node in each['nodes']][:3])}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]


PICTURES = ("overview", "team", "outcomes", "dates", "coverage", "queries", "glossary", "my-page", "my-turn", "audit")


def test_the_pictures_of_the_documents(browser: Browser, sessions: Callable[[str, str], Any], url: str) -> None:
    for suffix, how in (("", {}), ("-dark", {"color_scheme": "dark"}), ("-phone", {"viewport": PHONE})):
        for name in PICTURES:
            if suffix and name not in ("overview", "team", "my-page", "my-turn"):
                continue
            role, path = EVERY[name]
            context = opened(browser, sessions(url, role), **how)
            page = context.new_page()
            page.goto(url + path_of(page, url, path))
            picture(page, f"{name}{suffix}")
            context.close()


def test_everything_is_reached_by_keyboard(browser: Browser, session: Any, url: str) -> None:
    context = opened(browser, session)
    page = context.new_page()
    page.goto(url)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("details[open] pre").first).to_be_visible()
    page.goto(url)
    for _ in range(4):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Teams")
    context.close()


@pytest.mark.parametrize("name", ["overview", "outcomes", "dates", "queries", "my-page", "my-turn", "audit"])
def test_every_control_is_a_stop_that_one_can_see(
    browser: Browser, sessions: Callable[[str, str], Any], url: str, name: str
) -> None:
    role, path = EVERY[name]
    context = opened(browser, sessions(url, role))
    page = context.new_page()
    page.goto(url + path_of(page, url, path))
    hidden = focused_by_tabbing(page)
    controls = "main :is(a, summary, button, input, select, textarea, [tabindex='0']):visible"
    assert page.locator(controls).count() > 0
    assert page.locator(f"{controls}:not([data-stop])").count() == 0
    assert hidden == []
    context.close()


def focused_by_tabbing(page: Page) -> list[str]:
    """Tab on until the focus leaves the page, marking each stop; give those where one cannot see the focus."""
    hidden: list[str] = []
    for _ in range(300):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """() => {
              const e = document.activeElement;
              if (!e || e === document.body || e === document.documentElement) return null;
              e.dataset.stop = '1';
              return getComputedStyle(e).outlineStyle === 'none' ? e.outerHTML.slice(0, 200) : '';
            }"""
        )
        if stop is None:
            return hidden
        hidden += [stop] if stop else []
    raise AssertionError("the focus never leaves the page")


def test_a_judgement_is_contested_and_the_contest_taken_back(
    browser: Browser, sessions: Callable[[str, str], Any], url: str
) -> None:
    context = opened(browser, sessions(url, "employee"))
    page = context.new_page()
    page.goto(url + path_of(page, url, "TURN"))
    page.get_by_label("Why", exact=True).fill("It was a small thing")
    page.get_by_label("It should be").select_option("trivial")
    page.get_by_role("button", name="Contest").click()
    expect(page.locator("blockquote")).to_have_text("It was a small thing")
    page.get_by_role("link", name="My page").first.click()
    expect(page.locator("[data-figure=contested]")).to_have_text("1")
    page.get_by_role("link", name="Why").nth(4).click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("button", name="Contest")).to_be_visible()
    context.close()


def test_a_date_is_entered_and_removed(browser: Browser, session: Any, url: str) -> None:
    context = opened(browser, session)
    page = context.new_page()
    page.goto(f"{url}/events")
    page.get_by_label("Date", exact=True).fill(monday(2).date().isoformat())
    page.get_by_label("What", exact=True).fill("A new policy")
    page.get_by_role("button", name="Enter").click()
    expect(page.get_by_role("row", name="A new policy")).to_be_visible()
    page.get_by_role("button", name="Remove A new policy").click()
    expect(page.get_by_role("row", name="A new policy")).to_have_count(0)
    context.close()


def test_a_table_is_exported(browser: Browser, session: Any, url: str) -> None:
    context = opened(browser, session)
    page = context.new_page()
    page.goto(url)
    table = page.locator("[data-query=by_team]")
    table.locator("summary").click()
    link = table.get_by_role("link", name=re.compile("^CSV")).get_attribute("href")
    answer = context.request.get(f"{url}{link}")
    assert answer.ok
    assert answer.text().splitlines()[0] == "team,people,raw_calls,turns,value,gap,air"
    assert len(answer.text().splitlines()) == 1 + table.locator("tbody tr").count()
    table.get_by_role("link", name="Run it").click()
    expect(page.locator("tbody tr")).to_have_count(len(answer.text().splitlines()) - 1)
    context.close()


def test_on_paper_only_what_paper_can_use_is_left(browser: Browser, session: Any, url: str, tmp_path: Path) -> None:
    context = opened(browser, session, color_scheme="dark")
    page = context.new_page()
    page.goto(url)
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.locator("summary").first).to_be_hidden()
    expect(page.locator(".chart.wide")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.pdf(path=tmp_path / "page.pdf", format="A4", print_background=True)
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
    context.close()


def test_the_first_view_is_small(browser: Browser, session: Any, url: str) -> None:
    context = opened(browser, session)
    page = context.new_page()
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(len(response.body())))
    page.goto(url)
    page.wait_for_load_state("networkidle")
    assert 0 < sum(sizes) < FIRST_VIEW_BYTES
    assert len(sizes) <= 3
    context.close()
