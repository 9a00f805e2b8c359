"""Who runs a command, and whose rows they ask for: what the audit table is told."""

import os
import pwd
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from assay.failure import MISUSED, Failure
from assay.places import audit_of
from config.loading import SettingsError
from config.settings import Settings
from config.teams import load_teams
from ledger.keys import Keys
from ledger.store import Ledger

if TYPE_CHECKING:
    from ledger.usage import ReadLedger

MAX_NAME_CHARS = 320  # as the proxy reads a name


def operator(claimed: str | None) -> str:
    """Name who runs this: the login that the system knows, and the name they give themselves."""
    login = os.environ.get("SUDO_USER", "") if os.geteuid() == 0 else ""  # anybody else can set it
    login = login or _login(os.getuid())
    return f"{claimed.strip()} (login {login})" if claimed and claimed.strip() else login


def checked(reason: str) -> str:
    """Give a reason, which must say something."""
    if not reason.strip():
        raise Failure("--reason is empty: say why, it is kept in the audit table", MISUSED)
    return reason.strip()


def pseudonyms(settings: Settings, keys: Keys, name: str) -> tuple[str, ...]:
    """Give what stands in the ledger for a person, by any of their names: once a period, what the proxy writes."""
    try:
        names = load_teams(settings.identity.teams).people
    except SettingsError as error:
        raise Failure(str(error), MISUSED) from None
    name = name.strip().lower()[:MAX_NAME_CHARS]
    return keys.persons(names.get(name, name))


@contextmanager
def answered_for(path: Path, who: str, what: str, why: str) -> Iterator["ReadLedger"]:
    """Give the ledger to read once the audit table says who looks at what; where it cannot be told, nothing is read.

    Raises LedgerError.
    """
    with closing(Ledger.read(path)) as reading:
        with closing(Ledger.open(path)) as ledger:
            audit_of(ledger, path).append(who, what, why)
        yield reading


def _login(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:  # in a container, say
        return f"user {user}"
