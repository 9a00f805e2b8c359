"""Is the model whole, and which one judges?"""

from collections.abc import Iterator

from assay.checks.finding import Finding, bad, good, note
from config.settings import Settings


def model(settings: Settings) -> Iterator[Finding]:
    """Compare the model's files with the digests of its manifest."""
    from classifiers.errors import ModelError
    from classifiers.manifest import SHIPPED, read_manifest

    if settings.classifier.backend == "rules":
        yield note("simple rules judge, as classifier.backend says", "leave it out, and the shipped model judges")
        return
    folder = settings.classifier.model or SHIPPED
    try:
        manifest = read_manifest(folder)
        for name in _there(manifest.files, settings.classifier.backend):
            manifest.file(name)
    except ModelError as error:
        yield bad(str(error), "install Assay again, or name another folder in classifier.model")
        return
    except ModuleNotFoundError as error:
        yield note(
            f"the model cannot be looked at here, as {error.name} is not installed", "pip install 'assay[classifier]'"
        )
        return
    yield good(f"{manifest.name}: every file is as its manifest says")


def _there(files: dict[str, str], backend: str) -> list[str]:
    """Leave out the weights for torch where onnx judges: they are listed, and not shipped."""
    return [name for name in files if backend != "onnx" or not name.endswith(".safetensors")]
