"""Where a ledger is, and what of it is shown."""

from pathlib import Path

import pytest

from ledger.address import Address, beside, place_of


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ana@db.example.com/usage", "postgresql://ana@db.example.com/usage"),
        ("postgres://ana:hunter2@db:5433/usage", "postgresql://ana@db:5433/usage"),
        ("postgresql://ana:hun%40ter2@[::1]/usage", "postgresql://ana@[::1]/usage"),
        ("postgresql:///usage?host=/run/pg&password=hunter2", "postgresql:///usage?host=%2Frun%2Fpg"),
        ("postgresql://ana:hunter2@a:1,b:2/usage?sslpassword=hunter2", "postgresql://ana@a:1,b:2/usage"),
        ("postgresql://ana:hun:ter2@db/usage", "postgresql://ana@db/usage"),
        ("postgresql://?service=usage", "postgresql://?service=usage"),
    ],
)
def test_no_password_is_shown(url: str, shown: str) -> None:
    address = place_of(url)
    assert isinstance(address, Address)
    assert str(address) == shown
    assert shown in repr(address)
    assert "hun" not in repr(address)
    assert address.url == url


@pytest.mark.parametrize(
    "text",
    [
        "mysql://ana:hunter2@db/usage",
        "http://hunter2",
        "postgresql:/ana:hunter2@db",
        "postgres:ana:hunter2@db/usage",
        "host=db password=hunter2 dbname=usage",
        "postgresql://ana:hun@hunter2@db/usage",
        "postgresql://ana:hunter2/@db/usage",
        "postgresql://ana:hunter2?@db/usage",
        "postgresql://ana:hunter2#@db/usage",
        "postgresql://ana:hunter2",
    ],
)
def test_what_is_no_such_url_is_refused_without_being_quoted(text: str) -> None:
    """A password that is not escaped would be taken for a host, a path or a query, and be shown as such."""
    with pytest.raises(ValueError, match="postgresql://USER@HOST/NAME") as refusal:
        place_of(text)
    assert "hunter2" not in str(refusal.value)


def test_a_path_is_a_path() -> None:
    assert place_of("~/usage.db") == Path.home() / "usage.db"


def test_what_belongs_to_a_ledger_lies_beside_it_or_in_the_given_folder() -> None:
    """Two databases have two names there."""
    state = Path("/state")
    assert beside(Path("/a/usage.db"), state) == Path("/a/usage.db")
    assert beside(Address("postgresql://ana:x@db:5433/usage"), state) == Path("/state/ana@db-5433-usage")
