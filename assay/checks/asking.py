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
    verify = (
        ssl.create_default_context(cafile=authorities) if authorities else httpx.create_ssl_context(trust_env=False)
    )
    verify.verify_flags &= ~ssl.VERIFY_X509_STRICT  # Python 3.13 sets it; the proxy does not ask for so much
    with httpx.Client(verify=verify, timeout=TIMEOUT_SECONDS, trust_env=False, follow_redirects=False) as client:
        return client.head(url)
