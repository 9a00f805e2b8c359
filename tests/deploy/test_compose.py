"""docker-compose.yml, the Dockerfile and docs/deploy.md agree, and nothing that the command line does not know."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
from ruamel.yaml import YAML

from assay.__main__ import cli
from config.loading import FILE_VARIABLE, fields, variable
from tests.assay.running import ROOT
from tests.deploy.documents import DEPLOY, blocks

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
DOCUMENT = DEPLOY.read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.yml")
UNCOMMENTED = re.sub(
    r"^( *)#(?=\w+:)", r"\1", (ROOT / "docker-compose.yml").read_text(encoding="utf-8"), flags=re.MULTILINE
)
OFFERED: dict[str, Any] = YAML(typ="safe").load(UNCOMMENTED)
MONITORING = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
REQUIREMENTS = ROOT / "requirements"


def parse(arguments: list[str]) -> click.Context:
    """Read a command's arguments as `assay` would, without running it. Raises click.UsageError."""
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
        name = arguments[0]
        found = command.get_command(context, name)
        assert found is not None, name
        command, arguments = found, arguments[1:]
    return command.make_context(None, list(arguments), parent=context)


def plain(text: str) -> str:
    """Write a variable of the compose file without what it is where nobody sets it."""
    return re.sub(r"\$\{(\w+)[^}]*\}", r"$\1", text)


