"""`assay up`: proxy, classifier and console together."""

import asyncio
import os
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import click

from assay.commands.proxy import NO_UPSTREAM
from assay.failure import FAILED, MISUSED, Failure, say, speak_plainly
from assay.options import with_settings
from assay.supervision import NotStarted, Part, Supervisor
from config.loading import FILE_VARIABLE, variable
from config.settings import Settings
from ledger.address import Address

DEMO_FOLDER = Path("demo")


@click.command()
@with_settings("proxy.mode", "proxy.listen", "ledger.path")
@click.option(
    "--upstream", metavar="URL", help="The assistant, as https://api.openai.com: short for --mode reverse:URL."
)
@click.option("--demo", is_flag=True, help="Bring a stand-in assistant and invented people; end with the report.")
@click.pass_context
def command(context: click.Context, settings: Settings, upstream: str | None, demo: bool) -> None:
    """Run proxy, classifier and console together.

    Each is a process of its own and is started again when it fails; none outlives this one. Ends on SIGTERM or Ctrl-C,
    once answers under way have ended.
    """
    speak_plainly()
    given = [name for name in ("upstream", "proxy__mode", "proxy__listen", "ledger__path") if context.params[name]]
    if demo:
        if given:
            raise Failure("--demo brings its own assistant and ledger: leave the other options out", MISUSED)
        from assay.demo.show import show

        context.exit(asyncio.run(_until_stopped(show(DEMO_FOLDER), stopped=FAILED)))
    if {"upstream", "proxy__mode"} <= set(given):
        raise Failure("--upstream and --mode say the same: give one of them", MISUSED)
    mode = f"reverse:{upstream}" if upstream else settings.proxy.mode
    if not mode:
        raise Failure(NO_UPSTREAM.replace("--mode reverse:URL, as reverse:", "--upstream URL, as "), MISUSED)
    context.exit(asyncio.run(_until_stopped(_up(settings, mode, context.params["config"]), stopped=0)))


async def _up(settings: Settings, mode: str, config: Path | None) -> None:
    """Keep them until stopped. What was given on the command line is passed on; the rest they read as we did."""
    environment = dict(os.environ)
    if config is not None:
        environment[FILE_VARIABLE] = str(config)
    ledger: tuple[str, ...] = ()
    if isinstance(settings.ledger.path, Address):  # its password is no one's to see in a list of processes
        environment[variable("ledger.path")] = settings.ledger.path.url
    else:
        ledger = ("--db", str(settings.ledger.path))
    proxy = Part("proxy", "assay", ("proxy", "--mode", mode, "--listen", settings.proxy.listen, *ledger))
    async with Supervisor(environment) as supervisor:
        await supervisor.start(proxy)  # first: what keeps it from starting is then all that is said
        await supervisor.start(Part("classifier", "assay", ("classify", *ledger)))
        if await supervisor.start_if_possible(Part("console", "assay", ("console", "--wait", *ledger))) is None:
            say("proxy and classifier run without the console")
        say("ready: point clients at the proxy, and see `assay report`")
        await supervisor.watch()


async def _until_stopped(work: Coroutine[Any, Any, None], stopped: int) -> int:
    """Do the work until it is done or a signal stops it; give the exit code, which is `stopped` for the latter."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except NotStarted as error:
        return error.code
    except asyncio.CancelledError:
        return stopped
    return 0
