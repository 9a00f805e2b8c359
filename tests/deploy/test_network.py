"""Transparent mode end to end: a client, a gateway with Assay, and hosts beyond, in network namespaces.

`make test-network` runs it, as root. The gateway is set up by the commands of docs/deploy.md, as they stand there.
"""

import json
import shutil
import sys
from pathlib import Path

import pytest

from assay.__main__ import run
from tests.assay.running import ROOT
from tests.deploy.conftest import ASSISTANT_HOST, OTHER_HOST, Gateway, proxying
from tests.deploy.documents import block
from tests.deploy.hosts import WORDS
from tests.deploy.namespaces import (
    ASSISTANT,
    ASSISTANT6,
    CLIENT,
    CLIENT6,
    GATEWAY,
    GATEWAY6,
    OTHER,
    OTHER6,
    OUTSIDE,
    Place,
)
from tests.deploy.serving import serving

pytestmark = pytest.mark.network

URL = f"https://{ASSISTANT_HOST}/v1/chat/completions"
ANSWER = "".join(WORDS)


def ask(text: str, stream: bool = False) -> str:
    return json.dumps({"model": "m", "stream": stream, "messages": [{"role": "user", "content": text}]})


def curl(*arguments: str | Path) -> tuple[str | Path, ...]:
    return ("curl", "-sS", "--fail-with-body", "--max-time", "30", *arguments)


def client(place: Place, name: str, *arguments: str, **more: str) -> str:
    """Run one of `clients.py`; give what it prints."""
    done = place.run(sys.executable, "-m", "tests.deploy.clients", name, *arguments, **more)
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout))


def certificate(pem: Path) -> str:
    """Cut the certificate out of a file that has its key too."""
    text = pem.read_text(encoding="utf-8")
    return text[text.index("-----BEGIN CERTIFICATE") :]


