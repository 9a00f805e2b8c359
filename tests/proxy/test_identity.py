"""Who asked, in order of trust."""

from pathlib import Path
from typing import Any

import pytest

from ledger.pseudonyms import Key
from proxy.identity import Resolver, key_name
from tests.proxy.asking import asked, chat


@pytest.fixture
def key(tmp_path: Path) -> Key:
    return Key.load_or_create(tmp_path / "key")


EVERYTHING: dict[str, Any] = {
    "headers": {"x-forwarded-user": "Ada@Example.com", "authorization": "Bearer sk-secret"},
    "proxy_user": "bob",
}


@pytest.mark.parametrize(
    ("fields", "peer", "body_user", "source"),
    [
        (EVERYTHING, "10.1.2.3", "carol", "header"),
        (EVERYTHING, "::ffff:10.1.2.3", "carol", "header"),
        (EVERYTHING, "192.0.2.1", "carol", "proxy_auth"),
        ({"headers": {"x-forwarded-user": "mallory", "x-api-key": "k"}}, "192.0.2.1", "carol", "api_key"),
        ({"headers": {"x-forwarded-user": " "}}, "10.1.2.3", "carol", "body"),
        ({}, "192.0.2.1", None, "address"),
        ({}, "not an address", " ", "address"),
    ],
)
def test_the_most_trusted_source_that_answers_wins(
    key: Key, fields: dict[str, Any], peer: str, body_user: str | None, source: str
) -> None:
    """A header counts only from a configured peer: anybody can send one."""
    resolver = Resolver(key, headers=["X-Forwarded-User"], trusted_peers=["10.0.0.0/8"])
    assert resolver.resolve(asked(chat("hi"), peer=peer, **fields), body_user).source == source


def test_a_person_is_a_pseudonym_that_is_stable_and_keyed(key: Key, tmp_path: Path) -> None:
    """The same name gives the same digest under one key, and another under another key."""
    resolver = Resolver(key)
    one = resolver.resolve(asked(chat("hi"), proxy_user="Ada"), None)
    two = resolver.resolve(asked(chat("hi"), proxy_user=" ada "), None)
    other = Resolver(Key.load_or_create(tmp_path / "other")).resolve(asked(chat("hi"), proxy_user="ada"), None)
    assert one == two
    assert one.person != other.person
    assert "ada" not in one.person


def test_a_team_comes_from_the_mapping(key: Key) -> None:
    """By user, by the fingerprint of a key, and by address."""
    teams = {"Ada@example.com": "Payments", key_name(key, "sk-1"): "Support", "10.2.0.0/16": "Ops"}
    resolver = Resolver(key, teams=teams)
    by_user = resolver.resolve(asked(chat("hi"), proxy_user="ada@example.com"), None)
    by_key = resolver.resolve(asked(chat("hi"), headers={"authorization": "Bearer sk-1"}), None)
    by_address = resolver.resolve(asked(chat("hi"), peer="10.2.3.4"), None)
    nobody = resolver.resolve(asked(chat("hi"), peer="10.3.3.4"), None)
    assert [i.team for i in (by_user, by_key, by_address, nobody)] == ["Payments", "Support", "Ops", None]


def test_a_peer_that_is_no_network_is_refused(key: Key) -> None:
    """At the start, not at the first request."""
    with pytest.raises(ValueError, match="office"):
        Resolver(key, trusted_peers=["office"])
