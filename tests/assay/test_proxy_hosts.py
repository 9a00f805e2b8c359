"""In the modes where any traffic comes by, the hosts of assistants are opened and no others."""

import re

import pytest

from assay.commands.proxy import host_pattern


@pytest.mark.parametrize(
    ("host", "place", "opened"),
    [
        ("api.openai.com", "api.openai.com:443", True),
        ("api.openai.com", "apixopenai.com:443", False),
        ("bedrock-runtime.*.amazonaws.com", "bedrock-runtime.eu-west-1.amazonaws.com:443", True),
        ("bedrock-runtime.*.amazonaws.com", "s3.eu-west-1.amazonaws.com:443", False),
        ("bedrock-runtime.*.amazonaws.com", "bedrock-runtime.a.b.amazonaws.com:443", False),
        ("*-aiplatform.googleapis.com", "europe-west1-aiplatform.googleapis.com:443", True),
    ],
)
def test_a_star_stands_for_some_of_one_label(host: str, place: str, opened: bool) -> None:
    """A region stands in the middle of a host's name."""
    assert bool(re.search(rf"(^|\.){host_pattern(host)}:\d+$", place)) is opened
