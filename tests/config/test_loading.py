"""How settings are read: which source wins, and what is said of a name or value that is wrong."""

from pathlib import Path

import pytest

from config.loading import SettingsError, fields, load, variable


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run in an empty folder, without settings of the environment."""
    monkeypatch.chdir(tmp_path)
    for name, _ in fields():
        monkeypatch.delenv(variable(name), raising=False)
    monkeypatch.delenv("ASSAY_CONFIG", raising=False)


def written(text: str, name: str = "settings.toml") -> Path:
    file = Path(name)
    file.write_text(text, encoding="utf-8")
    return file


def test_the_command_line_wins_over_the_environment_over_the_file_over_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = written('[ledger]\npath = "file.db"\nkeep_text_days = 1\n[proxy]\nlisten = "127.0.0.1:1"\n')
    monkeypatch.setenv("ASSAY_LEDGER__PATH", "environment.db")
    monkeypatch.setenv("ASSAY_LEDGER__KEEP_TEXT_DAYS", "2")
    settings = load(file, {"ledger.path": "option.db", "proxy.mode": None})
    assert settings.ledger.path == Path("option.db")
    assert settings.ledger.keep_text_days == 2
    assert settings.proxy.listen == "127.0.0.1:1"
    assert settings.proxy.mode == ""


def test_the_file_is_the_named_one_or_the_environments_or_the_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    written('[ledger]\npath = "usual.db"\n', "assay.toml")
    assert load().ledger.path == Path("usual.db")
    monkeypatch.setenv("ASSAY_CONFIG", str(written('[ledger]\npath = "environment.db"\n', "other.toml")))
    assert load().ledger.path == Path("environment.db")
    assert load(written('[ledger]\npath = "named.db"\n')).ledger.path == Path("named.db")


def test_a_list_is_written_with_commas_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_PROXY__ALLOW_HOSTS", "api.openai.com, api.anthropic.com")
    assert load().proxy.allow_hosts == ("api.openai.com", "api.anthropic.com")


def test_a_home_folder_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ana")
    assert load(options={"ledger.path": "~/usage.db"}).ledger.path == Path("/home/ana/usage.db")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[ledger]\npth = 'x'\n", "settings.toml: there is no setting ledger.pth: did you mean ledger.path?"),
        ("[proxi]\nlisten = 'x'\n", "settings.toml: there is no setting proxi.listen: did you mean proxy.listen?"),
        ("colour = 1\n", "settings.toml: there is no setting colour: did you mean "),
        ("ledger = 1\n", "settings.toml: ledger must be a table, as [ledger]"),
        ("[ledger]\nkeep_text_days = 8\n", "settings.toml: ledger.keep_text_days must be a number of days from 0 to 7"),
        ("[ledger]\nkeep_text_days = nan\n", "settings.toml: ledger.keep_text_days must be a number of days"),
        ("[proxy]\nlisten = '8080'\n", "settings.toml: proxy.listen must be HOST:PORT"),
        ("[proxy]\nlisten = '::1:8080'\n", "settings.toml: proxy.listen must be HOST:PORT"),
        ("[proxy]\nlisten = 'localhost:65536'\n", "settings.toml: proxy.listen must be HOST:PORT"),
        (
            "[identity]\ntrusted_peers = ['10.0.0.0/8', 'x']\n",
            "settings.toml: identity.trusted_peers must be a list of",
        ),
        ("[classifier]\nbackend = 'gpt'\n", "settings.toml: classifier.backend must be onnx, sentence-transformers or"),
        ("[ledger\n", "the settings file settings.toml is not TOML"),
    ],
)
def test_what_is_wrong_in_the_file_is_one_sentence_with_the_fix(text: str, sentence: str) -> None:
    file = written(text)
    with pytest.raises(SettingsError) as caught:
        load(file)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


def test_an_unknown_variable_is_refused_with_the_nearest_known_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_LEDGER__PAHT", "x")
    with pytest.raises(SettingsError, match="ASSAY_LEDGER__PAHT sets nothing: did you mean ASSAY_LEDGER__PATH"):
        load()


def test_a_bad_value_is_laid_at_its_sources_door(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_PROXY__LISTEN", "x")
    with pytest.raises(SettingsError, match="the environment's ASSAY_PROXY__LISTEN must be"):
        load()
    with pytest.raises(SettingsError, match="--listen must be"):
        load(options={"proxy.listen": "x"})


def test_a_secret_is_shown_neither_in_the_settings_nor_in_a_sentence() -> None:
    settings = load(written("[proxy]\nproxy_auth = 'ana:swordfish'\n"))
    assert "swordfish" not in repr(settings)
    with pytest.raises(SettingsError) as caught:
        load(written("[proxy]\nproxy_auth = ['ana:swordfish']\n"))
    assert "swordfish" not in str(caught.value)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingsError, match=r"missing\.toml cannot be read \(no such file or directory\)"):
        load(Path("missing.toml"))
