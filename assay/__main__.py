"""`assay`: its commands, each in a module of its own that is imported when the command runs.

So that the proxy never pays for numpy, and no report for mitmproxy.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

import click

from assay import __version__
from assay.failure import FAILED, MISUSED, Failure, bug, say

# Name: what it does. The module is assay.commands.NAME, which holds `command`.
COMMANDS: Mapping[str, str] = {
    "up": "Run proxy, classifier and console together, restarted when they fail. --demo brings its own traffic.",
    "proxy": "Run the proxy alone: pass traffic through untouched, log calls and turns.",
    "classify": "Run the classifier alone: judge the turns that wait in the ledger.",
    "console": "Show value, gap and air in the browser.",
    "ledger": "Mend a broken ledger.",
    "publish": "Close the weeks that are over: what is shown of them never changes again.",
    "prune": "Delete what is older than it is kept, and keep the ledger under its size.",
    "report": "Show value beside raw calls, and the gap between them.",
    "outcomes": "Import what teams brought about, and show it beside value.",
    "explain": "Say why a turn got its value.",
    "audit-access": "Look at a person's own rows, with a reason that is kept; see who did.",
    "score": "Rate prompts without a proxy: one text, or JSONL of any length.",
    "evaluate": "Measure the classifier against labelled prompts, beside simple baselines.",
    "attack": "Try to fool the classifier with trivial prompts in dress, and say what that gains.",
    "train": "Make a model from labelled prompts.",
    "identity": "Name API keys for the teams file.",
    "events": "Enter dates that figures are read by, as when a target was announced.",
    "doctor": "Check that Assay works here, and say how to mend what does not.",
    "network": "Print the firewall rules of a gateway that leads traffic through Assay.",
}

MANUAL = """Weigh what AI usage is worth.

Assay sits between people and their company's AI assistant. It passes traffic through untouched, finds what a person
really asked (a turn, however many calls it takes), rates the substance of the work, and logs usage weighted by it,
beside the raw count that can be farmed.

\b
  assay up --upstream https://api.openai.com    # then point clients at http://127.0.0.1:8080
  assay report                                  # calls, turns, value and gap by team
  assay up --demo                               # see it first with invented people

Settings come from options, then the environment (ASSAY_LEDGER__PATH), then the file (assay.toml), then defaults.
Exit codes: 0 done, 1 failed, 2 asked wrongly.
"""


class Commands(click.Group):
    """A group whose commands are imported when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"assay.commands.{cmd_name.replace('-', '_')}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=Commands, help=MANUAL, epilog="assay COMMAND --help says more.", context_settings={"max_content_width": 100}
)
@click.version_option(__version__, message="%(version)s")
def cli() -> None:
    pass


def run(arguments: Sequence[str]) -> int:
    """Run a command; give its exit code. Whatever goes wrong is said in one sentence."""
    try:
        code = cli.main(list(arguments), prog_name="assay", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return MISUSED
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "assay"
        say(f"{error.format_message().rstrip('.')}: see {where} --help")
        return MISUSED
    except click.ClickException as error:
        say(error.format_message())
        return error.exit_code
    except Failure as failure:
        say(str(failure))
        return failure.code
    except (click.Abort, KeyboardInterrupt):
        say("stopped")
        return FAILED
    except BrokenPipeError:  # who read our output has left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except ModuleNotFoundError as error:
        say(f"this command needs {error.name}, which is not installed: install Assay with the extra that holds it")
        return FAILED
    except Exception as error:
        return _failed(error)
    return code if isinstance(code, int) else 0


def _failed(error: Exception) -> int:
    from ledger.errors import LedgerError

    say(str(error) if isinstance(error, LedgerError) else bug(error))
    return FAILED


def main() -> None:
    """The console script."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
