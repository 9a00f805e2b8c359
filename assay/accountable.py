"""Who runs a command, and whose rows they ask for: what the audit table is told."""

import os
import pwd
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from assay.failure import MISUSED, Failure
from assay.places import audit_of, open_ledger, own_keys
from config.loading import SettingsError
from config.settings import LedgerSettings, Settings
from config.teams import load_teams
from ledger.keys import Keys
from ledger.store import Ledger

if TYPE_CHECKING:
    from ledger.usage import ReadLedger

IN_CLEAR = "names are stored in clear (identity.mode is plain)"
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


def stands_for(settings: Settings, keys: Keys, name: str) -> tuple[str, ...]:
    """Give what stands in the ledger for a person, by any of their names: what the proxy writes, once a period."""
    name = _clean(name)
    name = _other_names(settings).get(name, name)
    persons = keys.persons(name)
    return (name, *persons) if settings.identity.mode == "plain" else persons


def ever_stood_for(settings: Settings, keys: Keys, name: str) -> tuple[str, ...]:
    """Give all that may stand there: for each of their names, which may have been told since, and in clear."""
    others = _other_names(settings)
    name = others.get(_clean(name), _clean(name))
    names = dict.fromkeys((name, *(other for other, own in others.items() if own == name)))
    return (*names, *(person for each in names for person in keys.persons(each)))


def _other_names(settings: Settings) -> Mapping[str, str]:
    try:
        return load_teams(settings.identity.teams).people
    except SettingsError as error:
        raise Failure(str(error), MISUSED) from None


def _clean(name: str) -> str:
    return name.strip().lower()[:MAX_NAME_CHARS]


def opening(settings: Settings) -> Callable[[], Ledger]:
    """Give what opens the ledger for the proxy. Where names are in clear, the audit table says why before one is."""
    identity = settings.identity
    entered = identity.mode != "plain"

    def opened() -> Ledger:
        nonlocal entered
        ledger = open_ledger(settings.ledger)
        try:
            if not entered:
                audit_of(ledger, settings.ledger).append(operator(None), IN_CLEAR, identity.plain_reason.strip())
                entered = True
        except BaseException:
            ledger.close()
            raise
        return ledger

    return opened


@contextmanager
def answered_for(settings: LedgerSettings, who: str, what: str, why: str) -> Iterator["ReadLedger"]:
    """Give the ledger to read once the audit table says who looks at what; where it cannot be told, nothing is read.

    Raises LedgerError.
    """
    with closing(Ledger.read(settings.path, own_keys(settings))) as reading:
        with closing(open_ledger(settings)) as ledger:
            audit_of(ledger, settings).append(who, what, why)
        yield reading


def _login(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:  # in a container, say
        return f"user {user}"
