"""Names become digests that only the key's holder can test."""

import os
from pathlib import Path

import pytest

from ledger.errors import LedgerError
from ledger.pseudonyms import Key


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """The second start reads what the first one wrote."""
    path = tmp_path / "new" / "key"
    first = Key.load_or_create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["key"]
    assert Key.load_or_create(path).digest("person", "ada") == first.digest("person", "ada")


def test_of_two_makers_the_first_one_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes second while the key is being made takes the one that is there."""
    path = tmp_path / "key"
    link = os.link

    def overtaken(source: Path, target: Path) -> None:
        path.write_bytes(b"k" * 32)
        path.chmod(0o600)
        link(source, target)

    monkeypatch.setattr("os.link", overtaken)
    assert Key.load_or_create(path).digest("x") == Key(b"k" * 32).digest("x")


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


def test_a_key_does_not_show_itself(tmp_path: Path) -> None:
    """Neither its repr nor a refusal tells the secret."""
    assert "kkkk" not in repr(Key(b"k" * 32))
    path = tmp_path / "key"
    path.write_bytes(b"k" * 31)
    path.chmod(0o600)
    with pytest.raises(LedgerError) as refusal:
        Key.load_or_create(path)
    assert "kkkk" not in str(refusal.value)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_file_of_another_size_is_refused(tmp_path: Path, size: int) -> None:
    """It is not overwritten: pseudonyms would change behind everybody's back."""
    path = tmp_path / "key"
    path.write_bytes(b"k" * size)
    path.chmod(0o600)
    with pytest.raises(LedgerError, match="is not a key of 32 bytes: restore it"):
        Key.load_or_create(path)
    assert path.read_bytes() == b"k" * size


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    """Whoever reads the key can undo the pseudonyms."""
    path = tmp_path / "key"
    path.write_bytes(b"k" * 32)
    path.chmod(mode)
    with pytest.raises(LedgerError, match=r"can be read by others: .*chmod 600"):
        Key.load_or_create(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """One sentence, whatever lies there."""
    with pytest.raises(LedgerError, match="is no file"):
        Key.load_or_create(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match="cannot be read or made"):
        Key.load_or_create(tmp_path / "file" / "key")


def test_a_short_secret_is_refused() -> None:
    """A key is 32 bytes."""
    with pytest.raises(ValueError, match="32 bytes, not 3"):
        Key(b"abc")
