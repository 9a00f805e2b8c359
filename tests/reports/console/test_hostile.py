"""Nothing above a reader's role comes out of the console, by whatever way it is asked for."""

import re
import sqlite3
from collections.abc import MutableMapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import httpx
import pytest

from ledger.guarding import SHOWN
from reports.console.figures import DATABASE, Figures
from reports.console.gate import BODY_BYTES, HEADERS, Gate
from reports.console.pages import PAGES
from reports.queries import queries
from tests.reports.console.conftest import ADMISSION, HEADER, PEER, READERS, ROLES, STRANGER, Browse, open_console

OURS = (
    "/",
    "/teams",
    "/teams/Growth",
    "/coverage",
    "/audit",
    "/events",
    "/outcomes",
    "/queries",
    "/glossary",
    "/mine",
    "/mine/1",
    "/sign-in",
    "/sign-out",
)
MAY: dict[str, set[str]] = {
    "admin": set(OURS) - {"/audit"},
    "auditor": {"/", "/audit", "/mine", "/mine/1", "/coverage", "/glossary", "/sign-in", "/sign-out"},
    "manager": {"/", "/outcomes", "/mine", "/mine/1", "/teams", "/teams/Growth", "/glossary", "/sign-in", "/sign-out"},
    "employee": {"/", "/mine", "/mine/1", "/glossary", "/sign-in", "/sign-out"},
}
INNER = (  # Datasette's own, for nobody
    "/.json",
    "/-/databases",
    "/-/databases.json",
    "/-/metadata",
    "/-/metadata.json",
    "/-/config",
    "/-/config.json",
    "/-/settings",
    "/-/settings.json",
    "/-/plugins",
    "/-/plugins.json?all=1",
    "/-/threads",
    "/-/threads.json",
    "/-/versions",
    "/-/versions.json",
    "/-/actor",
    "/-/actor.json",
    "/-/permissions",
    "/-/allow-debug",
    "/-/messages",
    "/-/patterns",
    "/-/auth-token",
    "/-/login",
    "/-/logout",
    "/-/password-tool",
    "/-/static/app.css",
    "/-/static/../app.py",
    "/_internal",
    "/_internal/databases",
    "/_internal.json?sql=select+1",
    "/_memory",
    "/_memory?sql=select+1",
    "/:memory:",
    f"/{DATABASE}.db",
    f"/{DATABASE}.blob",
)
PATHS = (
    "//evil.example.com/",
    "//evil.example.com/%2e%2e",
    "/\\evil.example.com",
    "/%2F%2Fevil.example.com/",
    "/assets/../assembly.py",
    "/assets/..%2fassembly.py",
    "/assets/%2e%2e/assembly.py",
    "/assets//etc/passwd",
    "/teams/../coverage",
    "/teams/Growth/../../queries",
    "/teams/Growth%2f..%2f..%2fqueries",
    "/TEAMS",
    "/queries/",
    "/queries%00",
    "/glossary/../queries",
    "/glossary%2f..%2fqueries",
    f"/{DATABASE}/usage_by_team_week;.json",
    f"/{DATABASE}/%2e%2e/turns",
    f"//{DATABASE}",
)


def datasettes() -> list[str]:
    """Every table, named query and export, and SQL of one's own."""
    base = f"/{DATABASE}"
    names = [*SHOWN, *queries()]
    own = "sql=" + quote("SELECT * FROM usage_by_team_week")
    return [
        base,
        f"{base}.json",
        *(f"{base}/{name}{form}" for name in names for form in ("", ".json", ".csv")),
        *(f"{base}{form}?{own}" for form in ("", ".json", ".csv")),
        f"{base}/usage_by_team_week/1",
        f"{base}/usage_by_team_week/1.json",
        f"{base}/usage_by_team_week?_facet=team",
        f"{base}/usage_by_team_week.json?_search=Growth&_where=1%3D1&_labels=on&_trace=1&_context=1",
    ]


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_opens_its_pages_and_no_other(browse: Browse, role: str) -> None:
    browser = browse(role)
    for path in OURS:
        answer = await browser.get(path)
        assert (answer.status_code == 403) == (path not in MAY[role]), path


