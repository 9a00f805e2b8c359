import pytest

from tests.clients.installing import ROOT, clients

DOCUMENT = ROOT / "docs" / "clients.md"
VERSIONS = [version for client in clients().values() for version in client.wanted().items()]


@pytest.mark.parametrize(("package", "version"), VERSIONS)
def test_the_table_of_clients_says_which_version_was_run(package: str, version: str) -> None:
    """And claims no other."""
    rows = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("|")]
    assert any(f" {version}" in row and "| run" in row for row in rows), f"{package} {version} is in no row"
