"""A dialect file is read into plain values, and refused in one sentence with the fix."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.dialects import DialectFile, keys, load_dialects, steps
from config.loading import SettingsError

LEAST = 'name = "acme"\nhosts = ["ask.acme.example"]\npaths = ["/ask"]\n[request]\n'
MESSAGES = LEAST + 'messages = "messages"\n'


def read(folder: Path, text: str) -> DialectFile:
    file = folder / "acme.toml"
    file.write_text(text, encoding="utf-8")
    (dialect,) = load_dialects(file)
    return dialect


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("text", ("text",)),
        ("data.messages[0].text", ("data", "messages", 0, "text")),
        ('meta."x.id"[1][20].b-c', ("meta", "x.id", 1, 20, "b-c")),
        ('"odd one"', ("odd one",)),
    ],
)
def test_a_path_is_names_and_places_in_lists(path: str, found: tuple[str | int, ...]) -> None:
    assert steps(path) == found


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", "[0]", "a[x]", "a[-1]", "a[0]b", "a b", 'a."', "a.[0]"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="no path"):
        steps(path)


def test_a_file_says_where_things_stand(tmp_path: Path) -> None:
    """What it leaves out is as most formats have it."""
    dialect = read(tmp_path, LEAST.replace("ask.", "Ask.") + 'messages = "thread.turns"\n[answer]\nend = "state"\n')
    assert (dialect.name, dialect.assistant, dialect.hosts) == ("acme", None, ("ask.acme.example",))
    assert dialect.request.messages == ("thread", "turns")
    assert (dialect.request.role, dialect.request.human) == (("role",), ("user",))
    assert (dialect.answer.end, dialect.answer.end_values) == (("state",), None)


def test_a_folder_holds_a_dialect_a_file(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.toml").write_text(MESSAGES.replace("acme", name), encoding="utf-8")
    (tmp_path / "notes.txt").write_text("none", encoding="utf-8")
    assert [dialect.name for dialect in load_dialects(tmp_path)] == ["a", "b"]
    assert load_dialects(None) == ()


def test_a_name_is_given_once(tmp_path: Path) -> None:
    """By Assay, or by another file."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(MESSAGES, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"b.toml: acme is the name of the dialect in a.toml already: give"):
        load_dialects(tmp_path)
    with pytest.raises(SettingsError, match=r"a.toml: acme is the name of a dialect of Assay already: give"):
        load_dialects(tmp_path / "a.toml", taken={"acme"})


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_dialects(tmp_path / "none.toml")
    with pytest.raises(SettingsError, match="holds no dialect: write one"):
        load_dialects(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b'name = "\xe9"')
    with pytest.raises(SettingsError, match="its bytes are not UTF-8"):
        load_dialects(tmp_path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name = acme", "is not TOML"),
        (MESSAGES + 'rolle = "x"', "there is no key request.rolle: did you mean request.role?"),
        (MESSAGES + '[reply]\nmodel = "m"', "there is no key reply: did you mean"),
        ('model = "m"\n' + MESSAGES, r"there is no key model: did you mean request.model\?"),
        ('mesages = "m"\n', "there is no key mesages: did you mean request.messages?"),
        (MESSAGES.replace('name = "acme"\n', ""), "name is missing: it must be small letters, digits and hyphens"),
        (MESSAGES.replace('"acme"', '"Acme Chat"'), "name must be small letters, digits and hyphens, as acme-chat"),
        (MESSAGES.replace('name = "acme"', "name = 7"), "name must be small letters"),
        (MESSAGES.replace('["ask.acme.example"]', '"ask.acme.example"'), "hosts must be a list of host names"),
        (MESSAGES.replace("ask.acme", "https://ask.acme"), "hosts must be a list of host names"),
        (MESSAGES.replace('["/ask"]', '["ask"]'), "paths must be a list of ends of paths, each with a slash before"),
        (MESSAGES.replace('["/ask"]', '["/"]'), "paths must be a list"),
        (MESSAGES.replace('["/ask"]', "[]"), "paths must be a list"),
        (LEAST.replace("[request]", 'request = "text"'), r"request must be a table, as \[request\]"),
        (LEAST.replace("[request]", ""), r"request is missing: it must be a table, as \[request\]"),
        (LEAST + 'text = "a..b"', "request.text must be a path, as "),
        (LEAST + "text = 5", "request.text must be a path, as "),
        (LEAST + 'text = ["a", "b"]', "request.text must be a path, as "),
        (MESSAGES + "human = []", "request.human must be a list of texts"),
        (MESSAGES + "human = [1]", "request.human must be a list of texts"),
        (MESSAGES + '[answer]\ninput_tokens = "usage[0]"', "answer.input_tokens must be a path"),
        (LEAST, "nothing says where the prompt is: give request.text, or request.messages"),
        (LEAST + 'text = "q"\nrole = "who"', "request.role is about messages: give request.messages too"),
        (MESSAGES + 'human = ["x"]\ntool = ["x"]', "x stands for both request.human and request.tool: keep one"),
        (MESSAGES + '[answer]\nend_values = ["done"]', "answer.end_values needs to know where: give answer.end too"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence) as refused:
        read(tmp_path, text)
    assert str(refused.value).count("\n") == 0


def outcome(file: Path) -> str:
    """Give a good file's name, or the sentence about a bad one."""
    try:
        (dialect,) = load_dialects(file)
    except SettingsError as refused:
        return str(refused)
    assert dialect.request.text
    return dialect.name


VALUES = st.recursive(
    st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from(["", "user", "a.b[0]", "a..b", "/ask", "ask.acme.example", "é"]),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([name for name, _ in keys()] + ["odd", "answer.odd"]), VALUES, max_size=4))
def test_any_file_is_a_dialect_or_refused_in_one_sentence(changed: dict[str, object]) -> None:
    """Whatever stands behind its keys."""
    least = {"name": "acme", "hosts": ["a.example"], "paths": ["/ask"], "request.text": "question"}
    lines = {"": [], "request": [], "answer": []}  # type: dict[str, list[str]]
    for dotted, value in (least | changed).items():
        table, _, key = dotted.rpartition(".")
        lines[table].append(f"{key} = {json.dumps(value)}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "acme.toml"
        file.write_text(
            "\n".join([*lines[""], "[request]", *lines["request"], "[answer]", *lines["answer"]]), encoding="utf-8"
        )
        assert outcome(file).count("\n") == 0
