"""`assay doctor` shows what a dialect of one's own extracts from a sample, or why nothing."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.assay.running import ROOT, assay

GUIDE = ROOT / "docs" / "dialects.md"


def example(name: str) -> str:
    """Give a block of the guide's example."""
    found = re.search(rf"<!-- {re.escape(name)} -->\n```\w*\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with the guide's example."""
    for name in ("acme.toml", "request.json", "answer.sse"):
        (tmp_path / name).write_text(example(name), encoding="utf-8")
    return tmp_path


def doctor(home: Path, *options: str, changed: dict[str, Any] | None = None) -> tuple[int, str]:
    """Run it on the example, whose body has these values in place of its own; give exit code and output."""
    if changed is not None:
        (home / "request.json").write_text(json.dumps(json.loads(example("request.json")) | changed), encoding="utf-8")
    done = assay("doctor", "--dialect", "acme.toml", *(options or ("--sample", "request.json")), home=home)
    return done.returncode, done.stdout + done.stderr


def test_the_guides_example_is_as_shown(home: Path) -> None:
    code, said = doctor(home, "--sample", "request.json", "--answer", "answer.sse")
    assert (code, said) == (0, example("output"))


def test_an_answer_is_enough(home: Path) -> None:
    (home / "answer.json").write_text('{"piece": "Lyon", "used": {"read": 12}}', encoding="utf-8")
    code, said = doctor(home, "--answer", "answer.json")
    assert code == 0
    assert "input tokens   12\n" in said
    assert "output tokens  not there: answer.output_tokens finds nothing\n" in said
    assert "complete       yes" in said


def test_a_prompt_may_stand_alone(home: Path) -> None:
    """And what was said before, elsewhere in the body."""
    (home / "acme.toml").write_text(
        'name = "acme-ask"\nhosts = ["ask.acme.example"]\npaths = ["/ask"]\n[request]\ntext = "question"\n'
        'messages = "earlier"\n',
        encoding="utf-8",
    )
    earlier = [{"role": "user", "content": "Where are solvents?"}, {"role": "assistant", "content": "In Lyon."}]
    code, said = doctor(home, changed={"question": "Since when?", "earlier": earlier})
    assert code == 0
    assert "ask 2 of its conversation\n" in said
    history = "history\n    user, 19 characters\n    assistant, 8 characters\n"
    assert said.endswith(f"{history}  text           11 characters\n    Since when?\n")
    assert "ask 1 of its conversation" in doctor(home, changed={"question": "Since when?"})[1]
    code, said = doctor(home, changed={})
    assert code == 1
    assert "nothing: request.text finds nothing, as the body has no question, but thread, employee, options" in said


def test_a_message_may_have_an_id(home: Path) -> None:
    file = home / "acme.toml"
    file.write_text(example("acme.toml").replace("user =", 'turn = "options.message"\nuser ='), encoding="utf-8")
    assert "  turn           m-17\n" in doctor(home, changed={"options": {"message": "m-17"}})[1]


def test_a_stream_without_an_end_is_complete_as_http_ends_it(home: Path) -> None:
    dialect = example("acme.toml").replace('end = "state"\nend_values = ["finished"]\n', "")
    (home / "acme.toml").write_text(dialect, encoding="utf-8")
    assert "complete       if HTTP ends it as it should" in doctor(home, "--answer", "answer.sse")[1]


def turns(*said: tuple[str, object]) -> dict[str, Any]:
    return {"thread": {"turns": [{"author": author, "body": body} for author, body in said]}}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"thread": {"items": []}}, "request.messages finds nothing, as thread has no turns, but items"),
        ({"thread": None}, "request.messages finds nothing, as thread is no object"),
        (turns(), "the body has no messages"),
        (turns(("USER", "Hello")), "request.role finds USER, and request.human is EMPLOYEE"),
        ({"thread": {"turns": [{"text": "Hello"}]}}, "request.role finds nothing, and request.human is EMPLOYEE"),
        ({"thread": {"turns": [{"author": "EMPLOYEE", "text": "Hello"}]}}, "as the body has no body, but author, text"),
        (turns(("EMPLOYEE", [{"kind": "text", "text": "Hello"}])), "no message of a person holds a text: see"),
    ],
)
def test_it_says_why_nothing_is_extracted(home: Path, changed: dict[str, Any], reason: str) -> None:
    """By what stands where the dialect looks."""
    code, said = doctor(home, changed=changed)
    assert code == 1
    assert "\n  nothing: " in said
    assert reason in said


def test_it_says_which_of_the_rest_is_not_there(home: Path) -> None:
    """The prompt counts all the same."""
    code, said = doctor(home, changed={"employee": {"id": 7}, "options": 5} | turns(("EMPLOYEE", "Hello")))
    assert code == 0
    assert "not there: request.user finds nothing, as employee has no mail, but id\n" in said
    assert "not there: request.model finds nothing, as options is no object\n" in said
    assert "not there: request.conversation finds nothing, as thread has no id, but turns\n" in said


def test_what_a_tool_says_asks_nothing_new(home: Path) -> None:
    dialect = home / "acme.toml"
    dialect.write_text(example("acme.toml").replace("content =", 'tool = ["LOOKUP"]\ncontent ='), encoding="utf-8")
    said = turns(("EMPLOYEE", "Where are solvents?"), ("BOT", ""), ("LOOKUP", "Lyon"))
    assert "nothing new: it hands on what a tool says" in doctor(home, changed=said)[1]


@pytest.mark.parametrize(
    ("sample", "reason"), [(b"hello", "is no JSON"), (b"[1]", "is no object"), (b"\xff", "is no UTF-8 text")]
)
def test_what_is_no_json_object_holds_nothing(home: Path, sample: bytes, reason: str) -> None:
    (home / "request.json").write_bytes(sample)
    code, said = doctor(home)
    assert code == 1
    assert f"the body {reason}" in said


def test_an_answer_that_cannot_be_read_is_said(home: Path) -> None:
    (home / "answer.html").write_text("<html>Bad Gateway</html>", encoding="utf-8")
    code, said = doctor(home, "--answer", "answer.html")
    assert code == 1
    assert "nothing: nothing of the answer could be read" in said


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--dialect", "acme.toml"), "name a dialect with --dialect and a sample"),
        (("--sample", "request.json"), "name a dialect with --dialect and a sample"),
        (("--dialect", ".", "--sample", "request.json"), ". is a folder: name one dialect file of it"),
        (("--dialect", "acme.toml", "--sample", "none.json"), "none.json cannot be read"),
        (("--dialect", "none.toml", "--sample", "request.json"), "none.toml cannot be read"),
        (("--dialect", "request.json", "--sample", "request.json"), "request.json is not TOML"),
    ],
)
def test_a_wrong_file_is_one_sentence(home: Path, options: tuple[str, ...], sentence: str) -> None:
    done = assay("doctor", *options, home=home)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert sentence in done.stderr


def test_a_shipped_dialects_name_is_taken(home: Path) -> None:
    (home / "acme.toml").write_text(example("acme.toml").replace("acme-ask", "openai-chat"), encoding="utf-8")
    assert doctor(home) == (
        2,
        "assay: acme.toml: openai-chat is the name of a dialect of Assay already: give this dialect another\n",
    )


def test_its_help_says_what_is_shown(home: Path) -> None:
    said = assay("doctor", "--help", home=home).stdout
    for word in ("--dialect FILE", "--sample FILE", "--answer FILE", "in clear", "Exit codes"):
        assert word in said
