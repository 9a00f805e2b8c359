"""Asks an assistant's server for nothing but its answer's head."""

import ssl
from pathlib import Path

import httpx

from config.settings import ProxySettings

TIMEOUT_SECONDS = 5.0
REVERSE = "reverse:"


def upstream_of(proxy: ProxySettings) -> str | None:
    """Give the assistant's URL in mode reverse. None: the mode names none."""
    return proxy.mode.removeprefix(REVERSE) if proxy.mode.startswith(REVERSE) else None


def head(url: str, authorities: Path | None) -> httpx.Response:
    """Ask as the proxy would: verified against its authorities, through no other proxy. Raises httpx.HTTPError,
    OSError, ssl.SSLError.
    """
    verify: ssl.SSLContext | bool = ssl.create_default_context(cafile=authorities) if authorities else True
    with httpx.Client(verify=verify, timeout=TIMEOUT_SECONDS, trust_env=False, follow_redirects=False) as client:
        return client.head(url)
