"""Who a signed token (JWT) names, once its signature and claims are checked.

A token is never stored or logged, nor is what it says, but for the name, as a pseudonym.
Leaves out where keys come from (`keys.py`).
"""

import logging
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jwt

from proxy.credentials import bearer, looks_signed
from proxy.keys import KeySource, VerifyingKey

log = logging.getLogger(__name__)

MAX_TOKEN_CHARS = 16 * 1024
MAX_TRIED = 8  # keys a token
LEEWAY_SECONDS = 60.0  # by which clocks may differ
MAX_GROUPS = 200

# The account in a session's token of Copilot: vscode-copilot-chat, `copilotToken.ts` and `getTokenAccountId`.
COPILOT = re.compile(r"tid=([0-9A-Za-z-]{8,64})[;:]")
# Open WebUI's session token names its user in `id` alone (open-webui 0.12.4, `routers/auths.py`), and so does
# LibreChat's, which lasts 15 minutes (unverified).
SUBJECTS = ("sub", "id")


class TokenError(Exception):
    """A token names nobody. The message is for counting and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a token says."""

    name: str = field(repr=False)
    groups: tuple[str, ...] = field(repr=False, default=())  # which may be names of teams


@dataclass(frozen=True, slots=True)
class TokenRules:
    """What a token must be like."""

    header: str  # where it stands, after `Bearer` or alone
    claims: tuple[str, ...]  # that name the person; the first that is there counts
    groups_claim: str | None = None
    issuers: tuple[str, ...] = ()  # empty: any
    audiences: tuple[str, ...] = ()  # empty: any
    signers: tuple[str, ...] = ()  # of the token's own header, as AWS writes it; empty: any


class Tokens:
    """Checks tokens against rules and keys."""

    def __init__(self, rules: TokenRules, keys: KeySource) -> None:
        self.refused = 0  # requests with a token that names nobody
        self._rules = rules
        self._header = rules.header.lower()
        self._keys = keys
        self._said: set[str] = set()
        # It would have secrets as long as their digest. `keys.py` says how long they must be.
        warnings.filterwarnings("ignore", category=jwt.InsecureKeyLengthWarning)

    def read(self, headers: Mapping[str, str], at: float) -> Named | None:
        """Read the token among `headers` (lower-case names), shown at `at`, Unix seconds. None: there is none, or it
        cannot be believed.
        """
        token = _token(headers.get(self._header, ""))
        if token is None:
            return None
        try:
            return self._named(token, at)
        except TokenError as error:
            why = str(error)
        except Exception as error:  # the bytes are hostile: whatever they provoke, the call counts
            why = type(error).__name__
        self.refused += 1
        if why not in self._said:
            self._said.add(why)
            log.warning("a signed token names nobody: %s (said once; counted each time)", why)
        return None

    def _named(self, token: str, at: float) -> Named:
        if len(token) > MAX_TOKEN_CHARS:
            raise TokenError("it is too long")
        head = jwt.get_unverified_header(token)
        kid = head.get("kid")
        keys = self._keys.find(kid if isinstance(kid, str) else None)
        if not keys:
            raise TokenError("no key is known for it yet")
        claims = self._checked(token, keys)
        if not (_time(claims, "nbf", at) - LEEWAY_SECONDS <= at <= _time(claims, "exp", at) + LEEWAY_SECONDS):
            raise TokenError("it has expired, or counts from later on")
        # The head is signed as well: it can be believed now.
        if self._rules.signers and head.get("signer") not in self._rules.signers:
            raise TokenError("its signer is not one of token.signer")
        for claim in self._rules.claims:
            name = claims.get(claim)
            if isinstance(name, str) and name.strip():
                return Named(name, _groups(claims.get(self._rules.groups_claim or "")))
        raise TokenError("it holds none of the claims that token.claims lists")

    def _checked(self, token: str, keys: Sequence[VerifyingKey]) -> dict[str, Any]:
        fault: Exception = TokenError("no key is known for it yet")
        for key in keys[:MAX_TRIED]:
            try:
                return self._decoded(token, key)
            except jwt.InvalidTokenError as error:
                fault = error
        raise fault

    def _decoded(self, token: str, key: VerifyingKey) -> dict[str, Any]:
        rules = self._rules
        return jwt.decode(
            token,
            key.key,
            algorithms=list(key.algorithms),
            audience=rules.audiences or None,
            issuer=list(rules.issuers) or None,
            options={
                "require": ["exp", *(["iss"] if rules.issuers else []), *(["aud"] if rules.audiences else [])],
                "verify_aud": bool(rules.audiences),
                "verify_iss": bool(rules.issuers),
                "verify_exp": False,  # it would be of now; and that a token was issued later is its own affair
                "verify_nbf": False,
                "verify_iat": False,
                "verify_sub": False,
                "verify_jti": False,
            },
        )


def claimed_subject(headers: Mapping[str, str]) -> str | None:
    """Give whom a token that nobody here can check says it is for: the client's own claim, as one in a body is."""
    token = bearer(headers.get("authorization", ""))
    if (copilot := COPILOT.match(token)) is not None:
        return copilot[1]
    if not looks_signed(token) or len(token) > MAX_TOKEN_CHARS:
        return None
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except Exception:  # hostile bytes: no claim
        return None
    return next((name for each in SUBJECTS if isinstance(name := claims.get(each), str)), None)


def _token(value: str) -> str | None:
    token = bearer(value)
    return token if looks_signed(token) else None


def _time(claims: Mapping[str, Any], name: str, default: float) -> float:
    """Read a time, Unix seconds."""
    value = claims.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenError(f"its {name} is no time")
    return float(value)


def _groups(claim: object) -> tuple[str, ...]:
    listed = [claim] if isinstance(claim, str) else claim if isinstance(claim, list) else []
    return tuple(group for group in listed[:MAX_GROUPS] if isinstance(group, str))
