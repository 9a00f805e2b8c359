"""Where a ledger is: an SQLite file, or a PostgreSQL database that is named by a URL."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode

STATE = "~/.local/state/assay"
SECRET = ("password", "sslpassword")  # what libpq takes in a URL's query as well
# As libpq reads it, and nothing that could be part of a password outside of its place: that would be shown.
# https://www.postgresql.org/docs/18/libpq-connect.html#LIBPQ-CONNSTRING-URIS (2026-11-26)
_HOST = r"(?:\[[^]/?#@]*\]|[^][:,/?#@]*)(?::\d*)?"
_URL = re.compile(
    rf"postgres(?:ql)?://(?:(?P<user>[^:/?#@]*)(?::[^/?#@]*)?@)?(?P<hosts>{_HOST}(?:,{_HOST})*)(?P<path>/[^/?#@]*)?"
    r"(?:\?(?P<query>(?:\w+=[^&#]*(?:&|$))*))?"
)
_NO_FILE = re.compile(r"postgres(?:ql)?:|.*\b(?:ssl)?password\s*=", re.DOTALL)
_WRONG = "not written as postgresql://USER@HOST/NAME, with %40 %2F %3F %23 for @ / ? # in a password"


class Address:
    """A PostgreSQL database, as libpq takes it. Its str() and repr() have no password."""

    def __init__(self, url: str) -> None:
        """Raises ValueError, which does not quote it, for what is no such URL."""
        if (parts := _URL.fullmatch(url)) is None:
            raise ValueError(_WRONG)
        self.url = url
        user = f"{quote(unquote(parts['user']))}@" if parts["user"] else ""
        query = urlencode([pair for pair in parse_qsl(parts["query"] or "") if pair[0] not in SECRET])
        self._shown = f"postgresql://{user}{parts['hosts']}{parts['path'] or ''}{f'?{query}' if query else ''}"

    def __str__(self) -> str:
        return self._shown

    def __repr__(self) -> str:
        return f"Address({self._shown!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and other.url == self.url

    def __hash__(self) -> int:
        return hash(self.url)


Place = Path | Address


def beside(place: Place, folder: Path | None = None) -> Path:
    """Give the path that names what lies beside a ledger, as its key: of a database, in `folder`, or where state is."""
    if isinstance(place, Path):
        return place
    return (folder or Path(STATE).expanduser()) / re.sub(r"[^A-Za-z0-9.@-]+", "-", str(place).partition("://")[2])


def place_of(text: str) -> Place:
    """Read what was given as --db. Raises ValueError for a URL that is no database's; never quotes it."""
    scheme, separator, _ = text.partition("://")
    if (separator and scheme.isalpha()) or _NO_FILE.match(text):
        return Address(text)
    return Path(text).expanduser()
