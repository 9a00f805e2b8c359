"""The key file: made once, read by whoever comes, replaced whole."""

import errno
import multiprocessing
import os
from pathlib import Path

import pytest

from ledger.errors import LedgerError
from ledger.keys import Keys, NoKey, key_file
from ledger.pseudonyms import Key
from ledger.ring import Ring, week_of

MONDAY = "2026-11-23T00:00:00.000Z"
SUNDAY = "2026-12-20T23:59:59.999Z"
NEXT = "2026-12-21T00:00:00.000Z"
OVER = "2027-01-18T00:00:00.000Z"
NOW = 1795600000.0  # Wednesday of the first week
DAY = 86_400


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "usage.db.key"


def test_keys_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    """The second start reads what the first one wrote."""
    path = key_file(tmp_path / "new" / "usage.db")
    first = Keys.load_or_create(path)
    assert path.name == "usage.db.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["usage.db.key"]
    second = Keys.load_or_create(path)
    assert second.at(NEXT).digest("person", "ada") == first.at(NEXT).digest("person", "ada")
    assert second.stable.digest("api key", "sk") == first.stable.digest("api key", "sk")


def test_a_period_has_a_pseudonym_of_its_own_and_the_stable_key_none(path: Path) -> None:
    keys = Keys.load_or_create(path, now=NOW)
    assert keys.period(MONDAY) == keys.period(SUNDAY) == keys.period(NOW) == (MONDAY, NEXT)
    assert keys.period(NEXT) == (NEXT, OVER)
    digests = [key.digest("person", "ada") for key in (keys.at(MONDAY), keys.at(SUNDAY), keys.at(NOW))]
    assert len(set(digests)) == 1
    assert len({*digests, keys.at(NEXT).digest("person", "ada"), keys.stable.digest("person", "ada")}) == 3


def test_a_time_before_the_oldest_period_is_served_by_the_oldest_key(path: Path) -> None:
    """Who asks for its own key is told that there is none."""
    keys = Keys.load_or_create(path, now=NOW)
    for ask in (keys.at, keys.period):
        with pytest.raises(NoKey):
            ask("2026-11-22T23:59:59.999Z")
    before, within, after = (keys.serving(time) for time in ("2020-01-01T00:00:00.000Z", NOW, NEXT))
    assert before.key.digest("x") == within.key.digest("x") == keys.at(MONDAY).digest("x")
    assert (before.since, before.until) == (within.since, within.until) == ("", NEXT)
    assert (after.since, after.until) == (NEXT, OVER)


def test_the_periods_up_to_now_are_told(path: Path) -> None:
    keys = Keys.load_or_create(path, now=NOW)
    assert keys.retained(NOW) == [MONDAY]
    assert keys.retained(NOW + 4 * 7 * DAY) == [MONDAY, NEXT]
    assert keys.retained(NOW - 70 * DAY) == []


def test_a_destroyed_key_is_nowhere_and_the_others_go_on(path: Path) -> None:
    """Not in the file, not in memory, and not in a process that had read it before."""
    keys, other = Keys.load_or_create(path, now=NOW), Keys.load_or_create(path, now=NOW)
    file = path.stat().st_ino
    later, secret = keys.at(NEXT).digest("x"), Ring.read(path.read_bytes()).key(week_of(MONDAY))
    assert not keys.destroy_before(SUNDAY)
    assert path.stat().st_ino == file
    assert keys.destroy_before(NEXT)
    assert path.stat().st_ino != file
    assert path.stat().st_mode & 0o777 == 0o600
    assert secret.hex() not in path.read_text()
    assert list(path.parent.iterdir()) == [path]
    for each in (keys, other, Keys.load_or_create(path)):
        assert each.at(NEXT).digest("x") == each.serving(MONDAY).key.digest("x") == later
        with pytest.raises(NoKey):
            each.at(SUNDAY)
    assert not keys.destroy_before(NEXT)


def test_the_single_key_of_an_older_assay_becomes_a_ring(path: Path) -> None:
    """Fingerprints in a teams file stay, and so do the pseudonyms of the period."""
    path.write_bytes(b"k" * 32)
    path.chmod(0o600)
    old = Key(b"k" * 32)
    keys = Keys.load_or_create(path, now=NOW)
    again = Keys.load_or_create(path, now=NOW + 40 * DAY)
    assert path.stat().st_size > 32
    assert path.stat().st_mode & 0o777 == 0o600
    for each in (keys, again):
        assert each.stable.digest("api key", "sk") == old.digest("api key", "sk")
        assert each.serving(MONDAY).key.digest("person", "ada") == old.digest("person", "ada")
        assert each.at(NEXT).digest("x") == keys.at(NEXT).digest("x") != old.digest("x")


