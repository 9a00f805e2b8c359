"""The shipped judge, as `assay` loads it. What it must get right at the least is stated here; figures are measured."""

import math
import subprocess
import sys
from pathlib import Path

import pytest

from classifiers.errors import ModelError
from classifiers.judge import Judge, load_judge
from classifiers.rules import MISSING
from ledger.records import CATEGORIES, Judgement, Message
from tests.classifiers.asking import pending

HARD = (
    "Our checkout sends each card payment twice when the client retries after our 30 s gateway timeout. Orders live in "
    "Postgres 16, payments go through a queue with at-least-once delivery, and three services write to the same table. "
    "Design the idempotency scheme end to end: keys, tables, what happens on partial failure, and a migration for the "
    "4 million open orders without downtime."
)


@pytest.fixture(scope="module")
def judge() -> Judge:
    """The judge that ships."""
    return load_judge()


def one(judge: Judge, text: str, *context: Message) -> Judgement:
    """Judge one prompt."""
    return judge.judge([pending(text, *context)])[0]


def test_the_shipped_model_is_there(judge: Judge) -> None:
    """Without it, everything would be judged by rules and nobody would notice."""
    assert judge.name.startswith("minilm-ordinal-")


@pytest.mark.parametrize("text", ["hi", "thanks, that's great!", "test", "asdf jkl"])
def test_noise_is_noise(judge: Judge, text: str) -> None:
    """Nothing was asked."""
    assert one(judge, text).level == 0


@pytest.mark.parametrize(
    "text", ["what is the capital of Norway", "another word for happy", "how do you spell necessary"]
)
def test_the_trivial_is_not_routine(judge: Judge, text: str) -> None:
    """Anyone could have done it in a minute."""
    assert one(judge, text).level <= 1


def test_deep_work_is_substantive(judge: Judge) -> None:
    """A design under constraints is worth something, and more than a greeting dressed as one."""
    found = one(judge, HARD)
    assert found.level >= 3
    assert found.category in ("coding", "advice")
    assert found.work is True


def test_a_follow_up_is_read_in_its_conversation(judge: Judge) -> None:
    """The same words carry work in one conversation and none in another."""
    offered = (Message("user", HARD), Message("assistant", "I can write the full design with the migration. Shall I?"))
    thanked = (Message("user", "what is 2+2"), Message("assistant", "4"))
    assert one(judge, "yes, do that", *offered).score > one(judge, "yes, do that", *thanked).score


def test_a_judgement_is_whole(judge: Judge) -> None:
    """Probabilities sum to one, the score is their mean, and every mark is in range."""
    found = one(judge, HARD)
    assert math.isclose(sum(found.probabilities), 1, abs_tol=1e-6)
    assert math.isclose(found.score, sum(level * p for level, p in enumerate(found.probabilities)), abs_tol=1e-6)
    assert found.category in CATEGORIES
    assert found.lang == "en"
    assert (found.novelty, found.attention, found.duplicate_of) == (1.0, 1.0, None)
    assert found.reasons


def test_reasons_hold_no_text_of_the_prompt(judge: Judge) -> None:
    """A word that only the prompt has is in no reason."""
    found = one(judge, "compare zebrafish 4711 for our lab: must cost under 300")
    assert not any("zebrafish" in reason for reason in found.reasons)


def test_order_and_company_change_nothing(judge: Judge) -> None:
    """A turn gets nearly the same score alone, in a batch of eight and in another order: int8 rounds by the batch."""
    texts = [
        "hi",
        HARD,
        "what is a lien",
        "shorten this to one line: we are closed on Monday",
        "ok",
        "x" * 5000,
        "你好",
        "plan a trip",
    ]
    turns = [pending(text, number=number) for number, text in enumerate(texts)]
    together = {found.turn_id: found.score for found in judge.judge(turns)}
    backwards = {found.turn_id: found.score for found in judge.judge(turns[::-1])}
    for turn in turns:
        alone = judge.judge([turn])[0].score
        assert together[turn.id] == pytest.approx(alone, abs=0.25)
        assert together[turn.id] == pytest.approx(backwards[turn.id], abs=0.25)


def test_no_turns_give_no_judgements(judge: Judge) -> None:
    """An empty batch is no error."""
    assert judge.judge([]) == []


@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud800", "🙂" * 3000, "```" * 2000, "a" * 100_000])
def test_any_text_is_judged(judge: Judge, text: str) -> None:
    """Whatever is sent gets a judgement."""
    assert 0 <= one(judge, text).level <= 4


def test_it_runs_without_torch() -> None:
    """Neither torch nor transformers is imported to judge."""
    code = (
        "import sys; from classifiers.judge import load_judge; from classifiers.scoring import score_text;"
        "score_text(load_judge(), 'hi'); print(sorted({'torch', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"


def test_rules_can_be_asked_for() -> None:
    """They say that they were."""
    assert one(load_judge(backend="rules"), "hi").reasons == ("judged by simple rules, as was asked for",)


def test_a_missing_shipped_model_falls_back_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Judging goes on by rules."""
    monkeypatch.setattr("classifiers.judge.SHIPPED", tmp_path)
    assert one(load_judge(), "hi").reasons == (MISSING,)


def test_a_missing_library_falls_back_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped model without its runtime is no reason to stop."""
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    found = load_judge()
    assert found.name == "rules-1"
    assert "onnxruntime" in one(found, "hi").reasons[0]


def test_a_named_model_that_is_missing_is_refused(tmp_path: Path) -> None:
    """Who names a model wants that one."""
    with pytest.raises(ModelError, match="holds no model"):
        load_judge(tmp_path / "none")


def test_an_unknown_backend_is_refused() -> None:
    """The sentence names those that there are."""
    with pytest.raises(ModelError, match="choose one of onnx, sentence-transformers, rules"):
        load_judge(backend="tensorflow")
