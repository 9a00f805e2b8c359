"""Dates that figures are read by, as when a target was announced: admins enter them and take them away."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from datetime import date

from datasette import Response

from ledger.address import Place
from ledger.errors import LedgerError
from ledger.events import MAX_WHAT_CHARS, Events
from ledger.store import Ledger
from reports.console.visits import Visit

AWAY = "The ledger cannot be reached now: try again in a minute."
UNREADABLE = f"Give a date and what happened in up to {MAX_WHAT_CHARS} characters, then send it again."


async def show(visit: Visit) -> Response:
    """List the events; enter one or take one away."""
    teams = [row["team"] for row in (await visit.show("teams")).rows]
    ledger = visit.figures.ledger
    try:
        if visit.request.method == "POST":
            return await _change(visit, ledger, teams)
        events = await asyncio.to_thread(_read, ledger)
    except LedgerError:
        return await visit.refuse(503, AWAY)
    return await visit.page("events.html", events=events, teams=teams, chars=MAX_WHAT_CHARS, today=visit.today)


async def _change(visit: Visit, ledger: Place, teams: list[str]) -> Response:
    form = await visit.request.post_vars()
    number = form.get("remove", "")
    if number:
        if not (number.isascii() and number.isdigit() and len(number) < 16):
            return await visit.refuse(400, UNREADABLE)
        await asyncio.to_thread(_write, ledger, lambda events: events.remove(int(number)))
    else:
        day, what, team = _day(form.get("day", "")), form.get("what", "").strip(), form.get("team", "")
        if not day or not what or len(what) > MAX_WHAT_CHARS or team not in ("", *teams):
            return await visit.refuse(400, UNREADABLE)
        await asyncio.to_thread(_write, ledger, lambda events: events.enter(day, what, team or None))
    response = Response.redirect("/events")
    response.status = 303
    return response


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def _read(ledger: Place) -> object:
    with closing(Ledger.read(ledger)) as reading:
        return reading.events.all()[::-1]


def _write(ledger: Place, change: Callable[[Events], object]) -> None:
    with closing(Ledger.open(ledger)) as writing:
        change(writing.events)
