import asyncio
import errno
import logging
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import openai
import pytest
from mitmproxy import ctx

import proxy.server
from proxy.capture import Capture
from proxy.server import TCP_TIMEOUT_SECONDS, Address, ErrorCheck, ServerError, ServerOptions, serve
from tests.proxy.certifying import certify
from tests.proxy.upstream import (
    HOST,
    Authority,
    ListSink,
    Message,
    Running,
    Send,
    Upstream,
    answer,
    ask,
    chunked,
    completion,
    forward,
    head,
    post,
    prompts,
    read_answer,
    reverse,
    until,
    upstream,
)
from tests.proxy.upstream import proxy as running_proxy

CHAT = "/v1/chat/completions"


def options(confdir: Path, *modes: str, **fields: Any) -> ServerOptions:
    return ServerOptions(modes=modes, listen_host=HOST, listen_port=0, confdir=confdir, **fields)


async def refusal(given: ServerOptions) -> str:
    """Give the sentence with which the proxy refuses to start."""
    with pytest.raises(ServerError) as error:
        await serve(given, Capture(ListSink(), prompts))
    return str(error.value)


# What it refuses to start with: one sentence with the fix.


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        ("sideways", "mode 'sideways' is not known: use reverse:URL"),
        ("socks5", "mode 'socks5' is not known"),
        ("reverse:ftp://host.test", "the URL of mode reverse cannot be used: write reverse:http://HOST:PORT"),
        ("reverse:tcp://host.test:1", "the URL of mode reverse cannot be used"),
        ("reverse:https://host.test/v1", "without path, user or password"),
        ("reverse:", "the URL of mode reverse cannot be used"),
        ("upstream:ftp://host.test", "the URL of mode upstream cannot be used: write upstream:http://HOST:PORT"),
        ("regular:x", "mode regular is written wrongly: write regular, or regular@PORT"),
        ("regular", "need the assistant's hosts to open: set allow_hosts"),
        ("transparent", "need the assistant's hosts to open: set allow_hosts"),
    ],
)
async def test_a_mode_that_cannot_be_used_is_refused(mode: str, sentence: str, confdir: Path) -> None:
    assert sentence in await refusal(options(confdir, mode))


async def test_no_mode_is_refused(confdir: Path) -> None:
    assert "no mode is given" in await refusal(options(confdir))


async def test_a_password_in_a_url_is_not_quoted(confdir: Path) -> None:
    assert "hunter2" not in await refusal(options(confdir, "reverse:http://me:hunter2@host.test"))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"proxy_auth": "me:hunter2"}, "proxy_auth works in modes regular and upstream only"),
        ({"upstream_auth": "me:hunter2"}, "upstream_auth works in mode upstream only"),
        ({"allow_hosts": ("(",)}, "allow_hosts holds a pattern that is no regular expression"),
        ({"upstream_ca": Path("nowhere.pem")}, "upstream_ca nowhere.pem is no file"),
        (
            {"certs": ("nowhere.pem",)},
            "the certificate nowhere.pem cannot be used: give a PEM file with the certificate",
        ),
        ({"certs": ("pyproject.toml",)}, "the certificate pyproject.toml cannot be used: give a PEM file"),
    ],
)
async def test_a_setting_that_cannot_be_used_is_refused(fields: Any, sentence: str, confdir: Path) -> None:
    refused = await refusal(options(confdir, "reverse:http://host.test", **fields))
    assert sentence in refused
    assert "hunter2" not in refused


async def test_a_forward_setting_that_cannot_be_used_is_refused(confdir: Path) -> None:
    given = options(confdir, "regular", allow_hosts=("a",), proxy_auth="ldap:hunter2")
    assert 'write "@FILE" (htpasswd)' in await refusal(given)
    assert "hunter2" not in await refusal(given)
    given = options(confdir, "upstream:http://host.test", allow_hosts=("a",), upstream_auth=":hunter2")
    assert await refusal(given) == "upstream_auth is not written as user:password: write it so"


async def test_a_port_in_use_is_refused(confdir: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        given = replace(options(confdir, "reverse:http://host.test"), listen_port=port)
        assert await refusal(given) == "the port is in use: stop what listens there, or listen on another"


async def test_an_address_of_another_machine_is_refused(confdir: Path) -> None:
    given = replace(options(confdir, "reverse:http://host.test"), listen_host="192.0.2.1")
    assert "give one of this machine" in await refusal(given)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(errno.EACCES, "x"), "is not permitted: choose one above 1023"),
        (ValueError("x"), "the mode cannot be started (ValueError): check what it needs"),
    ],
)
async def test_what_else_keeps_it_from_listening_is_said(error: Exception, sentence: str) -> None:
    """Root may listen anywhere, so no test can provoke the first on every machine."""
    listening = SimpleNamespace(servers=[SimpleNamespace(last_exception=error)])
    with pytest.raises(ServerError, match=re.escape(sentence)):
        await ErrorCheck(listening, None).shutdown_if_errored()


