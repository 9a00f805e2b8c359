"""Is the assistant reachable from here, and is it who it says?"""

import ssl
from collections.abc import Iterator

import httpx

from assay.checks.asking import head, upstream_of
from assay.checks.finding import Finding, bad, good, note
from config.settings import Settings


def upstream(settings: Settings) -> Iterator[Finding]:
    """Ask the assistant's server for the head of an answer. Any answer will do: no key is sent."""
    url = upstream_of(settings.proxy)
    if url is None:
        mode = settings.proxy.mode or "not set"
        yield note(f"proxy.mode ({mode}) names no single assistant, so none is asked")
        return
    try:
        answer = head(url, settings.proxy.upstream_ca)
    except (httpx.HTTPError, OSError, ssl.SSLError, ValueError) as error:
        yield _refused(url, error)
        return
    how = "its certificate verified" if url.startswith("https") else "over plain HTTP: nothing is encrypted on that way"
    yield (good if url.startswith("https") else note)(f"{url} answers (status {answer.status_code}), {how}")


def _refused(url: str, error: Exception) -> Finding:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return bad(
            f"{url} shows a certificate that is not trusted here",
            "name the PEM file of its authority in proxy.upstream_ca, or ask who stands between",
        )
    return bad(
        f"{url} cannot be reached ({type(error).__name__})",
        "check its name, and that this machine may connect to it (firewall, DNS, another proxy in between)",
    )