@pytest.mark.parametrize("role", ["auditor", "manager", "employee"])
async def test_only_admins_reach_tables_queries_sql_and_exports(browse: Browse, role: str) -> None:
    browser = browse(role)
    for path in datasettes():
        answer = await browser.get(path)
        assert answer.status_code == 403, path
        assert "Platform" not in answer.text


async def test_nobody_reaches_anything_without_a_name(browse: Browse) -> None:
    browser = browse()
    for path in (*OURS, *INNER, *PATHS, *datasettes()):
        answer = await browser.get(path)
        assert answer.status_code in (403, 404), path
        assert "Platform" not in answer.text


@pytest.mark.parametrize("role", ROLES)
async def test_nobody_reaches_the_inside_of_datasette(browse: Browse, role: str) -> None:
    browser = browse(role)
    for path in INNER:
        assert (await browser.get(path)).status_code == 403, path


@pytest.mark.parametrize("role", ROLES)
async def test_no_path_leads_around_the_gate_or_away(gate: Gate, role: str) -> None:
    for path in PATHS:
        status, headers, body = await sent_as_it_stands(gate, path, role)
        assert status in (403, 404), path
        assert b"location" not in headers
        assert b"import" not in body


async def sent_as_it_stands(gate: Gate, path: str, role: str) -> tuple[int, dict[bytes, bytes], bytes]:
    """Ask for a path that a browser, or httpx, would tidy up."""
    sent: list[MutableMapping[str, Any]] = []
    scope = {
        "type": "http",
        "method": "GET",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": b"",
        "scheme": "https",
        "headers": [(b"host", b"c"), (HEADER.lower().encode(), READERS[role].encode())],
        "client": (PEER, 1),
    }

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    await gate(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(message.get("body", b"") for message in sent[1:])


async def test_a_manager_sees_their_own_teams_only(browse: Browse) -> None:
    browser = browse("manager")
    assert "Gap" in (await browser.get("/teams/Growth")).text
    for team in ("Platform", "Operations", "Board", "%28no%20team%29", "Growth'%20OR%201=1--", "growth"):
        answer = await browser.get(f"/teams/{team}")
        assert answer.status_code == 403, team
    assert "Platform" not in (await browser.get("/teams")).text
    home = (await browser.get("/")).text
    assert "Platform" not in home
    assert "Operations" not in home


async def test_a_manager_sees_no_week_of_a_team_of_fewer_than_ten(browse: Browse) -> None:
    answer = await browse("manager").get("/teams/Legal%20%26%20Risk")
    assert "Nothing to show yet" in answer.text
    assert "Nothing to show yet" not in (await browse("admin").get("/teams/Legal%20%26%20Risk")).text


async def test_a_small_team_is_shown_to_nobody(browse: Browse) -> None:
    admin = browse("admin")
    assert "Board" not in (await admin.get("/")).text
    assert (await admin.get("/teams/Board")).status_code == 403
    assert "Board" not in (await admin.get(f"/{DATABASE}/usage_by_team_week.json?_size=max")).text


async def test_no_persons_row_is_in_anything_that_an_admin_can_read(
    browse: Browse, company: Path, figures: Figures
) -> None:
    with closing(sqlite3.connect(company)) as ledger:
        secrets = {str(value) for row in ledger.execute("SELECT person, conversation, ask FROM turns") for value in row}
        hidden = {name for (name,) in ledger.execute("SELECT name FROM sqlite_master")} - set(SHOWN)
    assert {"turns", "calls", "judgements", "valued_turns", "turn_values", "signatures"} <= hidden
    admin = browse("admin")
    for name in hidden:
        assert (await admin.get(f"/{DATABASE}/{name}.json")).status_code == 404, name
        sql = f'WITH usage_by_week AS (SELECT * FROM "{name}") SELECT * FROM usage_by_week'
        assert (await admin.get(f"/{DATABASE}.json", params={"sql": sql})).status_code == 400, name
    copied = b"".join(file.read_bytes() for file in figures.path.parent.iterdir())
    assert not any(secret.encode() in copied for secret in secrets)


@pytest.mark.parametrize(
    "sql",
    [
        "ATTACH '/etc/passwd' AS other",
        "SELECT load_extension('/tmp/x.so')",
        "DELETE FROM usage_by_week",
        "UPDATE policy SET value = 1",
        "DROP TABLE usage_by_week",
        "PRAGMA writable_schema = 1",
        "SELECT 1; DROP TABLE policy",
        "WITH x AS (SELECT 1) DELETE FROM policy",
        "SELECT readfile('/etc/passwd')",
        "SELECT writefile('/tmp/x', 'y')",
        "SELECT * FROM fsdir('/')",
        "SELECT edit('x')",
        "SELECT hex(zeroblob(2000000000))",
        "SELECT replace(hex(zeroblob(400000)), '0', 'xxxxxxxxxx')",
        "SELECT " + "1," * 4000 + "1",
        "VACUUM INTO 'stolen.db'",
        "EXPLAIN DELETE FROM policy",
    ],
)
async def test_sql_can_neither_write_nor_leave_the_copy(browse: Browse, sql: str, figures: Figures) -> None:
    for form in ("", ".json", ".csv"):
        answer = await browse("admin").get(f"/{DATABASE}{form}", params={"sql": sql})
        assert answer.status_code in (400, 414) or form == ".csv", sql  # which has begun when it fails
        assert len(answer.content) < 20_000
        assert "root:" not in answer.text
    with closing(sqlite3.connect(figures.path)) as copy:
        assert copy.execute("SELECT value FROM policy WHERE name = 'min_group'").fetchone() == (5,)


async def test_a_query_without_end_is_stopped(browse: Browse) -> None:
    sql = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
    answer = await browse("admin").get(f"/{DATABASE}.json", params={"sql": sql})
    assert answer.status_code == 400
    assert (await browse("admin").get("/")).status_code == 200


async def test_parameters_are_values_and_not_sql(browse: Browse) -> None:
    admin = browse("admin")
    for week in ("' OR 1=1 --", "2026-11-16'; DROP TABLE policy; --", "<script>alert(1)</script>", "\x00"):
        answer = await admin.get(f"/{DATABASE}/by_team.json", params={"week": week})
        assert answer.json()["rows"] == []
        assert (await admin.get("/", params={"week": week})).status_code == 200
        assert "<script" not in (await admin.get(f"/{DATABASE}/by_team", params={"week": week})).text


@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        (STRANGER, {HEADER: READERS["admin"]}),
        (STRANGER, {HEADER: READERS["admin"], "X-Forwarded-For": PEER, "Forwarded": f"for={PEER}"}),
        ("::1", {HEADER: READERS["admin"]}),
        ("", {HEADER: READERS["admin"]}),
        (PEER, {"X_Forwarded_User": READERS["admin"]}),
        (PEER, {"X-Forwarded-Email": READERS["admin"]}),
        (PEER, {HEADER: "   "}),
        (PEER, {"Authorization": "Basic YW5hQGV4YW1wbGUuY29tOng="}),
        (PEER, {"Authorization": "Bearer x"}),
        (PEER, {"Cookie": "ds_actor=eyJhIjp7ImlkIjoicm9vdCJ9fQ.x; assay_session=x.y"}),
        (PEER, {"Cookie": "assay_session=" + "W10=" * 3}),
        (PEER, {"Cookie": "assay_session=é;;;==\x01"}),
    ],
)
async def test_who_cannot_be_believed_is_nobody(browse: Browse, gate: Gate, peer: str, headers: dict[str, str]) -> None:
    raw = [(name.encode(), value.encode("utf-8")) for name, value in headers.items()]
    transport = httpx.ASGITransport(app=gate, client=(peer, 1))
    async with httpx.AsyncClient(transport=transport, base_url="https://c", headers=raw) as browser:
        for path in ("/", "/queries", "/teams/Growth"):
            answer = await browser.get(path)
            assert answer.status_code == 403
            assert "Growth" not in answer.text