def said(instruction: str) -> list[str]:
    """Give what each such instruction of the Dockerfile says, with continued lines joined."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return [" ".join(line.split()[1:]) for line in joined.splitlines() if line.startswith(f"{instruction} ")]


def settings_set() -> dict[str, str]:
    """Give the settings that the images make."""
    return dict(re.findall(r"(ASSAY_\w+)=(\S+)", " ".join(said("ENV"))))


def volumes(service: str) -> list[tuple[str, str]]:
    """Give what is mounted, each with where."""
    mounts = (plain(each).split(":") for each in SERVICES[service]["volumes"])
    return [(name, folder) for name, folder, *_ in mounts]


def row(service: str) -> str:
    """Write a service's row of the document's table."""
    facts = SERVICES[service]
    command = f"`assay {plain(' '.join(facts['command']))}`"
    port = "none"
    if (ports := facts.get("ports")) is not None:
        found = re.fullmatch(r"\$\{(\w+):-([\d.:]+)\}:(\d+)", ports[0])
        assert found is not None
        port = f"`${found[1]}` ({found[2]}) to {found[3]}"
    mounted = ", ".join(f"`{name}` on `{folder}`" for name, folder in volumes(service))
    return f"| `{service}` | {command} | {port} | {mounted} |"


def test_the_document_shows_each_service_as_it_is() -> None:
    table = DOCUMENT.partition("<!-- compose -->\n")[2].partition("<!-- /compose -->")[0]
    assert table.splitlines()[2:] == [row(service) for service in SERVICES]


@pytest.mark.parametrize("service", SERVICES)
def test_the_command_line_knows_each_services_command(service: str) -> None:
    assert parse(SERVICES[service]["command"]).params


def test_the_command_line_knows_the_images_own_commands() -> None:
    commands = [shlex.split(each.strip("[]").replace(",", " ")) for each in said("CMD")]
    assert [arguments[0] for arguments in commands] == ["proxy", "classify", "console"]
    assert all(parse(arguments) for arguments in commands)


def test_the_command_line_knows_the_documents_commands() -> None:
    commands = re.findall(
        r"\bassay ((?:audit-access|classify|console|network|prune|proxy|publish|report|up) ?[^|;`\n]*)", DOCUMENT
    )
    assert len(commands) > 8
    for command in commands:
        assert parse(shlex.split(command)).command


def test_every_block_of_the_document_is_run_or_an_example() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.py"))
    marks = [mark for mark, _ in blocks()]
    names = [mark.removeprefix("run: ") for mark in marks if mark.startswith("run: ")]
    assert len(names) == len(set(names)) > 5
    assert set(marks) - {f"run: {name}" for name in names} == {"example"}
    assert [name for name in names if f'"{name}"' not in tests] == []


@pytest.mark.parametrize("service", ["proxy", "console"])
def test_a_service_listens_where_people_are_led(service: str) -> None:
    listen = SERVICES[service]["command"][-1]
    port = listen.rpartition(":")[2]
    assert SERVICES[service]["ports"][0].rpartition(":")[2] == port
    assert port in said("EXPOSE")
    assert any(f'"{listen}"' in each for each in said("CMD"))
    assert any(f"('127.0.0.1', {port})" in each for each in said("HEALTHCHECK"))


def test_every_image_tells_whether_it_is_well() -> None:
    images = re.split(r"^FROM runtime AS ", DOCKERFILE, flags=re.MULTILINE)[1:]
    assert [image.count("HEALTHCHECK") for image in images] == [1] * len(SERVICES)
    assert f"http://{settings_set()['ASSAY_CLASSIFIER__METRICS']}/metrics" in images[1]


def test_everything_that_is_kept_lies_on_the_volume() -> None:
    (folder,) = said("VOLUME")
    assert {volumes(service)[0] for service in SERVICES} == {("state", folder)}
    assert set(COMPOSE["volumes"]) == {"state"}
    assert said("WORKDIR")[-1] == folder
    kept = {settings_set()[name] for name in ("ASSAY_LEDGER__PATH", "ASSAY_PROXY__CONFDIR")}
    assert all(Path(path).is_relative_to(folder) for path in kept)


def test_settings_are_called_as_they_are_declared() -> None:
    declared = {variable(name) for name, _ in fields()}
    named = {name for facts in OFFERED["services"].values() for name in facts.get("environment", {})}
    written = set(re.findall(r"ASSAY_\w+", DOCUMENT)) - {FILE_VARIABLE}
    assert (named | set(settings_set()) | written) <= declared
    assert set(settings_set()) <= written


def test_what_is_offered_for_prometheus_works() -> None:
    """The lines to be uncommented: metrics are reachable, and the classifier still reaches nobody else."""
    assert OFFERED["networks"] == {"metrics": {"internal": True}}
    assert OFFERED["services"]["classifier"]["networks"] == ["metrics"]
    for service in SERVICES:
        address = OFFERED["services"][service]["environment"][f"ASSAY_{service.upper()}__METRICS"]
        assert f"{service}:{address.rpartition(':')[2]}" in MONITORING
        assert address.startswith("0.0.0.0:")


def test_the_console_is_asked_for_and_waits_for_its_sign_in() -> None:
    """Without one it would else be started again and again, or listen for anybody."""
    console = SERVICES["console"]
    assert console["profiles"] == ["console"]
    assert "--wait" in console["command"]
    assert console["working_dir"] == volumes("console")[1][1]
    assert console["volumes"][1].endswith(":ro")


def test_each_service_has_its_image() -> None:
    targets = re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE)
    assert [facts["build"]["target"] for facts in SERVICES.values()] == targets[-3:] == list(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_can_do_more_than_it_must(service: str) -> None:
    facts = SERVICES[service]
    assert (facts["read_only"], facts["cap_drop"], facts["tmpfs"]) == (True, ["ALL"], ["/tmp"])
    assert facts["security_opt"] == ["no-new-privileges:true"]
    assert facts["restart"] == "unless-stopped"
    assert facts["mem_limit"]
    assert facts["pids_limit"]
    (user,) = said("USER")
    assert user == "10001:10001"
    assert f"user {user.partition(':')[0]}" in DOCUMENT


def test_the_classifier_yields_and_has_no_network() -> None:
    classifier = SERVICES["classifier"]
    assert classifier["cpu_shares"] < 1024  # the share of who names none, as the proxy
    assert classifier["oom_score_adj"] > 0
    assert classifier["network_mode"] == "none"
    assert "cpu_shares" not in SERVICES["proxy"]


@pytest.mark.parametrize(
    ("image", "without"),
    [
        ("proxy", {"numpy", "onnxruntime", "datasette"}),
        ("classifier", {"mitmproxy", "datasette"}),
        ("console", {"numpy", "onnxruntime", "mitmproxy"}),
    ],
)
def test_an_image_installs_what_is_locked_and_needed(image: str, without: set[str]) -> None:
    locked = (REQUIREMENTS / "lock.txt").read_text(encoding="utf-8").splitlines()
    lines = (REQUIREMENTS / f"{image}.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line not in locked] == []
    names = {line.partition("==")[0] for line in lines}
    assert not names & (without | {"torch", "pytest", "ruff", "mypy"})
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {
        re.split(r"[=<>; ]", each)[0] for each in (*project["dependencies"], *project["optional-dependencies"][image])
    }
    assert wanted <= names
    assert f"-r requirements/{image}.txt" in DOCKERFILE


def test_the_build_is_given_every_room() -> None:
    built = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    given = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").split() if line.startswith("!")}
    assert given == {*built["wheel"]["packages"], "LICENSE", "README.md", "pyproject.toml", "requirements"}
