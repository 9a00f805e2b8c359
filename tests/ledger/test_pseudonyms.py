"""Names become digests that only the key's holder can test."""

import pytest

from ledger.pseudonyms import Key


def test_a_digest_depends_on_the_key_the_purpose_and_each_part() -> None:
    """Two parts are never taken for one, nor one purpose for another."""
    key, other = Key(b"a" * 32), Key(b"b" * 32)
    digests = {
        key.digest("person", "ab", "c"),
        key.digest("person", "a", "bc"),
        key.digest("person", "abc"),
        key.digest("ask", "ab", "c"),
        other.digest("person", "ab", "c"),
    }
    assert len(digests) == 5
    assert all(len(digest) == 16 and int(digest, 16) >= 0 for digest in digests)


def test_any_text_has_a_digest() -> None:
    """Half of a surrogate pair, which JSON can carry, too."""
    key = Key(b"a" * 32)
    assert key.digest("ask", "\ud83d") != key.digest("ask", "\ude00")


def test_a_key_does_not_show_itself() -> None:
    """Its repr does not tell the secret."""
    assert "kkkk" not in repr(Key(b"k" * 32))


def test_a_short_secret_is_refused() -> None:
    """A key is 32 bytes."""
    with pytest.raises(ValueError, match="32 bytes, not 3"):
        Key(b"abc")
