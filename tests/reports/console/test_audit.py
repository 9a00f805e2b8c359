"""Auditors see who looked at a person's rows, and whether that record is whole."""

from collections.abc import Callable

import pytest

from ledger.audit import Entry
from ledger.errors import LedgerError
from reports.console.assembly import assembled
from reports.console.figures import Figures
from reports.console.pages.audit import SHOWN, Audited
from tests.reports.console.conftest import ADMISSION, HEADER, PEER, READERS, SECRET, client


def entries(number: int) -> list[Entry]:
    return [
        Entry(n + 1, "2026-11-25T10:00:00.000Z", f"ana-{n}", "turns of <abc>", "a complaint", "hash")
        for n in range(number)
    ]


async def seen(figures: Figures, audited: Callable[[], Audited] | None, role: str = "auditor") -> tuple[int, str]:
    with assembled(figures, ADMISSION, SECRET, audited=audited) as app:
        async with client(app, PEER, {HEADER: READERS[role]}) as browser:
            answer = await browser.get("/audit")
            return answer.status_code, answer.text


async def test_entries_are_listed_newest_first(figures: Figures) -> None:
    status, page = await seen(figures, lambda: Audited(entries(SHOWN + 2), None))
    assert (status, page.count("a complaint")) == (200, SHOWN)
    assert page.index(f"ana-{SHOWN + 1}<") < page.index(f"ana-{SHOWN}<")
    assert "ana-1<" not in page
    assert "turns of &lt;abc&gt;" in page
    assert "are as they were entered" in page


async def test_a_record_that_is_not_whole_says_so(figures: Figures) -> None:
    _, page = await seen(figures, lambda: Audited(entries(1), "entry 1 was changed"))
    assert "The record is not whole" in page
    assert "entry 1 was changed" in page


async def test_nobody_has_looked_yet(figures: Figures) -> None:
    assert "Nobody has looked" in (await seen(figures, lambda: Audited([], None)))[1]


async def test_a_table_that_cannot_be_read_is_said(figures: Figures) -> None:
    def gone() -> Audited:
        raise LedgerError("the key file is missing")

    assert (await seen(figures, gone))[0] == 503
    assert (await seen(figures, None))[0] == 404


@pytest.mark.parametrize("role", ["admin", "manager", "employee"])
async def test_nobody_else_sees_it(figures: Figures, role: str) -> None:
    status, page = await seen(figures, lambda: Audited(entries(1), None), role)
    assert status == 403
    assert "complaint" not in page
