"""The commands of docs/deploy.md. Each block is marked: `<!-- run: NAME -->` (a test runs it) or `<!-- example -->`."""

import re

from tests.assay.running import ROOT

DEPLOY = ROOT / "docs" / "deploy.md"
BLOCK = re.compile(r"(?:<!-- (?P<mark>[^>]*) -->\n)?```(?P<language>\w+)\n(?P<text>.*?)```", re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    """Give every block's mark, which is empty where it has none, and text."""
    return [(found["mark"] or "", found["text"]) for found in BLOCK.finditer(DEPLOY.read_text(encoding="utf-8"))]


def block(name: str) -> str:
    """Give the block that a test runs under this name."""
    return dict(blocks())[f"run: {name}"]
