"""Puts the sources of identity together from the settings, and refuses those that would believe too much or nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from assay.failure import MISUSED, Failure, say
from config.loading import SettingsError
from config.settings import IdentitySettings, Settings, TokenSettings
from config.teams import load_teams

if TYPE_CHECKING:
    from ledger.keys import Keys
    from proxy.certificates import Certificates
    from proxy.identity import Resolver
    from proxy.keys import KeySource
    from proxy.tokens import Tokens

FIRST_KEYS_SECONDS = 3.0  # for which the proxy waits for the keys of tokens before it listens


@contextmanager
def identifying(settings: Settings) -> Iterator[Callable[["Keys"], "Resolver"]]:
    """Give what makes the resolver, while tokens' keys are kept fresh; then say what was refused. Raises Failure."""
    from proxy.identity import Peers, Resolver
    from proxy.keys import FetchedKeys

    identity = settings.identity
    _check_headers(identity)
    try:
        teams = load_teams(identity.teams)
    except SettingsError as error:
        raise Failure(str(error), MISUSED) from None
    certificates = _certificates(identity)
    token_keys = _keys(settings.token)
    tokens = _tokens(settings.token, token_keys)

    def resolver(keys: "Keys") -> "Resolver":
        return Resolver(
            keys,
            Peers(identity.trusted_peers, identity.headers),
            Peers(identity.app_peers, identity.app_headers),
            identity.team_header,
            teams.teams,
            teams.people,
            certificates,
            tokens,
        )

    if not isinstance(token_keys, FetchedKeys):
        yield resolver
    else:
        token_keys.start(FIRST_KEYS_SECONDS)
        try:
            yield resolver
        finally:
            token_keys.stop()
            _count(token_keys.faults, "times the keys of tokens could not be fetched")
    _count(certificates.refused if certificates else 0, "requests had a client certificate that names nobody")
    _count(tokens.refused if tokens else 0, "requests had a signed token that names nobody")


def _count(number: int, what: str) -> None:
    if number:
        say(f"{number} {what}")


def _check_headers(identity: IdentitySettings) -> None:
    given = identity.model_fields_set
    for headers, peers, whose in (
        ("headers", "trusted_peers", "your front proxy"),
        ("app_headers", "app_peers", "the application"),
    ):
        if headers in given and getattr(identity, headers) and not getattr(identity, peers):
            raise _misused(f"identity.{headers} counts from nobody: set identity.{peers} to the network of {whose}")
        if getattr(identity, peers) and not getattr(identity, headers):
            raise _misused(
                f"identity.{peers} is set, and no header: set identity.{headers} to the one that {whose} sets"
            )
    if identity.team_header and not (identity.trusted_peers or identity.app_peers):
        raise _misused("identity.team_header counts from nobody: set identity.trusted_peers or identity.app_peers")


def _certificates(identity: IdentitySettings) -> "Certificates | None":
    from proxy.certificates import Certificates

    if identity.client_ca is None:
        return None
    content = _content(identity.client_ca, "identity.client_ca")
    try:
        return Certificates(content, identity.client_names)
    except ValueError:
        raise _misused(
            f"identity.client_ca {identity.client_ca} holds no PEM certificate: name one that does"
        ) from None


def _keys(token: TokenSettings) -> "KeySource | None":
    from proxy.keys import FetchedKeys, FixedKeys, KeysError

    if not token.header:
        if token.model_fields_set - {"header"}:
            raise _misused("token.header is not set, so no token is read: name the header that holds it")
        return None
    if not token.keys:
        raise _misused("token.keys is not set, so no token can be checked: name a URL or a file of keys")
    make: Callable[[], KeySource]
    if "://" in token.keys:
        _check_rules(token)
        make = lambda: FetchedKeys(token.keys)  # noqa: E731
    else:
        content = _content(Path(token.keys).expanduser(), "token.keys")
        make = lambda: FixedKeys(content)  # noqa: E731
    try:
        return make()
    except KeysError as error:
        raise _misused(f"token.keys cannot be used, as {error}: mend it") from None


def _check_rules(token: TokenSettings) -> None:
    """Refuse to believe tokens that anybody can get: such URLs sign for all their customers."""
    from proxy.keys import PLACE

    if PLACE in token.keys:
        if not token.signer:
            raise _misused("token.keys holds the keys of all load balancers of the region: set token.signer to yours")
    elif not (token.issuer or token.audience):
        raise _misused("tokens of anybody could count: set token.audience, or token.issuer, to what yours say")


def _tokens(token: TokenSettings, keys: "KeySource | None") -> "Tokens | None":
    from proxy.tokens import TokenRules, Tokens

    if keys is None:
        return None
    rules = TokenRules(token.header, token.claims, token.groups_claim, token.issuer, token.audience, token.signer)
    return Tokens(rules, keys)


def _content(file: Path, setting: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise _misused(
            f"{setting} {file} cannot be read ({(error.strerror or 'unknown').lower()}): name a file that exists and "
            "that Assay may read"
        ) from None


def _misused(sentence: str) -> Failure:
    return Failure(sentence, MISUSED)
