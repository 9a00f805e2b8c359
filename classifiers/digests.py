"""Makes sure that a model's files are what they should be. Needs neither numpy nor a model's runtime."""

from hashlib import sha256
from pathlib import Path

from classifiers.errors import ModelError


def check_digest(path: Path, digest: str) -> None:
    """Make sure that a file is what it should be. Raises ModelError when it is missing or another."""
    try:
        with path.open("rb") as file:
            found = sha256()
            while chunk := file.read(1 << 20):
                found.update(chunk)
    except OSError as error:
        raise ModelError(
            f"the model file {path} cannot be read ({error.strerror}): install or train the model again"
        ) from None
    if found.hexdigest() != digest:
        raise ModelError(
            f"the model file {path} is not the expected one (sha256 {found.hexdigest()[:12]}…, not {digest[:12]}…): "
            "install or train the model again"
        )