def test_a_setting_changes_the_rhythm_from_next_monday_on(path: Path) -> None:
    """Also for a process that runs; whoever says nothing changes nothing."""
    running = Keys.load_or_create(path, weeks=4, now=NOW)
    Keys.load_or_create(path, weeks=1, now=NOW)
    Keys.load_or_create(path, now=NOW)
    assert running.period(NOW) == (MONDAY, "2026-11-30T00:00:00.000Z")
    assert running.period(NOW + 7 * DAY) == ("2026-11-30T00:00:00.000Z", "2026-12-07T00:00:00.000Z")


def test_a_file_that_vanishes_or_breaks_changes_nothing_for_who_has_read_it(path: Path) -> None:
    keys = Keys.load_or_create(path, now=NOW)
    before = keys.at(NEXT).digest("x")
    path.write_bytes(b"gone")
    assert keys.at(NEXT).digest("x") == before
    path.unlink()
    assert keys.at(NEXT).digest("x") == before


def test_of_two_makers_the_first_one_wins(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes second while the keys are being made takes those that are there."""
    link, first = os.link, Ring.new(week_of(NOW), 4)

    def overtaken(source: Path, target: Path) -> None:
        path.write_bytes(first.write())
        path.chmod(0o600)
        link(source, target)

    monkeypatch.setattr("os.link", overtaken)
    assert Keys.load_or_create(path, now=NOW).stable.digest("x") == Key(first.stable).digest("x")


def _digests(path: Path, say: "multiprocessing.connection.Connection") -> None:
    keys = Keys.load_or_create(path, now=NOW)
    say.send((keys.stable.digest("x"), keys.at(NOW).digest("x"), keys.at(NEXT).digest("x")))


@pytest.mark.parametrize("content", [None, b"k" * 32])
def test_processes_that_start_at_once_have_the_same_keys(path: Path, content: bytes | None) -> None:
    """Whether they make the file or rewrite an older Assay's."""
    if content is not None:
        path.write_bytes(content)
        path.chmod(0o600)
    context = multiprocessing.get_context("spawn")
    told, say = context.Pipe(duplex=False)
    processes = [context.Process(target=_digests, args=(path, say)) for _ in range(4)]
    for process in processes:
        process.start()
    assert len({told.recv() for _ in processes}) == 1
    for process in processes:
        process.join()
    told.close()
    say.close()


def test_a_key_that_cannot_be_rewritten_serves_as_it_is(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that can be read alone is no reason to lose who asked."""
    path.write_bytes(b"k" * 32)
    path.chmod(0o600)
    opened = os.open

    def read_only(file: str | Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_CREAT:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return opened(file, flags, mode)

    monkeypatch.setattr("os.open", read_only)
    keys = Keys.load_or_create(path, now=NOW)
    assert keys.at(NOW).digest("x") == Key(b"k" * 32).digest("x")


@pytest.mark.parametrize("content", [b"", b"k" * 31, b"k" * 33, b'{\n "assay keys": 1,\n "stable": "'])
def test_a_file_without_keys_is_refused(path: Path, content: bytes) -> None:
    """It is not overwritten: pseudonyms would change behind everybody's back. The refusal does not quote it."""
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(LedgerError, match="holds no keys of Assay's: restore it") as refusal:
        Keys.load_or_create(path)
    assert path.read_bytes() == content
    assert "kkkk" not in str(refusal.value)


def test_a_newer_file_is_refused(path: Path) -> None:
    path.write_bytes(b'{"assay keys": 2}')
    path.chmod(0o600)
    with pytest.raises(LedgerError, match="made by a newer Assay: upgrade"):
        Keys.load_or_create(path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(path: Path, mode: int) -> None:
    """Whoever reads the key can undo the pseudonyms."""
    path.write_bytes(b"k" * 32)
    path.chmod(mode)
    with pytest.raises(LedgerError, match=r"can be read by others: .*chmod 600"):
        Keys.load_or_create(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """One sentence, whatever lies there."""
    with pytest.raises(LedgerError, match="is no file"):
        Keys.load_or_create(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match="cannot be read or made"):
        Keys.load_or_create(tmp_path / "file" / "key")


def test_keys_do_not_show_themselves(path: Path) -> None:
    path.write_bytes(b"k" * 32)
    path.chmod(0o600)
    keys = Keys.load_or_create(path, now=NOW)
    assert "kkk" not in f"{keys!r}{keys.serving(NOW)!r}{vars(keys)!r}"
