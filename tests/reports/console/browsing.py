"""Consoles with accounts, for a real browser: one over a company's weeks, one over a ledger that holds nothing yet."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

from datasette_auth_passwords.utils import hash_password

from ledger.keys import Keys, key_file
from ledger.records import utc
from ledger.store import Ledger
from tests.assay.running import assay, running
from tests.ledger.facts import answer, call, turn
from tests.reports.console.company import found, monday, tell

PASSWORD = "a long and winding word"
ROLES = {
    "admin": "ana@example.com",
    "auditor": "aud@example.com",
    "manager": "ben@example.com",
    "employee": "eve@example.com",
}
LEFT_OUT = "dan@example.com"  # a manager whom no team was given
ASKED = (
    "hi",
    "What is the capital of France?",
    "Draft a migration plan for our PostgreSQL cluster: no more than 30 s of downtime, a way back at each step, and "
    "who does what. Compare logical replication with a restore, and say what we would lose.",
    "Write a polite reply to this customer: the delivery is late by two days, and we give back the shipping.",
    "Why does this query scan the whole table? SELECT * FROM orders WHERE date(created) = '2026-03-02'",
    "Write a polite reply to this customer: the delivery is late by two days, and we give back the shipping.",
    "Summarise the minutes in three points, and name who owes what until when.",
)


@contextmanager
def company_console(home: Path) -> Iterator[str]:
    """Run the console over a company of twelve weeks, all but the newest published; give its address.

    Eve has turns of her own, which the shipped model judges, and somebody looked at a person's rows.
    """
    found(home / "usage.db", weeks=12, turns=5, times=4)
    tell(home / "usage.db", 11)
    enter_own(home / "usage.db", ROLES["employee"])
    for command in (
        ("classify", "--once"),
        ("publish",),
        ("audit-access", "turns", "--person", ROLES["employee"], "--reason", "Asked for it", "--as", ROLES["auditor"]),
    ):
        done = assay(*command, "--db", "usage.db", home=home)
        assert done.returncode == 0, done.stderr
    with console(home) as url:
        yield url


@contextmanager
def console(home: Path) -> Iterator[str]:
    """Run the console over `usage.db` with an account for each role; give its address."""
    hashed = hash_password(PASSWORD)
    accounts = [f'"{name}" = "{hashed}"\n' for name in (*ROLES.values(), LEFT_OUT)]
    (home / "accounts.toml").write_text("".join(accounts))
    (home / "roles.toml").write_text(
        f'admins = ["{ROLES["admin"]}"]\nauditors = ["{ROLES["auditor"]}"]\n'
        f'[managers]\n"{ROLES["manager"]}" = ["Growth", "Platform"]\n"{LEFT_OUT}" = []\n'
    )
    (home / "assay.toml").write_text('[console]\naccounts = "accounts.toml"\nroles = "roles.toml"\n')
    options = ("--listen", "127.0.0.1:0", "--db", "usage.db", "--config", "assay.toml")
    with running("console", *options, home=home) as running_console:
        yield running_console.until("the console is at").partition("console is at ")[2].partition("/ ")[0]


def enter_own(path: Path, name: str) -> None:
    """Log turns of a person, some hours apart, the newest in the week that is still open."""
    keys = Keys.load_or_create(key_file(path))
    with closing(Ledger.open(path)) as ledger:
        for place, text in enumerate(ASKED):
            at = utc((monday() - timedelta(hours=9 * (len(ASKED) - 2 - place), minutes=13 * place)).timestamp())
            person = keys.serving(at).key.digest("person", name)
            with ledger.transaction():
                turn_id = ledger.open_turn(
                    turn(text, at=at, person=person, team="Growth", ask=f"{place:016x}", client="claude-code/2.1")
                )
                for _ in range(1 + 3 * (place == 2)):
                    ledger.close_call(ledger.open_call(call(at=at), turn_id), answer())
