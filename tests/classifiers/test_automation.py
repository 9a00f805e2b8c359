"""What bears a program's mark is automation, whoever judges it; what only quotes such a mark is not."""

import pytest

from classifiers.automation import MARKERS, Marker, made_by
from classifiers.rules import RulesJudge
from tests.classifiers.asking import pending


@pytest.mark.parametrize("marker", MARKERS, ids=lambda marker: marker.begin[:40])
def test_each_mark_makes_a_text_automation(marker: Marker) -> None:
    within = "" if marker.begin == marker.end else f"{marker.holds} the quarterly figures {marker.end}"
    text = f"\n{marker.begin}{within} "
    assert made_by(text) == marker.what
    (judged,) = RulesJudge().judge([pending(text)])
    assert (judged.category, judged.level, judged.score) == ("automation", 0, 0.0)
    assert marker.what in judged.reasons[0]


@pytest.mark.parametrize(
    "text",
    [
        "what does <local-command-stdout> mean in a transcript?",
        "<system-reminder> is shown to me. </system-reminder> why?",
        "<command-message>pr-review</command-message>\n<command-name>/pr-review</command-name>\n<command-args>159</command-args>",
        "<command-name>/ask</command-name><command-args>why is the build red</command-args>",
        "### Task:\nRespond to the user query using the provided context",
        "Continue from where you left off. And add the third region.",
        "",
    ],
)
def test_what_a_person_wrote_is_not(text: str) -> None:
    assert made_by(text) is None
