"""How values come from PostgreSQL and go there: as SQLite's do."""

from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Loader
from psycopg.types.numeric import FloatDumper, Int8Dumper
from psycopg.types.string import StrDumperUnknown


def adapt(adapters: AdaptersMap) -> None:
    """Let true be 1, numbers be int or float, and any text be written."""
    adapters.register_dumper(bool, _TruthDumper)
    adapters.register_dumper(int, Int8Dumper)  # one type, so that a statement is prepared once
    adapters.register_dumper(float, FloatDumper)
    adapters.register_dumper(str, _TextDumper)
    adapters.register_loader("numeric", _NumberLoader)


class _TruthDumper(Int8Dumper):
    def dump(self, obj: bool) -> Buffer | None:
        return b"1" if obj else b"0"


class _TextDumper(StrDumperUnknown):
    """PostgreSQL takes neither NUL nor half a surrogate pair, which JSON can carry."""

    def dump(self, obj: str) -> Buffer | None:
        return obj.replace("\0", "?").encode("utf-8", "replace")


class _NumberLoader(Loader):
    """Sums of whole numbers are whole, averages are not."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data)
        return int(text) if text.lstrip(b"-").isdigit() else float(text)