async def test_a_name_said_twice_is_nobodys(gate: Gate) -> None:
    """A client's own header beside the front proxy's must not win."""
    transport = httpx.ASGITransport(app=gate, client=(PEER, 1))
    headers = [(HEADER, READERS["admin"]), (HEADER, READERS["employee"])]
    async with httpx.AsyncClient(transport=transport, base_url="https://c", headers=headers) as browser:
        assert (await browser.get("/")).status_code == 403


async def test_without_sign_in_no_other_host_is_answered(company: Path) -> None:
    """A page of another site whose name leads here must not read what loopback may."""
    async with open_console(company) as browser:
        assert (await browser.get("/")).status_code == 200
        for host in ("evil.example.com", "127.0.0.1.evil.example.com", "localhost.evil.example.com", "", "[::2]"):
            assert (await browser.get("/", headers={"Host": host})).status_code == 400, host
        for host in ("localhost:8090", "[::1]:8090", "127.0.0.2"):
            assert (await browser.get("/", headers={"Host": host})).status_code == 200, host


async def test_long_addresses_and_bodies_are_refused(browse: Browse) -> None:
    admin = browse("admin")
    assert (await admin.get(f"/{DATABASE}?sql=" + "x" * 10_000)).status_code == 414
    assert (await admin.get("/teams/" + "x" * 10_000)).status_code == 414
    admin.cookies.set("ds_csrftoken", "x")
    answer = await admin.post(
        "/sign-out",
        content=b"a" * (BODY_BYTES + 1),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 413


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "FOO"])
async def test_other_methods_are_refused(browse: Browse, method: str) -> None:
    assert (await browse("admin").request(method, "/")).status_code == 405


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example.com"},
        {"Origin": "null"},
        {"Authorization": "Bearer x"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json"},
        {"x-csrftoken": ""},
    ],
)
async def test_a_form_of_another_site_does_nothing(browse: Browse, headers: dict[str, str]) -> None:
    admin = browse("admin")
    for cookies in ({}, {"ds_csrftoken": "made-up"}):
        admin.cookies = httpx.Cookies(cookies)
        for path in ("/sign-out", "/events", "/", f"/{DATABASE}", f"/{DATABASE}/weeks"):
            content = b"csrftoken=made-up&a=b"
            form = {"Content-Type": "application/x-www-form-urlencoded"} | headers
            assert (await admin.post(path, content=content, headers=form)).status_code == 403, path


