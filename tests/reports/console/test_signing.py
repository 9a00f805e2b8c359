"""Signing in with an account, and what a session is."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from datasette_auth_passwords.utils import hash_password

from reports.console import sessions
from reports.console.access import Admission
from reports.console.assembly import assembled
from reports.console.figures import Figures
from reports.console.sessions import TRIES, Sessions
from tests.reports.console.conftest import PASSWORD, SECRET, STRANGER, client

ACCOUNTS = {
    "ana@example.com": hash_password(PASSWORD, iterations=1000),
    "eve@example.com": hash_password("another word", iterations=1000),
}


@pytest.fixture
async def browser(figures: Figures) -> AsyncIterator[httpx.AsyncClient]:
    admission = Admission(accounts=ACCOUNTS, admins=frozenset({"ana@example.com"}))
    with assembled(figures, admission, SECRET) as app:
        async with client(app, STRANGER, {}) as browser:
            yield browser


async def signed_in(browser: httpx.AsyncClient, password: str = PASSWORD, to: str = "/", **form: str) -> httpx.Response:
    page = await browser.get("/sign-in", params={"to": to})
    fields = dict(re.findall(r'name="(csrftoken|to)" value="([^"]*)"', page.text))
    return await browser.post("/sign-in", data=fields | {"name": "Ana@example.com", "password": password} | form)


async def test_a_password_opens_a_session_and_signing_out_ends_it(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/queries")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?to=/queries")
    answer = await signed_in(browser, to="/queries")
    assert (answer.status_code, answer.headers["location"]) == (303, "/queries")
    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("assay_session"))
    assert {"httponly", "secure", "samesite=lax", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    page = await browser.get("/queries")
    assert page.status_code == 200
    token = re.search(r'name="csrftoken" value="([^"]+)"', page.text)
    assert token
    assert (await browser.post("/sign-out", data={"csrftoken": token[1]})).status_code == 303
    assert (await browser.get("/queries")).status_code == 303


async def test_every_cookie_is_kept_from_scripts_and_plain_connections(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/sign-in")
    assert answer.headers.get_list("set-cookie")
    for cookie in answer.headers.get_list("set-cookie"):
        assert "HttpOnly" in cookie
        assert "Secure" in cookie


@pytest.mark.parametrize(
    "form",
    [
        {"password": "wrong"},
        {"password": ""},
        {"password": "x" * 2000},
        {"name": "nobody@example.com"},
        {"name": ""},
        {"name": "eve@example.com"},
        {"name": "ana@example.com' OR 1=1 --"},
    ],
)
async def test_a_wrong_name_or_password_opens_nothing(browser: httpx.AsyncClient, form: dict[str, str]) -> None:
    answer = await signed_in(browser, **form)
    assert answer.status_code == 403
    assert "The name or the password is wrong." in answer.text
    assert (await browser.get("/")).status_code == 303


async def test_after_some_wrong_tries_even_the_right_password_has_to_wait(browser: httpx.AsyncClient) -> None:
    for _ in range(TRIES):
        assert (await signed_in(browser, "wrong")).status_code == 403
    assert (await signed_in(browser)).status_code == 429


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example.com/",
        "//evil.example.com/",
        "/\\evil.example.com",
        "/teams/../../evil",
        "javascript:alert(1)",
        "/-/databases",
        "/x\r\nSet-Cookie: a=b",
        "",
    ],
)
async def test_signing_in_leads_to_our_pages_only(browser: httpx.AsyncClient, to: str) -> None:
    answer = await signed_in(browser, to=to)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_signing_in_needs_the_forms_token(browser: httpx.AsyncClient) -> None:
    """Else another site could sign somebody in under a name of its own."""
    await browser.get("/sign-in")
    right = {"name": "ana@example.com", "password": PASSWORD}
    for token in ({}, {"csrftoken": ""}, {"csrftoken": "x"}):
        assert (await browser.post("/sign-in", data=right | token)).status_code == 403
    browser.cookies.clear()
    assert (await browser.post("/sign-in", data=right | {"csrftoken": "x"})).status_code == 403


async def test_who_is_no_admin_is_an_employee(browser: httpx.AsyncClient) -> None:
    assert (await signed_in(browser, "another word", name="eve@example.com")).status_code == 303
    assert (await browser.get("/")).status_code == 200
    assert (await browser.get("/queries")).status_code == 403


def test_a_session_ends_and_cannot_be_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    issued = Sessions(SECRET, ACCOUNTS).issue("ana@example.com")
    assert Sessions(SECRET, ACCOUNTS).name(issued) == "ana@example.com"
    assert Sessions(SECRET[::-1], ACCOUNTS).name(issued) is None
    assert Sessions(SECRET, {}).name(issued) is None
    assert Sessions(SECRET, ACCOUNTS | {"ana@example.com": "changed"}).name(issued) is None
    body, _, seal = issued.partition(".")
    for forged in ("", ".", body, f"{body}.", f".{seal}", f"{body[:-4]}AAAA.{seal}", f"{body}.{seal[:-1]}0x", "é.é"):
        assert Sessions(SECRET, ACCOUNTS).name(forged) is None
    monkeypatch.setattr(sessions, "SESSION_SECONDS", -1)
    assert Sessions(SECRET, ACCOUNTS).name(Sessions(SECRET, ACCOUNTS).issue("ana@example.com")) is None
