"""A database on a real server, in place of the file that the tests of the folder above take."""

from pathlib import Path

import pytest

from ledger.address import Address

# Test names that speak of a file, of SQLite's own words, or of schemas that no PostgreSQL ledger ever had.
OF_FILES = (
    "TestSettling",
    "TestRefusals",
    "TestCap",
    "test_words_that_people_give_are_sealed",
    "test_published_figures_are_the_detail_rows",
    "test_open_weeks_are_grouped",
    "test_others_write_between_slices",
    "test_rows_without_their_turn_go",
    "test_the_files_are_their_owners_alone",
    "test_others_lose_their_rights",
    "test_a_folder_that_was_there",
    "test_the_connection_is_safe",
    "test_a_signature_leaves_the_file",
    "test_free_pages_are_given_back",
    "test_backups_of_before_a_migration",
    "test_without_a_ledger_there_is_nothing",
    "test_an_empty_file_is_no_ledger",
    "test_another_programs_database_is_refused",
    "test_turns_are_found_without_a_look",
    "test_the_tables_are_strict",
    "test_an_entry_waits_for_the_disk",
    "INSERT OR REPLACE",
    "REPLACE INTO",
    "test_the_ledger_itself_refuses_changes[change7]",  # INSERT OR REPLACE
    "[no text]",
    "[other types]",
    "test_a_ledger_of_the_first_schema",
    "test_a_ledger_with_digests_as_text",
    "test_entries_of_an_older_assay",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    items[:] = [one for one in items if one.path.parent != here or not any(name in one.nodeid for name in OF_FILES)]


@pytest.fixture
def db(database: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Address:
    """Its keys lie in a home of the test's own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return database
