"""`assay up --demo`: a stand-in assistant and all parts; a working day's traffic in seconds; the report."""

import asyncio
import os
import shutil
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from assay.demo.people import TEAMS, Person, Step, plan
from assay.demo.traffic import send
from assay.failure import Failure, say
from assay.places import keys_of
from assay.supervision import Part, Supervisor
from config.loading import FILE_VARIABLE, PREFIX
from config.settings import LedgerSettings
from ledger.store import Ledger
from reports.usage import read_report, render

POLL_SECONDS = 0.3
PATIENCE_SECONDS = 300.0  # without any new judgement
LISTEN = "127.0.0.1:0"

QUERIES = (
    "SELECT team, people, raw_calls, turns, round(value, 1) AS value, round(gap, 2) AS gap FROM usage_by_team_week",
    "SELECT category, level, count(*) AS turns, sum(calls) AS calls FROM valued_turns"
    " GROUP BY category, level ORDER BY calls DESC LIMIT 8",
)


async def show(folder: Path) -> None:
    """Run the demo in `folder`. Raises Failure, LedgerError and NotStarted."""
    steps = plan()
    ledger = prepare(folder, list(steps))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment[FILE_VARIABLE] = str(folder / "assay.toml")
    began = time.monotonic()
    columns = (TextColumn("{task.description:<16}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        async with Supervisor(environment) as supervisor:
            upstream = await supervisor.start(Part("stand-in assistant", "assay.demo.standin"))
            say(f"a stand-in assistant listens on {upstream}: its answers mean nothing")
            proxy = Part("proxy", "assay", ("proxy", "--mode", f"reverse:{upstream}", "--listen", LISTEN))
            address, _ = await asyncio.gather(
                supervisor.start(proxy), supervisor.start(Part("classifier", "assay", ("classify",)))
            )
            # It shows a ledger that there is: the others make it.
            await supervisor.start_if_possible(Part("console", "assay", ("console", "--listen", LISTEN)))
            await send_all(steps, address, bar)
            await all_judged(ledger, bar)
    tell(ledger, time.monotonic() - began)


def prepare(folder: Path, people: Sequence[Person]) -> Path:
    """Write the demo's settings and teams, and make room for a fresh ledger; give its path. Raises LedgerError."""
    folder.mkdir(mode=0o700, exist_ok=True)
    ledger = folder / "usage.db"
    for old in folder.glob("usage.db*"):
        old.unlink()
    (folder / "teams.toml").write_text(teams(ledger, people), encoding="utf-8")
    (folder / "assay.toml").write_text(
        f'[ledger]\npath = "{ledger}"\n\n[proxy]\nconfdir = "{folder / "ca"}"\n\n'
        f'[identity]\ntrusted_peers = ["127.0.0.1/32"]\nteams = "{folder / "teams.toml"}"\n',
        encoding="utf-8",
    )
    return ledger


def teams(ledger: Path, people: Sequence[Person]) -> str:
    """Write the teams file: each person as the proxy will know them."""
    from proxy.identity import key_name

    key = keys_of(LedgerSettings(path=ledger)).stable
    lines = []
    for team in TEAMS:
        names = [person.user or key_name(key, person.api_key) for person in people if person.team == team]
        lines.append(f"{team} = [{', '.join(map(repr, names))}]".replace("'", '"'))
    return "\n".join(lines) + "\n"


async def send_all(steps: Mapping[Person, Sequence[Step]], address: str, bar: Progress) -> None:
    """Send everybody's traffic. When we are stopped, so is it."""
    task = bar.add_task("sending prompts", total=sum(map(len, steps.values())))
    stop = threading.Event()
    try:
        await asyncio.to_thread(send, steps, address, stop, lambda: bar.advance(task))
    finally:
        stop.set()


async def all_judged(ledger: Path, bar: Progress) -> None:
    """Wait until every turn is judged. Raises Failure when nothing has been for a long time."""
    task = bar.add_task("judging turns", total=1.0)
    judged, changed = -1.0, time.monotonic()
    while judged < 1:
        now = await asyncio.to_thread(share_judged, ledger)
        bar.update(task, completed=now)
        if now > judged:
            judged, changed = now, time.monotonic()
        elif time.monotonic() - changed > PATIENCE_SECONDS:
            raise Failure(f"the classifier has stopped judging: see why with assay classify --once --db {ledger}")
        await asyncio.sleep(POLL_SECONDS)


def share_judged(ledger: Path) -> float:
    """Tell which share of the turns is judged."""
    with closing(Ledger.read(ledger)) as reading:
        return reading.coverage().judged or 0.0


def tell(ledger: Path, seconds: float) -> None:
    """Print the report, all in one line, and where the ledger lies."""
    width = shutil.get_terminal_size((100, 24)).columns
    click.echo(render(read_report(ledger), width=width))
    with closing(Ledger.read(ledger)) as reading:
        weeks = reading.usage("week")
    calls, turns = sum(week.raw_calls for week in weeks), sum(week.turns for week in weeks)
    value = sum(week.value or 0.0 for week in weeks)
    click.echo(
        f"\nIn all: {calls} raw calls were {turns} turns, worth {value:.1f}: the gap is {1 - value / turns:.0%}. "
        f"({seconds:.0f} s)\n\nThe ledger is {ledger}, an SQLite file. Ask it yourself (without the sqlite3 shell: "
        "sqlite-utils):\n"
    )
    program = sys.argv[0] if sys.argv[0].endswith("assay") else "assay"
    click.echo(f"  {program} report --by category --db {ledger}")
    for query in QUERIES:
        click.echo(f'  sqlite3 -header -column {ledger} "{query}"')
    click.echo(f"\nOr look at it in the browser:\n\n  {program} console --db {ledger}")