async def test_an_unreadable_certificate_authority_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mitmproxy-ca.pem").write_text("no certificate")
    assert "cannot be read or made: mend its mitmproxy-ca.pem" in await refusal(
        options(tmp_path, "reverse:http://host.test")
    )


async def test_a_confdir_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "choose another confdir" in await refusal(options(tmp_path / "file" / "under", "reverse:http://host.test"))


# What it runs with.


async def test_the_authority_s_directory_is_private(tmp_path: Path, sink: ListSink, up: Upstream) -> None:
    confdir = tmp_path / "new"
    async with running_proxy(sink, reverse(up, confdir)):
        assert confdir.stat().st_mode & 0o777 == 0o700
    assert (confdir / "mitmproxy-ca.pem").stat().st_mode & 0o777 == 0o600


async def test_silence_of_two_hours_ends_no_call(up: Upstream, sink: ListSink, confdir: Path) -> None:
    """mitmproxy's own bound of 600 s cuts reasoning calls off."""
    up.scripts[CHAT] = answer(b"{}")
    async with running_proxy(sink, reverse(up, confdir)) as run:
        reader, writer = await asyncio.open_connection(*run.address)
        writer.write(post(CHAT, b"{}"))
        await read_answer(reader)
        (handler,) = ctx.master.addons.get("proxyserver").connections.values()
        assert handler.timeout_watchdog.timeout == TCP_TIMEOUT_SECONDS == 7200
        writer.close()


@pytest.mark.parametrize("mode", ["transparent", "reverse:https://host.test", "wireguard"])
async def test_other_modes_listen(mode: str, sink: ListSink, confdir: Path) -> None:
    """Each on one socket: a reverse proxy to https does not listen for HTTP/3 as well."""
    addresses: list[list[Address]] = []
    given = options(confdir, mode, allow_hosts=("^assistant.test:443$",))
    task = asyncio.create_task(serve(given, Capture(sink, prompts), addresses.append))
    await until(lambda: addresses or task.done())
    task.cancel()
    await asyncio.wait({task})
    assert len({port for _, port in addresses[0]}) == 1
    assert len(addresses[0]) == 1


async def test_several_modes_run_at_once(up: Upstream, sink: ListSink, confdir: Path) -> None:
    """The hosts that forward modes open do not shut a reverse proxy's own upstream out."""
    up.scripts[CHAT] = answer(b"{}")
    modes = (f"reverse:{up.url()}", "regular@127.0.0.2:0")
    given = replace(reverse(up, confdir, allow_hosts=("^assistant.test:443$",)), modes=modes)
    addresses: list[Address] = []
    task = asyncio.create_task(serve(given, Capture(sink, prompts), addresses.extend))
    await until(lambda: addresses or task.done())
    await ask(addresses[0], post(CHAT, b"{}"))
    task.cancel()
    await asyncio.wait({task})
    assert len(addresses) == 2
    assert len(sink.exchanges) == 1


async def test_nothing_of_the_traffic_is_printed_or_logged(
    up: Upstream,
    sink: ListSink,
    confdir: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG, logger="proxy")
    up.scripts[CHAT] = answer(completion("poison"), "x-poison: poison")
    async with running_proxy(sink, reverse(up, confdir)) as run:
        await ask(run.address, post(f"{CHAT}?poison=1", b'{"poison": 1}', "x-poison: poison"))
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.to_thread(_distrust, run.address)
        await until(lambda: caplog.records)
    assert [(record.name, record.getMessage()) for record in caplog.records] == [
        ("proxy.server", "Client TLS handshake failed")
    ]
    out, err = capfd.readouterr()
    assert "poison" not in out + err + caplog.text


def test_the_proxy_needs_neither_torch_nor_numpy() -> None:
    code = "import sys, proxy.server; print(sorted({'torch', 'numpy'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def _distrust(address: Address) -> None:
    """Try TLS as a client that does not know our authority."""
    tls = ssl.create_default_context()
    with socket.create_connection(address) as plain, tls.wrap_socket(plain, server_hostname="localhost"):
        pass


# HTTP/2 without TLS.


