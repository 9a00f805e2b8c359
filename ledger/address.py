"""Where a ledger is: an SQLite file, or a PostgreSQL database that is named by a URL."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

STATE = "~/.local/state/assay"
SCHEMES = ("postgresql", "postgres")
SECRET = ("password", "sslpassword")  # what libpq takes in a URL's query as well


class Address:
    """A PostgreSQL database, as libpq takes it. Its str() and repr() have no password."""

    def __init__(self, url: str) -> None:
        """Raises ValueError, which does not quote it, for what is no such URL."""
        try:
            parts = urlsplit(url)
        except ValueError:
            raise ValueError("not written as postgresql://USER@HOST/NAME") from None
        if parts.scheme not in SCHEMES or not url.startswith(f"{parts.scheme}://"):
            raise ValueError("not written as postgresql://USER@HOST/NAME")
        self.url = url
        host = parts.netloc.rpartition("@")[2]
        user = parts.netloc.rpartition("@")[0].partition(":")[0]
        query = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] not in SECRET])
        self._shown = f"postgresql://{f'{quote(unquote(user))}@' if user else ''}{host}{parts.path}"
        if query:
            self._shown += f"?{query}"

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
    if separator and scheme.isalpha():
        return Address(text)
    return Path(text).expanduser()
