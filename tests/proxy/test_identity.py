"""Who asked, in order of trust."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.keys import Keys
from proxy.certificates import NAMES, Certificates
from proxy.identity import MAX_IDENTITY_CHARS, MAX_TEAM_CHARS, Identity, Peers, Resolver, key_name
from proxy.keys import FixedKeys
from proxy.tokens import TokenRules, Tokens
from tests.proxy.asking import asked, chat
from tests.proxy.certifying import DAY, NOW, certify
from tests.proxy.signing import kind, token

SECRET = "0123456789abcdef"
ROOT = certify("staff root", authority=True)
FRONT, APP, ELSEWHERE = "10.1.2.3", "10.9.0.7", "192.0.2.1"

# One request with all that can name somebody, the most trusted first, each with another name.
CERTIFICATE = {"certificates": certify("Certified", ROOT).chain, "at": NOW.timestamp()}
LOGIN = {"proxy_user": "login"}
TOKEN = {"x-jwt": token(SECRET, "HS256", sub="tokened")}
FRONT_HEADER = {"x-forwarded-user": "Fronted"}
APP_HEADER = {"x-openwebui-user-email": "app%2Bped@example.com"}
KEY = {"authorization": "Bearer sk-secret"}


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys.load_or_create(tmp_path / "key")


@pytest.fixture
def resolver(keys: Keys) -> Resolver:
    return make(keys)


def make(keys: Keys, **fields: Any) -> Resolver:
    """Make a resolver that has every source."""
    rules = TokenRules("X-Jwt", ("sub",), "groups")
    sources: dict[str, Any] = {
        "fronts": Peers(["10.1.0.0/16"], ["X-Forwarded-User", "X-Goog-Authenticated-User-Email"]),
        "apps": Peers([f"{APP}/32"], ["X-OpenWebUI-User-Email"]),
        "team_header": "X-LiteLLM-Team-Id",
        "certificates": Certificates(ROOT.pem(), tuple(NAMES)),
        "tokens": Tokens(rules, FixedKeys(SECRET.encode())),
    }
    return Resolver(keys, **{**sources, **fields})


def person(keys: Keys, name: str) -> str:
    return keys.serving(0.0).key.digest("person", name)


@pytest.mark.parametrize(
    ("fields", "peer", "body_user", "source", "name"),
    [
        ({**CERTIFICATE, **LOGIN, "headers": TOKEN | FRONT_HEADER | KEY}, FRONT, "claimed", "certificate", "certified"),
        ({**LOGIN, "headers": TOKEN | FRONT_HEADER | KEY}, FRONT, "claimed", "proxy_auth", "login"),
        ({"headers": TOKEN | FRONT_HEADER | APP_HEADER | KEY}, FRONT, "claimed", "header", "fronted"),
        ({"headers": FRONT_HEADER}, f"::ffff:{FRONT}", "claimed", "header", "fronted"),
        ({"headers": TOKEN | FRONT_HEADER | APP_HEADER | KEY}, ELSEWHERE, "claimed", "jwt", "tokened"),
        ({"headers": FRONT_HEADER | TOKEN | APP_HEADER}, APP, "claimed", "jwt", "tokened"),
        ({"headers": FRONT_HEADER | APP_HEADER | KEY}, APP, "claimed", "header", "app+ped@example.com"),
        ({"headers": {"x-forwarded-user": " "} | KEY}, FRONT, "claimed", "api_key", "key"),
        ({"headers": {"x-forwarded-user": " "}}, FRONT, "Claimed", "body", "claimed"),
        ({"headers": {"authorization": f"Bearer {token(SECRET, 'HS256', sub='self')}"}}, FRONT, " ", "body", "self"),
        ({}, ELSEWHERE, None, "address", ELSEWHERE),
        ({}, "not an address", " ", "address", "not an address"),
    ],
    ids=kind,
)
def test_the_most_trusted_source_that_answers_wins(
    resolver: Resolver, keys: Keys, fields: dict[str, Any], peer: str, body_user: str | None, source: str, name: str
) -> None:
    identity = resolver.resolve(asked(chat("hi"), peer=peer, **fields), body_user)
    assert identity.source == source
    assert identity.person == person(keys, key_name(keys.stable, "sk-secret") if name == "key" else name)


@pytest.mark.parametrize("header", [*FRONT_HEADER, *APP_HEADER, "x-litellm-team-id"])
def test_a_header_counts_only_from_the_peers_it_is_believed_of(resolver: Resolver, header: str) -> None:
    """Anybody can send one: from elsewhere it changes nothing. Nor may an application stand for a front proxy."""
    without = resolver.resolve(asked(chat("hi"), peer=ELSEWHERE), None)
    assert resolver.resolve(asked(chat("hi"), peer=ELSEWHERE, headers={header: "mallory"}), None) == without
    assert without.source == "address"
    crossed = {"x-forwarded-user": APP, "x-openwebui-user-email": FRONT}.get(header, ELSEWHERE)
    assert resolver.resolve(asked(chat("hi"), peer=crossed, headers={header: "mallory"}), None).source == "address"


def test_by_default_nothing_is_believed(keys: Keys) -> None:
    everything: dict[str, Any] = {
        **CERTIFICATE,
        "headers": TOKEN | FRONT_HEADER | APP_HEADER | {"x-litellm-team-id": "t"},
    }
    identity = Resolver(keys).resolve(asked(chat("hi"), peer=FRONT, **everything), None)
    assert identity == Identity(person(keys, FRONT), None, "address")


def test_what_cannot_be_verified_falls_through_to_the_next_source(resolver: Resolver) -> None:
    """A certificate of another authority and a token of another key are as if they were not there."""
    fields: dict[str, Any] = {
        "certificates": certify("mallory", certify("staff root", authority=True)).chain,
        "headers": {"x-jwt": token(SECRET[::-1], "HS256", sub="mallory")},
    }
    assert resolver.resolve(asked(chat("hi"), peer=ELSEWHERE, **fields), "carol").source == "body"


def test_what_was_shown_holds_as_long_as_its_websocket(resolver: Resolver) -> None:
    """Each message would else be another person's once the token has expired."""
    opened = 1_795_000_000.0
    headers = {"x-jwt": token(SECRET, "HS256", sub="ada", exp=opened + 60)}
    later: dict[str, Any] = {"at": opened + 7200, "peer": ELSEWHERE, "headers": headers}
    assert resolver.resolve(asked(chat("hi"), **later, opened=opened), None).source == "jwt"
    assert resolver.resolve(asked(chat("hi"), **later), None).source == "address"
    expiring = certify("ada", ROOT).chain
    after: dict[str, Any] = {"at": (NOW + 2 * DAY).timestamp(), "certificates": expiring}
    assert resolver.resolve(asked(chat("hi"), **after, opened=NOW.timestamp()), None).source == "certificate"
    assert resolver.resolve(asked(chat("hi"), **after), None).source == "address"