@pytest.mark.parametrize("role", [*ROLES, None])
async def test_every_answer_carries_what_guards_a_browser(browse: Browse, role: str | None) -> None:
    browser = browse(role)
    for path in ("/", "/queries", f"/{DATABASE}.json", "/-/databases", "/assets/console.css", "/nothing"):
        answer = await browser.get(path)
        for name, value in HEADERS:
            assert answer.headers[name.decode()] == value.decode(), path
        if not path.startswith("/assets"):
            assert "no-store" in answer.headers["cache-control"], path
        assert not re.search(r"<script|\son\w+=|javascript:|style=", answer.text), path
        assert not re.search(r"(src|href)=.?(https?:)?//", answer.text), path


def test_every_page_names_roles_and_the_hostile_suite_knows_it() -> None:
    """A new page is denied until it is listed here."""
    for page in PAGES:
        assert page.roles
        assert any(re.fullmatch(page.path, path) for path in OURS), page.path


async def test_a_websocket_is_not_served(gate: Gate) -> None:
    sent: list[object] = []

    async def send(message: object) -> None:
        sent.append(message)

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    await gate({"type": "websocket", "path": "/", "headers": []}, receive, send)
    assert not sent


def test_admission_is_the_one_that_the_suite_means() -> None:
    assert not ADMISSION.open
    assert ADMISSION.reader("Ana@Example.com ").role == "admin"
    assert ADMISSION.reader("anybody").role == "employee"