async def test_an_upgrade_to_http2_without_tls_is_not_passed_on(up: Upstream, sink: ListSink, confdir: Path) -> None:
    """The assistant would answer in HTTP/2, which mitmproxy could not read."""
    up.scripts[CHAT] = answer(b"{}")
    upgrade = ("connection: upgrade, http2-settings", "upgrade: h2c", "http2-settings: AAMAAABkAAQAoAAAAAIAAAAA")
    async with running_proxy(sink, reverse(up, confdir)) as run:
        assert (await ask(run.address, post(CHAT, b"{}", *upgrade))).body == b"{}"
    assert [up.seen[0].header(name) for name in (b"upgrade", b"connection", b"http2-settings")] == [None] * 3


async def test_http2_without_tls_is_refused(up: Upstream, sink: ListSink, confdir: Path) -> None:
    async with running_proxy(sink, reverse(up, confdir)) as run:
        with pytest.raises(asyncio.IncompleteReadError):
            await ask(run.address, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        await until(lambda: not run.capture.under_way)
    assert up.connections == 0


# Forward mode.


async def connect(through: Address, host: str, port: int, tls: ssl.SSLContext | None, *headers: str) -> Any:
    """Open a tunnel to host:port; give the answer's status, the certificate's issuer, and the streams."""
    reader, writer = await asyncio.open_connection(*through)
    writer.write("\r\n".join([f"CONNECT {host}:{port} HTTP/1.1", *headers, "", ""]).encode())
    status = int((await reader.readuntil(b"\r\n\r\n")).split()[1])
    if tls is None or status != 200:
        writer.close()
        return status, None, reader, writer
    await writer.start_tls(tls, server_hostname=host)
    issuer = dict(pair for (pair,) in writer.get_extra_info("peercert")["issuer"])
    return status, issuer["commonName"], reader, writer


def trust(*files: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=files[0])
    for file in files[1:]:
        context.load_verify_locations(file)
    return context


async def test_tls_is_opened_for_the_assistant_alone(sink: ListSink, confdir: Path, authority: Authority) -> None:
    """Any other host shows its own certificate."""
    async with (
        upstream(authority.server("localhost")) as assistant,
        upstream(authority.server("localhost")) as other,
    ):
        assistant.scripts[CHAT] = other.scripts[CHAT] = answer(b"{}")
        port = assistant.address[1]
        given = forward(confdir, f"^localhost:{port}$", upstream_ca=authority.pem)
        async with running_proxy(sink, given) as run:
            tls = trust(authority.pem, confdir / "mitmproxy-ca-cert.pem")
            for up, issuer in ((assistant, "mitmproxy"), (other, authority.name)):
                _, shown, reader, writer = await connect(run.address, "localhost", up.address[1], tls)
                writer.write(post(CHAT, b"{}", host=f"localhost:{up.address[1]}"))
                assert (await read_answer(reader)).body == b"{}"
                writer.close()
                assert shown == issuer
            (one,) = await sink.ended()
    assert one.asked is not None
    assert one.asked.host == "localhost"
    assert len(assistant.seen) == len(other.seen) == 1


async def test_an_upstream_with_a_certificate_of_unknown_origin_is_a_502(
    sink: ListSink, confdir: Path, authority: Authority
) -> None:
    async with upstream(authority.server("localhost")) as assistant:
        assistant.address = ("localhost", assistant.address[1])
        async with running_proxy(sink, reverse(assistant, confdir)) as run:
            assert (await ask(run.address, post(CHAT, b"{}"))).first.split()[1] == b"502"
            (one,) = await sink.ended()
    assert [(e.whole, e.status) for e in one.ended] == [(False, 502)]


async def test_a_person_who_authenticates_is_named_and_the_password_is_nowhere(
    sink: ListSink, confdir: Path, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with upstream(authority.server("localhost")) as assistant:
        assistant.scripts[CHAT] = answer(completion("hi"))
        port = assistant.address[1]
        given = forward(confdir, f"^localhost:{port}$", upstream_ca=authority.pem, proxy_auth="erin:hunter2")
        async with running_proxy(sink, given) as run:
            tls = trust(confdir / "mitmproxy-ca-cert.pem")
            proxy_url = f"http://erin:hunter2@{HOST}:{run.address[1]}"
            async with (
                httpx.AsyncClient(proxy=proxy_url, verify=tls) as http_client,
                openai.AsyncOpenAI(
                    base_url=f"https://localhost:{port}/v1", api_key="sk-test", http_client=http_client
                ) as client,
            ):
                for _ in range(2):
                    await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Plan"}])
                remembered = list(ctx.master.addons.get("proxyauth").authenticated.values())
            refused, *_ = await connect(run.address, "localhost", port, tls)
            exchanges = await sink.ended(2)
    assert [one.asked.proxy_user for one in exchanges if one.asked] == ["erin", "erin"]
    assert [name for name, _ in remembered] == ["erin"]
    assert refused == 407
    heard = [one.asked.headers for one in exchanges if one.asked]
    sent = [request.headers for request in assistant.seen]
    assert "hunter2" not in f"{remembered} {heard} {sent} {sink.events!r} {caplog.text} {given!r}"


async def test_a_person_who_authenticates_in_plain_http_is_named_too(
    up: Upstream, sink: ListSink, confdir: Path
) -> None:
    up.scripts[CHAT] = answer(b"{}")
    target, host = f"{up.url()}{CHAT}", f"{HOST}:{up.address[1]}"
    async with running_proxy(sink, forward(confdir, f"^{host}$", proxy_auth="any")) as run:
        assert (await ask(run.address, post(target, b"{}", host=host))).first.split()[1] == b"407"
        name = "proxy-authorization: Basic ZXJpbjpodW50ZXIy"  # erin:hunter2
        assert (await ask(run.address, post(target, b"{}", name, host=host))).body == b"{}"
        (one,) = await sink.ended()
    assert one.asked is not None
    assert one.asked.proxy_user == "erin"
    assert up.seen[0].header(b"proxy-authorization") is None


async def test_another_proxy_may_stand_behind(up: Upstream, sink: ListSink, confdir: Path) -> None:
    target = f"http://assistant.test{CHAT}"
    up.scripts[target] = answer(b"{}")
    given = options(
        confdir, f"upstream:{up.url()}", allow_hosts=(r"^assistant\.test:80$",), upstream_auth="assay:hunter2"
    )
    async with running_proxy(sink, given) as run:
        assert (await ask(run.address, post(target, b"{}", host="assistant.test"))).body == b"{}"
        (one,) = await sink.ended()
    assert one.asked is not None
    assert one.asked.host == "assistant.test"
    assert up.seen[0].header(b"proxy-authorization") == b"Basic YXNzYXk6aHVudGVyMg=="


# How it stops.


def stop() -> None:
    assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL  # or it would end the tests
    os.kill(os.getpid(), signal.SIGTERM)


async def beginning(run: Running, up: Upstream) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, asyncio.Event]:
    """Ask for an answer that goes on until the event is set."""
    go_on = asyncio.Event()

    async def before(number: int) -> None:
        if number:
            await go_on.wait()

    up.scripts[CHAT] = chunked([b"begun", b"done"], before=before)
    reader, writer = await asyncio.open_connection(*run.address)
    writer.write(post(CHAT, b"{}"))
    await reader.readuntil(b"begun\r\n")
    return reader, writer, go_on


async def test_sigterm_lets_answers_end(
    up: Upstream, sink: ListSink, confdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy.server, "POLL_SECONDS", 0)
    async with running_proxy(sink, reverse(up, confdir, drain_seconds=3600)) as run:
        reader, writer, go_on = await beginning(run, up)
        stop()
        await no_more_listening(run.address)
        await several_turns()
        assert not run.task.done()
        go_on.set()
        assert await reader.readuntil(b"0\r\n\r\n") == b"4\r\ndone\r\n0\r\n\r\n"
        await asyncio.wait({run.task})
        assert run.task.exception() is None
        writer.close()
    (one,) = sink.exchanges
    assert [(e.whole, e.body_bytes) for e in one.ended] == [(True, 9)]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


async def test_sigterm_cuts_answers_off_that_take_too_long(
    up: Upstream, sink: ListSink, confdir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_proxy(sink, reverse(up, confdir, drain_seconds=0.01)) as run:
        reader, writer, _ = await beginning(run, up)
        stop()
        await asyncio.wait({run.task})
        assert run.task.exception() is None
        assert await reader.read() == b""
        writer.close()
    (one,) = sink.exchanges
    assert [(e.whole, e.body_bytes) for e in one.ended] == [(False, 5)]
    assert "1 exchanges were cut off" in caplog.text


async def test_a_second_signal_ends_at_once(up: Upstream, sink: ListSink, confdir: Path) -> None:
    async with running_proxy(sink, reverse(up, confdir, drain_seconds=3600)) as run:
        _, writer, _ = await beginning(run, up)
        stop()
        await no_more_listening(run.address)
        stop()
        await asyncio.wait({run.task})
        assert run.task.exception() is None
        writer.close()
    (one,) = sink.exchanges
    assert [e.whole for e in one.ended] == [False]


async def test_what_a_slow_client_has_not_read_is_sent_before_the_end(
    up: Upstream, sink: ListSink, confdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy.server, "POLL_SECONDS", 0)
    piece = b"x" * 10_000
    pieces = 0

    async def script(request: Message, send: Send) -> None:
        nonlocal pieces
        await send(head("transfer-encoding: chunked"))
        while not proxy.server._unsent(ctx.master.addons.get("proxyserver")):
            await send(b"%x\r\n%s\r\n" % (len(piece), piece))
            pieces += 1
            await asyncio.sleep(0)
        await send(b"0\r\n\r\n")

    up.scripts[CHAT] = script
    async with running_proxy(sink, reverse(up, confdir, drain_seconds=3600)) as run:
        reader, writer = await asyncio.open_connection(*run.address, limit=1000)
        writer.write(post(CHAT, b"{}"))
        await sink.ended()  # mitmproxy has written it all, and the operating system takes no more
        stop()
        await no_more_listening(run.address)
        await several_turns()
        assert not run.task.done()
        assert (await read_answer(reader)).body == piece * pieces
        await asyncio.wait({run.task})
        writer.close()
    assert [e.whole for e in sink.exchanges[0].ended] == [True]


async def test_off_the_main_thread_signals_are_left_alone(up: Upstream, sink: ListSink, confdir: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)

    async def run() -> None:
        async with running_proxy(sink, reverse(up, confdir)):
            assert signal.getsignal(signal.SIGTERM) is before

    await asyncio.to_thread(asyncio.run, run())


async def several_turns() -> None:
    """Let the event loop go round so often that a proxy which did not wait would have ended."""
    for _ in range(200):
        await asyncio.sleep(0)


async def no_more_listening(address: Address) -> None:
    await until(lambda: not ctx.master.addons.get("proxyserver").listen_addrs())
    with socket.socket() as client:
        assert client.connect_ex(address) == errno.ECONNREFUSED


async def test_it_never_connects_to_itself(sink: ListSink, confdir: Path) -> None:
    """One connection would become as many as the process may open. mitmproxy knows that by two of the names alone."""
    other_name = "127.0.0.2"
    with socket.create_server((other_name, 0)) as free:
        itself = Upstream()
        itself.address = free.getsockname()
    options = replace(reverse(itself, confdir), listen_host="0.0.0.0", listen_port=itself.address[1])
    async with running_proxy(sink, options):
        got = await ask(itself.address, post(CHAT, b"{}"))
        (one,) = await sink.ended()
    assert got.first.split()[1] == b"502"
    assert [(e.whole, e.status) for e in one.ended] == [(False, 502)]


# Certificates of clients.


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_clients_certificate_is_told_with_each_request(
    version: ssl.TLSVersion, up: Upstream, confdir: Path, tmp_path: Path
) -> None:
    """On a connection that stays, and on one that would resume another's session, which has no chain."""
    up.scripts[CHAT] = answer(completion("ok"))
    root = certify("staff root", authority=True)
    shown = certify("ada", certify("staff issuing", root, authority=True))
    tls = shown.context(tmp_path)
    tls.minimum_version = tls.maximum_version = version
    sink = ListSink()

    def converse(address: Address) -> None:
        session = None
        for _ in range(3):
            with tls.wrap_socket(socket.create_connection(address, timeout=20), session=session) as connection:
                for number in range(2):
                    connection.sendall(post(CHAT, b"%d" % number))
                    got = b""
                    while not got.endswith(completion("ok")):
                        got += connection.recv(65536) or b"?"
                session = connection.session

    async with running_proxy(sink, reverse(up, confdir, ask_certificates=True)) as running:
        await asyncio.to_thread(converse, running.address)
    assert [one.asked.certificates for one in sink.exchanges if one.asked] == [shown.chain] * 6


async def test_clients_are_not_asked_for_certificates_unless_told_to(
    up: Upstream, confdir: Path, tmp_path: Path
) -> None:
    """Browsers would ask people which one to show."""
    up.scripts[CHAT] = answer(completion("ok"))
    sink = ListSink()
    async with running_proxy(sink, reverse(up, confdir)) as running:
        await ask(running.address, post(CHAT, b"{}"), certify("ada").context(tmp_path))
    assert [one.asked.certificates for one in sink.exchanges if one.asked] == [()]