def test_a_prefix_of_googles_is_no_part_of_the_name(resolver: Resolver, keys: Keys) -> None:
    header = {"x-goog-authenticated-user-email": "accounts.google.com:Ada@example.com"}
    assert resolver.resolve(asked(chat("hi"), peer=FRONT, headers=header), None).person == person(
        keys, "ada@example.com"
    )


def test_a_name_is_no_longer_than_an_address(resolver: Resolver, keys: Keys) -> None:
    identity = resolver.resolve(asked(chat("hi"), peer=FRONT, headers={"x-forwarded-user": "a" * 9999}), None)
    assert identity.person == person(keys, "a" * MAX_IDENTITY_CHARS)


def test_a_key_that_changes_is_one_person_still(resolver: Resolver) -> None:
    """Requests to Bedrock are signed anew each time: only the id of the key lasts."""
    signed = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261125/eu-west-1/bedrock/aws4_request, Signature="
    people = {
        resolver.resolve(asked(chat("hi"), headers={"authorization": signed + signature}), None).person
        for signature in ("a1", "b2")
    }
    assert len(people) == 1


def test_a_person_is_a_pseudonym_that_is_stable_and_keyed(keys: Keys, tmp_path: Path) -> None:
    """The same name gives the same digest under one key, and another under another key."""
    resolver = Resolver(keys)
    one = resolver.resolve(asked(chat("hi"), proxy_user="Ada"), None)
    two = resolver.resolve(asked(chat("hi"), proxy_user=" ada "), None)
    other = Resolver(Keys.load_or_create(tmp_path / "other")).resolve(asked(chat("hi"), proxy_user="ada"), None)
    assert one == two
    assert one.person != other.person
    assert "ada" not in one.person


