"""Is this machine's clock right? Weeks, tokens and certificates hang on it."""

import ssl
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import httpx

from assay.checks.asking import head, upstream_of
from assay.checks.finding import Finding, bad, good, note
from config.settings import Settings

FAR_SECONDS = 60


def clock(settings: Settings) -> Iterator[Finding]:
    """Compare the clock with the Date that the assistant's server sends."""
    if (url := upstream_of(settings.proxy)) is None:
        yield note("there is no assistant to compare the clock with", "see that it is set by NTP (timedatectl)")
        return
    try:
        date = head(url, settings.proxy.upstream_ca).headers.get("date", "")
        off = time.time() - parsedate_to_datetime(date).timestamp()
    except (httpx.HTTPError, OSError, ssl.SSLError, ValueError):
        yield note(f"{url} tells no time to compare the clock with", "see that it is set by NTP (timedatectl)")
        return
    if abs(off) <= FAR_SECONDS:
        yield good(f"within {FAR_SECONDS} s of the assistant's")
    else:
        yield bad(
            f"{abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} the assistant's: turns fall into wrong weeks, and "
            "valid tokens and certificates are refused",
            "set it by NTP (timedatectl set-ntp true)",
        )
