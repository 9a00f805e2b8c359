"""What lies in a model's folder: manifest.json names the model, its files by sha256 and what it was made from.

It leaves out what the files mean.
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from classifiers.digests import check_digest
from classifiers.errors import ModelError

MANIFEST = "manifest.json"
SHIPPED = Path(__file__).with_name("model")


@dataclass(frozen=True, slots=True)
class Manifest:
    """A model's description. Its weights for torch are listed too, though they are too large to ship."""

    name: str  # name and version: what judgements are signed with
    folder: Path
    files: dict[str, str]  # file name to sha256
    made: dict[str, Any]  # seed, data digests, library versions, figures

    def file(self, name: str) -> Path:
        """Give the path of a listed file, checked. Raises ModelError when it is not listed, missing or another."""
        if name not in self.files:
            raise ModelError(f"the model in {self.folder} has no {name}: train it again with `assay train`")
        check_digest(self.folder / name, self.files[name])
        return self.folder / name


def read_manifest(folder: Path) -> Manifest:
    """Read a model's description. Raises ModelError."""
    try:
        said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return Manifest(str(said["name"]), folder, dict(said["files"]), dict(said["made"]))
    except OSError as error:
        raise ModelError(f"{folder} holds no model ({error.strerror}): name a folder that `assay train` made") from None
    except (ValueError, KeyError, TypeError):
        raise ModelError(f"{folder / MANIFEST} is no model's manifest: name a folder that `assay train` made") from None


def write_manifest(folder: Path, name: str, files: list[str], made: dict[str, Any]) -> None:
    """Write the description of the files in `folder`."""
    digests = {file: sha256((folder / file).read_bytes()).hexdigest() for file in sorted(files)}
    said = {"name": name, "files": digests, "made": made}
    (folder / MANIFEST).write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
