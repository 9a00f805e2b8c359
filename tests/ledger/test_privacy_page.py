"""The example of docs/privacy.md is what its command prints."""

from pathlib import Path

import pytest

from bench import suppression

PAGE = Path(__file__).parents[2] / "docs" / "privacy.md"


def test_the_example(capsys: pytest.CaptureFixture[str]) -> None:
    suppression.main()
    printed = PAGE.read_text().partition("<!-- example -->\n```\n")[2].partition("```\n<!-- /example -->")[0]
    assert capsys.readouterr().out == printed