@pytest.mark.parametrize("stream", [False, True])
def test_curl_reaches_the_assistant_and_is_in_the_ledger(transparent: Gateway, stream: bool) -> None:
    """Its person is its address, as nothing else names it."""
    body = ask(f"where is Berlin, in a word or two? {stream=}", stream)
    with transparent.entered(1) as calls:
        done = transparent.client.run(
            *curl("--cacert", transparent.authority, URL, "-H", "content-type: application/json", "-d", body)
        )
    beyond = transparent.gateway.run(
        *curl("--cacert", transparent.world, "--resolve", f"{ASSISTANT_HOST}:443:{ASSISTANT}", URL, "-d", body)
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == beyond.stdout
    (call,) = calls
    assert (call["kind"], call["assistant"], call["dialect"]) == ("prompt", "OpenAI", "openai-chat")
    assert (call["http_status"], call["streamed"]) == (200, int(stream))
    assert call["request_bytes"] == len(body)
    assert call["identity_source"] == "address"
    assert call["person"] == transparent.key.digest("person", CLIENT)


@pytest.mark.parametrize("mode", ["whole", "streamed"])
def test_the_sdk_unchanged_reaches_the_assistant_and_is_in_the_ledger(transparent: Gateway, mode: str) -> None:
    with transparent.entered(1) as calls:
        trust = {"SSL_CERT_FILE": str(transparent.authority)}
        assert client(transparent.client, "sdk", f"compare two ways to test a gateway, {mode}", mode, **trust) == ANSWER
    (call,) = calls
    assert (call["kind"], call["http_status"], call["streamed"]) == ("prompt", 200, int(mode == "streamed"))
    assert call["identity_source"] == "api_key"
    assert call["turn_id"] is not None


def test_an_agents_loop_is_one_turn(transparent: Gateway) -> None:
    """From two processes of one machine, as the client of a transparent gateway often is."""
    messages: list[dict[str, object]] = [{"role": "user", "content": "list the parts of a gateway, with a tool"}]
    with transparent.entered(2) as calls:
        for _ in range(2):
            body = json.dumps({"model": "m", "messages": messages})
            transparent.client.run(*curl("--cacert", transparent.authority, URL, "-d", body)).check_returncode()
            called = {"id": "t1", "type": "function", "function": {"name": "list", "arguments": "{}"}}
            messages += [
                {"role": "assistant", "content": None, "tool_calls": [called]},
                {"role": "tool", "tool_call_id": "t1", "content": "a door and a lock"},
            ]
    assert [call["kind"] for call in calls] == ["prompt", "continuation"]
    assert len({call["turn_id"] for call in calls}) == 1


def test_a_client_that_does_not_trust_the_authority_refuses(transparent: Gateway) -> None:
    done = transparent.client.run(*curl("--cacert", transparent.world, f"https://{ASSISTANT_HOST}/"))
    assert done.returncode == 60, done.stderr  # curl: the certificate cannot be verified


@pytest.mark.parametrize("name", [OTHER_HOST, "", "api.openai.com.example.com"])
def test_another_host_shows_its_own_certificate(transparent: Gateway, name: str) -> None:
    """Also where the client names no host, or one that only looks like the assistant's."""
    assert client(transparent.client, "shown", OTHER, "443", name) == certificate(transparent.others)
    opened = client(transparent.client, "shown", ASSISTANT, "443", ASSISTANT_HOST)
    assert opened != certificate(transparent.assistants)  # or nothing at all was led


def test_another_host_answers_its_own_clients(transparent: Gateway) -> None:
    before = len(transparent.calls())
    for url in (f"https://{OTHER_HOST}/", f"http://{OTHER_HOST}/"):
        done = transparent.client.run(*curl("--cacert", transparent.world, url))
        assert done.stdout == f"this is {OTHER}\n", done.stderr
    assert len(transparent.calls()) == before


def test_quic_is_refused_so_that_clients_fall_back(transparent: Gateway) -> None:
    assert client(transparent.client, "quic", ASSISTANT) == "refused"
    assert client(transparent.client, "quic", ASSISTANT6) == "refused"
    try:
        transparent.gateway.shell(f"{block('rules').replace('| nft', '--quic | nft')}")
        assert client(transparent.client, "quic", ASSISTANT) == "hello"
    finally:
        transparent.gateway.shell(block("rules"))


@pytest.mark.parametrize("address", [GATEWAY, OUTSIDE])
def test_the_proxys_own_port_is_refused(transparent: Gateway, address: str) -> None:
    """To a connection that was not led there: the proxy would connect to itself without end."""
    assert client(transparent.client, "direct", address, "8080") == "refused"
    assert client(transparent.beyond, "direct", address, "8080") == "refused"
    assert client(transparent.gateway, "direct", address, "8080") == "refused"


def test_the_gateways_own_traffic_and_other_interfaces_are_not_led(transparent: Gateway) -> None:
    own = certificate(transparent.assistants)
    assert client(transparent.gateway, "shown", ASSISTANT, "443", ASSISTANT_HOST) == own
    with serving(transparent.client, [f"{CLIENT}={transparent.assistants}"]):
        assert client(transparent.beyond, "shown", CLIENT, "443", ASSISTANT_HOST) == own


def test_what_the_gateway_serves_itself_is_not_led(transparent: Gateway) -> None:
    own = certificate(transparent.assistants)
    with serving(transparent.gateway, [f"{GATEWAY}={transparent.assistants}"]):
        assert client(transparent.client, "shown", GATEWAY, "443", ASSISTANT_HOST) == own


def test_the_rules_replace_themselves_leave_others_alone_and_go(transparent: Gateway) -> None:
    gateway = transparent.gateway
    try:
        gateway.shell("nft add table inet theirs; nft add chain inet theirs kept")
        once = gateway.shell("nft list table inet assay")
        gateway.shell(block("rules") * 2)
        assert gateway.shell("nft list table inet assay") == once
        gateway.shell(block("remove"))
        assert gateway.shell("nft list ruleset").split() == [
            "table",
            "inet",
            "theirs",
            "{",
            "chain",
            "kept",
            "{",
            "}",
            "}",
        ]
        own = certificate(transparent.assistants)
        assert client(transparent.client, "shown", ASSISTANT, "443", ASSISTANT_HOST) == own
    finally:
        gateway.shell("nft delete table inet theirs")
        gateway.shell(block("rules"))


def test_ipv6_needs_a_listener_of_its_own_and_is_refused_without(transparent: Gateway) -> None:
    to = ("--resolve", f"{ASSISTANT_HOST}:443:[{ASSISTANT6}]", "--cacert", transparent.authority)
    refused = transparent.client.run(*curl(*to, URL, "-d", ask("is anybody there?")))
    assert refused.returncode == 7, refused.stderr  # curl: cannot connect
    command = block("transparent").replace("0.0.0.0:", "'[::]:").replace("8080", "8080'")
    with proxying(transparent.gateway, command), transparent.entered(1) as calls:
        done = transparent.client.run(*curl(*to, URL, "-d", ask("name a river that crosses a border")))
        assert done.returncode == 0, done.stderr
        assert client(transparent.client, "shown", OTHER6, "443", OTHER_HOST) == certificate(transparent.others)
        for address in (GATEWAY6, "::1"):
            assert client(transparent.gateway, "direct", address, "8080") == "refused"
    assert calls[0]["person"] == transparent.key.digest("person", CLIENT6)


def test_assay_runs_without_any_capability(transparent: Gateway) -> None:
    status = Path(f"/proc/{transparent.proxy.pid}/status").read_text(encoding="utf-8")
    sets = {
        line.split()[1] for line in status.splitlines() if line.startswith(("CapInh", "CapPrm", "CapEff", "CapBnd"))
    }
    assert sets == {"0" * 16}


def test_a_bad_request_for_rules_ends_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, said in (
        (["--ports", "80,https"], "--ports must be port numbers with commas, as 80,443"),
        (["--interface", 'a" accept; #'], "--interface must be the name of a network interface, as eth1"),
        (["--interface", "eth1", "--port", "443"], "--port 443 is where Assay listens: leave it out of --ports"),
    ):
        assert run(["network", "rules", *arguments]) == 2
        got = capsys.readouterr()
        assert (got.out, got.err) == ("", f"assay: {said}\n")


# Trusting the authority, per family of clients, as the document says it.

JAVA = """
import java.net.URL;
class Ask {
    public static void main(String[] arguments) throws Exception {
        var connection = new URL(arguments[0]).openConnection();
        connection.setDoOutput(true);
        connection.getOutputStream().write(arguments[1].getBytes());
        System.out.print(new String(connection.getInputStream().readAllBytes()));
    }
}
"""
NODE = """
fetch(process.argv[1], { method: "POST", body: process.argv[2] })
    .then((answer) => answer.text())
    .then((text) => process.stdout.write(text), (error) => { console.error(error); process.exit(1); });
"""
# Family: the blocks that it follows, the program that must be there, and how it asks.
FAMILIES = {
    "curl": (["system-store"], "curl", 'curl -sS "$URL" -d "$ASK"'),
    "python": (
        ["system-store", "python"],
        "python3",
        f'cd {ROOT}; {sys.executable} -m tests.deploy.clients sdk "$ASK" whole',
    ),
    "node": (["system-store", "node"], "node", 'node -e "$NODE" "$URL" "$ASK"'),
    "java": (["java"], "java", 'java Ask.java "$URL" "$ASK"'),
}
# What is written below these folders stays in the view of this one client.
LAYERS = """
for folder in /etc/ssl /usr/local/share/ca-certificates; do
    mkdir -p .upper$folder .scratch$folder
    mount -t overlay overlay -o lowerdir=$folder,upperdir=.upper$folder,workdir=.scratch$folder $folder
done
"""


@pytest.mark.parametrize("family", FAMILIES)
def test_clients_trust_the_authority_as_documented(transparent: Gateway, tmp_path: Path, family: str) -> None:
    """And do not without it."""
    names, program, asking = FAMILIES[family]
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program} here")
    (tmp_path / "Ask.java").write_text(JAVA, encoding="utf-8")
    shutil.copy(transparent.authority, tmp_path / "assay-ca.pem")
    script = f"cd {tmp_path}\n{LAYERS}"
    with_authority = script + "".join(f"{{ {block(name)} }} >&2\n" for name in names) + asking
    given = {"URL": URL, "NODE": NODE, "ASK": ask(f"name a capital, {family}")}
    refused = transparent.client.run("bash", "-euc", script + asking, **given)
    assert refused.returncode != 0
    assert "certificate" in refused.stderr.lower() or "pkix" in refused.stderr.lower()
    with transparent.entered(1):
        assert ANSWER in transparent.client.shell(with_authority, **given)