def test_a_team_comes_from_the_teams_file(keys: Keys) -> None:
    """By user, by the fingerprint of a key, and by address: of the narrowest network that holds it."""
    teams = {
        "Ada@example.com": "Payments",
        key_name(keys.stable, "sk-1"): "Support",
        "10.2.0.0/16": "Ops",
        "10.2.3.0/24": "Night shift",
        "10.2.9.9": "Kiosk",
    }
    resolver = make(keys, teams=teams)

    def team(peer: str = ELSEWHERE, **fields: Any) -> str | None:
        return resolver.resolve(asked(chat("hi"), peer=peer, **fields), None).team

    assert team(proxy_user="ada@example.com") == "Payments"
    assert team(headers={"authorization": "Bearer sk-1"}) == "Support"
    assert team("10.2.4.4") == "Ops"
    assert team("10.2.3.4") == "Night shift"
    assert team("10.2.9.9") == "Kiosk"
    assert team("10.2.4.4", proxy_user="bob") == "Ops"  # not in the file: it says of the network what holds for bob
    assert team("10.2.4.4", proxy_user="ada@example.com") == "Payments"
    assert team("10.3.3.4") is None


def test_a_person_of_several_names_is_one(keys: Keys) -> None:
    """Of the team of the one name, or of the other, where the file does not know the one."""
    name = key_name(keys.stable, "sk-1")
    people = {name: "ada@example.com", "ada": "ada@example.com"}

    def identify(teams: dict[str, str]) -> set[Identity]:
        resolver = make(keys, teams=teams, people=people)
        by_key = asked(chat("hi"), headers={"authorization": "Bearer sk-1"})
        found = [
            resolver.resolve(by_key, None),
            resolver.resolve(asked(chat("hi"), proxy_user="Ada"), None),
            resolver.resolve(asked(chat("hi"), proxy_user="ada@example.com"), None),
        ]
        assert [identity.source for identity in found] == ["api_key", "proxy_auth", "proxy_auth"]
        return {replace(identity, source="address") for identity in found}

    ada = person(keys, "ada@example.com")
    assert identify({"ada@example.com": "Payments"}) == {Identity(ada, "Payments", "address")}
    assert Identity(ada, "Payments", "address") in identify({name: "Payments"})


@pytest.mark.parametrize(
    ("groups", "team"),
    [
        (["everyone", "PAYMENTS", "ops"], "Payments"),
        (["everyone", "all"], None),  # either could come first tomorrow
        (["Legal"], "Legal"),
        ("Legal", "Legal"),
        ([], None),
        (["a" * 999], "a" * MAX_TEAM_CHARS),
        (["Le\ngal\x1b"], "Legal"),
    ],
)
def test_a_token_may_name_the_team_of_whom_the_file_does_not_know(keys: Keys, groups: object, team: str | None) -> None:
    resolver = make(keys, teams={"ada": "Payments", "bob": "Ops"})

    def named(sub: str) -> str | None:
        signed = token(SECRET, "HS256", sub=sub, groups=groups)
        return resolver.resolve(asked(chat("hi"), peer=ELSEWHERE, headers={"x-jwt": signed}), None).team

    assert named("carol") == team
    assert named("bob") == "Ops"


@pytest.mark.parametrize(("peer", "team"), [(FRONT, "Payments"), (APP, "Payments"), (ELSEWHERE, None)])
def test_a_trusted_header_may_name_the_team(keys: Keys, peer: str, team: str | None) -> None:
    resolver = make(keys, teams={"ada": "Payments", "bob": "Ops"})

    def named(**fields: Any) -> str | None:
        headers = {"x-litellm-team-id": "payments", **fields.pop("headers", {})}
        return resolver.resolve(asked(chat("hi"), peer=peer, headers=headers, **fields), None).team

    assert named(proxy_user="carol") == team
    assert named(proxy_user="bob") == "Ops"


@pytest.mark.parametrize("peers", ["fronts", "apps"])
def test_a_peer_that_is_no_network_is_refused(keys: Keys, peers: str) -> None:
    """At the start, not at the first request."""
    with pytest.raises(ValueError, match="office"):
        make(keys, **{peers: Peers(["office"], ["X-Forwarded-User"])})
