"""The roles file and the file of accounts say who may see what, or what is wrong with them."""

from pathlib import Path

import pytest

from config.loading import SettingsError
from config.roles import Roles, load_accounts, load_roles

HASH = "pbkdf2_sha256$480000$salt$hash"


def test_roles_are_read_in_lower_case(tmp_path: Path) -> None:
    file = tmp_path / "roles.toml"
    file.write_text('admins = ["Ana@Example.com"]\nauditors = ["aud"]\n[managers]\n"Ben" = ["Sales", "Growth"]\n')
    assert load_roles(file) == Roles(frozenset({"ana@example.com"}), frozenset({"aud"}), {"ben": ("Sales", "Growth")})
    assert load_roles(None) == Roles()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("admins = 3", "admins must be a list of names"),
        ('admins = [""]', "admins must be a list of names"),
        ("owners = []", "owners is no role"),
        ("managers = []", "managers must be a table"),
        ('[managers]\nben = "Sales"', "manager ben must have a list of teams"),
        ('admins = ["a"]\nauditors = ["A"]', "a has two roles"),
        ('admins = ["a"]\n[managers]\na = ["Sales"]', "a has two roles"),
        ("admins = [", "is not TOML"),
    ],
)
def test_a_bad_roles_file_is_said_in_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "roles.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=said):
        load_roles(file)


def test_accounts_are_names_and_hashes(tmp_path: Path) -> None:
    file = tmp_path / "accounts.toml"
    file.write_text(f'"Ana@example.com" = "{HASH}"\n')
    assert load_accounts(file) == {"ana@example.com": HASH}
    assert load_accounts(None) == {}


@pytest.mark.parametrize("text", ['ana = "secret"', "ana = 3", 'ana = "pbkdf2_sha256$x"'])
def test_an_account_without_a_hash_is_refused_and_not_quoted(tmp_path: Path, text: str) -> None:
    file = tmp_path / "accounts.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match="must have a hash that assay console password prints") as error:
        load_accounts(file)
    assert "secret" not in str(error.value)


def test_a_file_that_is_not_there_names_its_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"mend console\.roles"):
        load_roles(tmp_path / "none.toml")
    with pytest.raises(SettingsError, match=r"mend console\.accounts"):
        load_accounts(tmp_path / "none.toml")
