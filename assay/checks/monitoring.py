"""Can Prometheus read what the parts count?"""

from collections.abc import Iterator
from ipaddress import ip_address

import httpx

from assay.checks.asking import TIMEOUT_SECONDS
from assay.checks.finding import Finding, good, note
from config.settings import Settings, split_address


def monitoring(settings: Settings) -> Iterator[Finding]:
    """Ask each address at which a part is to say what it counts."""
    said = {
        "proxy.metrics": settings.proxy.metrics,
        "classifier.metrics": settings.classifier.metrics,
        "console.metrics": settings.console.metrics,
    }
    if not any(said.values()):
        yield note("no part says what it counts", "set proxy.metrics and its like (docs/monitoring.md), to be warned")
    for name, address in said.items():
        if address:
            yield _asked(name, address)


def _asked(name: str, address: str) -> Finding:
    host, port = split_address(address)
    try:
        if ip_address(host).is_unspecified:
            host = "127.0.0.1"
    except ValueError:
        pass  # a name
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}/metrics"
    try:
        answer = httpx.get(url, timeout=TIMEOUT_SECONDS, trust_env=False)
    except httpx.HTTPError as error:
        return note(f"{name}: nobody answers at {url} ({type(error).__name__})", "start that part of Assay")
    if "assay_" in answer.text:
        return good(f"{name}: {url} answers")
    return note(f"{name}: something else than Assay answers at {url}", "name an address that nothing else takes")
