"""Model folders are checked before they are used."""

import json
from pathlib import Path

import pytest

from classifiers.errors import ModelError
from classifiers.judge import HEAD, NETWORK, TOKENIZER
from classifiers.manifest import MANIFEST, SHIPPED, read_manifest, write_manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one file and its manifest."""
    (tmp_path / "head.npz").write_bytes(b"numbers")
    write_manifest(tmp_path, "judge-1", ["head.npz"], {"seed": 7})
    return tmp_path


def test_what_was_written_is_read(folder: Path) -> None:
    """Name, files and making come back."""
    manifest = read_manifest(folder)
    assert (manifest.name, manifest.made) == ("judge-1", {"seed": 7})
    assert manifest.file("head.npz").read_bytes() == b"numbers"


def test_a_changed_file_is_refused(folder: Path) -> None:
    """One byte is enough."""
    (folder / "head.npz").write_bytes(b"numberz")
    with pytest.raises(ModelError, match=r"head\.npz is not the expected one .* again$"):
        read_manifest(folder).file("head.npz")


def test_a_missing_file_is_refused(folder: Path) -> None:
    """The sentence says which."""
    (folder / "head.npz").unlink()
    with pytest.raises(ModelError, match=r"head\.npz cannot be read"):
        read_manifest(folder).file("head.npz")


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"name": "x", "files": 3, "made": {}})])
def test_what_is_no_manifest_is_refused(folder: Path, text: str) -> None:
    """Any other text than a manifest's."""
    (folder / MANIFEST).write_text(text)
    with pytest.raises(ModelError, match="is no model's manifest"):
        read_manifest(folder)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """The sentence says what to name."""
    with pytest.raises(ModelError, match="holds no model"):
        read_manifest(tmp_path)


def test_a_file_that_is_not_listed_is_refused(folder: Path) -> None:
    """Only what has a digest is opened."""
    with pytest.raises(ModelError, match=r"has no network\.onnx"):
        read_manifest(folder).file("network.onnx")


def test_what_ships_is_small_and_whole() -> None:
    """Everything that the judge opens is there with its digest, in under 30 MB."""
    manifest = read_manifest(SHIPPED)
    assert sum(manifest.file(name).stat().st_size for name in (NETWORK, TOKENIZER, HEAD)) < 30_000_000
