"""Sign-in with accounts: passwords, sessions and how often one may try.

A session is a signed cookie with a name, an end, and a mark of the account's password: whoever changes the password
ends the account's sessions. Leaves out who may see what (`access.py`).
"""

import asyncio
import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

SESSION_SECONDS = 12 * 3600
TRIES, TRIES_SECONDS = 5, 300.0  # wrong passwords for a name, or from an address
KEPT = 10_000  # names and addresses whose tries are remembered


class Sessions:
    """Signs sessions and reads them. `secret`: 32 bytes that nobody else has."""

    def __init__(self, secret: bytes, accounts: Mapping[str, str]) -> None:
        self._secret = secret
        self._accounts = accounts

    def issue(self, name: str) -> str:
        """Give the cookie's value of a session that begins now."""
        body = json.dumps([name, int(time.time()) + SESSION_SECONDS, self._mark(name)])
        text = urlsafe_b64encode(body.encode()).decode()
        return f"{text}.{self._seal(text)}"

    def name(self, cookie: str) -> str | None:
        """Give whose session it is. None: it is forged, over, or the password has changed."""
        text, _, seal = cookie.partition(".")
        if not hmac.compare_digest(seal.encode(), self._seal(text).encode()):
            return None
        name, until, mark = json.loads(urlsafe_b64decode(text))
        if until < time.time() or name not in self._accounts or mark != self._mark(name):
            return None
        return str(name)

    def _mark(self, name: str) -> str:
        return hmac.new(self._secret, b"mark" + self._accounts[name].encode(), hashlib.sha256).hexdigest()[:16]

    def _seal(self, text: str) -> str:
        return hmac.new(self._secret, b"session" + text.encode(), hashlib.sha256).hexdigest()


class Passwords:
    """Checks passwords, one at a time and not too often."""

    def __init__(self, accounts: Mapping[str, str]) -> None:
        self._accounts = accounts
        self._wrong: dict[str, deque[float]] = {}
        self._one = ThreadPoolExecutor(1, "passwords")  # hashing is slow by design: it gets one core at most
        self._nobody = ""

    def tried_too_often(self, name: str, peer: str) -> bool:
        """Tell whether this name or address has to wait."""
        return any(len(self._recent(key)) >= TRIES for key in (f"name {name}", f"peer {peer}"))

    async def right(self, name: str, password: str, peer: str) -> bool:
        """Check a password. It takes as long for a name that there is not."""
        right = await asyncio.get_running_loop().run_in_executor(self._one, self._check, name, password)
        if not right:
            for key in (f"name {name}", f"peer {peer}"):
                while len(self._wrong) >= KEPT:
                    self._wrong.pop(next(iter(self._wrong)))
                self._wrong.setdefault(key, deque(maxlen=TRIES)).append(time.monotonic())
        return right

    def _recent(self, key: str) -> list[float]:
        return [at for at in self._wrong.get(key, ()) if at > time.monotonic() - TRIES_SECONDS]

    def _check(self, name: str, password: str) -> bool:
        from datasette_auth_passwords.utils import hash_password, verify_password

        if not self._nobody:
            self._nobody = hash_password("")
        known = self._accounts.get(name)
        right = verify_password(password, known or self._nobody)
        return bool(right and known)
