"""`assay forget`: one person's rows leave the ledger for good."""

from contextlib import closing

import click

from assay.failure import Failure, say
from assay.options import with_settings
from config.settings import Settings


@click.command()
@with_settings("ledger.path")
@click.argument("person")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is kept. Name nobody in it.")
@click.option("--as", "claimed", metavar="NAME", help="Your name, kept beside the login that you have.")
def command(settings: Settings, person: str, reason: str, claimed: str | None) -> None:
    """Delete one person's turns, and all that hangs on them, from the ledger, its log and its backups.

    PERSON is any of their names, as identity sources or the teams file give them. Published figures stay: they are of
    groups. What the person asks from now on is logged again. The audit table keeps who did this, when and why, and not
    of whom.

    The ledger is written anew, so that no byte of theirs stays in it: calls wait meanwhile, and traffic does not.
    """
    from assay.accountable import checked, ever_stood_for, operator
    from assay.places import audit_of, keys_of, open_ledger
    from ledger.store import Ledger
    from proxy.spool import spools_of

    path, why = settings.ledger.path, checked(reason)
    Ledger.read(path).close()  # or a wrong --db got a key
    persons = ever_stood_for(settings, keys_of(settings.ledger), person)
    with closing(open_ledger(settings.ledger)) as ledger:
        forgetting = ledger.forgetting
        if not forgetting.erasable():
            raise Failure(
                f"nothing is deleted yet, as another program reads the ledger {path} and keeps what is deleted in its "
                "log: close that program, or wait for it, and run this again"
            )
        with audit_of(ledger, settings.ledger).entry(operator(claimed), "forgot one person", why):
            gone = forgetting.delete(persons)
        in_backups = forgetting.delete_from_backups(persons)
        if not forgetting.erase():
            raise Failure(
                f"the rows are deleted, but another program that reads the ledger {path} keeps them in its log: close "
                "that program, or wait for it, and run this again"
            )
    if waiting := [spool for spool in spools_of(settings.ledger.file) if spool.stat().st_size]:
        say(f"calls wait in {waiting[0]}, and theirs may be among them: run this again once they are in the ledger")
    if gone.turns or in_backups:
        also = f", and {in_backups} turns in backups" if in_backups else ""
        click.echo(f"Forgot {gone.turns} turns with {gone.calls} calls{also}.")
    else:
        click.echo("No turn of this person is in the ledger: name them as the teams file or their login does.")
