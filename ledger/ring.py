"""A ring of keys as a plain record: one that stays, and one for each period of some weeks. No files, no clock.

Keys follow one another week by week, each the keyed hash of the one before, and a period has its first week's. So
whoever holds the ring finds every later key and no earlier one, without a word to others who hold it; and whoever
destroys a key, which is to keep a later one in its place, destroys all before it.
"""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Final

KEY_BYTES: Final = 32
DEFAULT_WEEKS: Final = 4
MAX_WEEKS: Final = 52
FORMAT: Final = 1

_WEEK_SECONDS = 7 * 86_400
_MONDAY = date(1970, 1, 5)
_MONDAY_SECONDS = 4 * 86_400


class UnreadableRing(Exception):  # noqa: N818 (as UnreadableExchange)
    """These bytes are no ring of keys. Never quotes them."""


class NewerRing(UnreadableRing):
    """They are, as a newer Assay writes it."""


class NoKey(LookupError):  # noqa: N818 (says what there is not)
    """There is no key for a time before the oldest kept period: it is destroyed, or never was."""


def week_of(time: str | float) -> int:
    """Number the week of a time: the ledger's text, or Unix seconds. Weeks begin on Monday, 0:00 UTC."""
    seconds = datetime.fromisoformat(time).timestamp() if isinstance(time, str) else time
    return int((seconds - _MONDAY_SECONDS) // _WEEK_SECONDS)


def begin_of(week: int) -> str:
    """Say when a week begins, as the ledger writes times."""
    begin = datetime.fromtimestamp(_MONDAY_SECONDS + week * _WEEK_SECONDS, UTC)
    return begin.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Ring:
    """Weeks are numbered as `week_of` does."""

    stable: bytes = field(repr=False)
    keys: tuple[tuple[int, bytes], ...] = field(repr=False)  # each with the week from which it is followed on
    rhythm: tuple[tuple[int, int], ...]  # from which week on, how many weeks a period has; begins as `keys` do

    @staticmethod
    def new(week: int, weeks: int) -> "Ring":
        """Make a ring of random keys whose first period begins with a week."""
        return Ring(
            secrets.token_bytes(KEY_BYTES), ((week, secrets.token_bytes(KEY_BYTES)),), ((week, _checked(weeks)),)
        )

    @staticmethod
    def of_single(secret: bytes, week: int, weeks: int) -> "Ring":
        """Make a ring of the one key that an older Assay had: it stays, and is the key of the period that begins now.

        The keys of later periods are new, since the one that stays must not lead to them.
        """
        return Ring(
            secret, ((week, secret), (week + _checked(weeks), secrets.token_bytes(KEY_BYTES))), ((week, weeks),)
        )

    @property
    def oldest(self) -> int:
        return self.rhythm[0][0]

    @property
    def weeks(self) -> int:
        """How many weeks a period has, once what is decided counts."""
        return self.rhythm[-1][1]

    def period(self, week: int) -> tuple[int, int]:
        """Give the period's first week, and the next one's. Raises NoKey."""
        for place in reversed(range(len(self.rhythm))):
            first, weeks = self.rhythm[place]
            if week >= first:
                begin = first + (week - first) // weeks * weeks
                later = self.rhythm[place + 1 :]
                return begin, min(begin + weeks, later[0][0]) if later else begin + weeks
        raise NoKey("the time lies before the oldest period of the key file")

    def key(self, week: int) -> bytes:
        """Give the key of the period that a week lies in. Raises NoKey."""
        begin, _ = self.period(week)
        first, key = max(one for one in self.keys if one[0] <= begin)
        for _ in range(begin - first):
            key = hmac.new(key, b"next", hashlib.sha256).digest()
        return key

    def in_rhythm(self, weeks: int, week: int) -> "Ring":
        """Let periods have so many weeks from next Monday on: no week has two keys, or a person would count twice."""
        _checked(weeks)
        rhythm = tuple(one for one in self.rhythm if one[0] <= max(week, self.oldest))
        if rhythm[-1][1] != weeks:
            rhythm = (*rhythm, (max(week, self.oldest) + 1, weeks))
        return replace(self, rhythm=rhythm)

    def without(self, week: int) -> "Ring":
        """Drop the keys of the periods before the one that a week lies in."""
        if week < self.oldest:
            return self
        begin, _ = self.period(week)
        _, weeks = [one for one in self.rhythm if one[0] <= begin][-1]
        return replace(
            self,
            keys=((begin, self.key(begin)), *(one for one in self.keys if one[0] > begin)),
            rhythm=((begin, weeks), *(one for one in self.rhythm if one[0] > begin)),
        )

    def write(self) -> bytes:
        """Write it as a file holds it."""
        content = {
            "assay keys": FORMAT,
            "stable": self.stable.hex(),
            "periods": [[_day(week), weeks] for week, weeks in self.rhythm],
            "keys": [[_day(week), key.hex()] for week, key in self.keys],
        }
        return json.dumps(content, indent=1).encode() + b"\n"

    @staticmethod
    def read(content: bytes) -> "Ring":
        """Read what `write` wrote. Raises UnreadableRing."""
        try:
            found = json.loads(content)
            version = found["assay keys"]
            if isinstance(version, int) and version > FORMAT:
                raise NewerRing
            ring = Ring(
                _secret(found["stable"]),
                tuple((_week(day), _secret(key)) for day, key in found["keys"]),
                tuple((_week(day), _checked(weeks)) for day, weeks in found["periods"]),
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            raise UnreadableRing from None
        firsts, begins = [week for week, _ in ring.keys], [week for week, _ in ring.rhythm]
        if version != FORMAT or not begins or firsts[:1] != begins[:1] or not (_rising(firsts) and _rising(begins)):
            raise UnreadableRing
        return ring


def _checked(weeks: int) -> int:
    if not (isinstance(weeks, int) and 1 <= weeks <= MAX_WEEKS):
        raise ValueError(f"a period has 1 to {MAX_WEEKS} weeks")
    return weeks


def _secret(text: str) -> bytes:
    if len(secret := bytes.fromhex(text)) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes")
    return secret


def _day(week: int) -> str:
    return date.fromordinal(_MONDAY.toordinal() + 7 * week).isoformat()


def _week(day: str) -> int:
    weeks, days = divmod(date.fromisoformat(day).toordinal() - _MONDAY.toordinal(), 7)
    if days:
        raise ValueError("a period begins on a Monday")
    return weeks


def _rising(numbers: list[int]) -> bool:
    return all(one < other for one, other in pairwise(numbers))
