"""A real browser signs in, opens every page and exports; by keyboard, on a phone, in the dark and on paper.

`make test-browser` runs it. It writes the pictures of docs/screenshots.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from datasette_auth_passwords.utils import hash_password

from tests.assay.running import ROOT, assay, running
from tests.reports.console.company import found, tell

pytest.importorskip("playwright")
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

pytestmark = pytest.mark.browser

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
AXE = ROOT / ".browser" / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = ROOT / "docs" / "screenshots"
NAME, PASSWORD = "ana@example.com", "a long and winding word"
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
WIDE, PHONE = ViewportSize(width=1280, height=860), ViewportSize(width=360, height=740)
FIRST_VIEW_BYTES = 1_000_000


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the console over a company of twelve weeks, all but the newest of which are published."""
    home = tmp_path_factory.mktemp("console")
    found(home / "usage.db", weeks=12, turns=8)
    tell(home / "usage.db", 11)
    assert assay("publish", "--db", "usage.db", home=home).returncode == 0
    (home / "accounts.toml").write_text(f'"{NAME}" = "{hash_password(PASSWORD)}"\n')
    (home / "roles.toml").write_text(f'admins = ["{NAME}"]\n')
    (home / "assay.toml").write_text('[console]\naccounts = "accounts.toml"\nroles = "roles.toml"\n')
    options = ("--listen", "127.0.0.1:0", "--db", "usage.db", "--config", "assay.toml")
    with running("console", *options, home=home) as console:
        yield console.until("the console is at").partition("console is at ")[2].partition("/ ")[0]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def session(browser: Browser, url: str) -> Any:
    """Sign in once; give what a browser keeps of it."""
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, url)
    expect(page.get_by_role("heading", level=1)).to_have_text("What was our AI usage worth?")
    page.wait_for_function("!document.querySelector('meta[http-equiv=refresh]')")  # until the figures are there
    state = context.storage_state()
    context.close()
    return state


def sign_in(page: Page, url: str, password: str = PASSWORD) -> None:
    page.goto(f"{url}/sign-in")
    page.get_by_label("Name").fill(NAME)
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
    sign_in(page, url, "wrong")
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
@pytest.mark.parametrize(("name", "path"), PAGES.items())
def test_a_page_is_whole_and_for_everybody(
    browser: Browser, session: Any, url: str, name: str, path: str, scheme: Any
) -> None:
    """axe finds nothing serious, wide and narrow; nothing sticks out on a phone; nothing is fetched from elsewhere."""
    context = opened(browser, session, color_scheme=scheme)
    page = context.new_page()
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
    assert [said for said in complaints if name != "refusal" or "403" not in said] == []
    context.close()


def serious(page: Page) -> list[str]:
    """Have axe look at the page; give what it finds serious or critical."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")
    return [
        f"{each['id']}: {json.dumps([node['target'] for node in each['nodes']][:3])}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]


def test_the_pictures_of_the_documents(browser: Browser, session: Any, url: str) -> None:
    for suffix, how in (("", {}), ("-dark", {"color_scheme": "dark"}), ("-phone", {"viewport": PHONE})):
        context = opened(browser, session, **how)
        page = context.new_page()
        for name in ("overview", "team", "coverage", "queries", "glossary"):
            if suffix and name not in ("overview", "team"):
                continue
            page.goto(url + PAGES[name])
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
    seen = focused_by_tabbing(page)
    reachable = page.locator("main a:visible, main summary:visible").count()
    assert reachable > 10
    assert len([each for each in seen if each["inMain"] and each["tag"] in ("A", "SUMMARY")]) == reachable
    assert all(each["outlined"] for each in seen)
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("details[open] pre").first).to_be_visible()
    page.goto(url)
    for _ in range(4):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Teams")
    context.close()


def focused_by_tabbing(page: Page) -> list[dict[str, Any]]:
    """Tab on until the focus leaves the page; say of each stop what it is, and whether one can see that."""
    seen: list[dict[str, Any]] = []
    for _ in range(300):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """() => {
              const e = document.activeElement;
              if (!e || e === document.body || e === document.documentElement) return null;
              const outlined = getComputedStyle(e).outlineStyle !== 'none';
              return {tag: e.tagName, inMain: !!e.closest('main'), outlined};
            }"""
        )
        if stop is None:
            return seen
        seen.append(stop)
    raise AssertionError("the focus never leaves the page")


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
