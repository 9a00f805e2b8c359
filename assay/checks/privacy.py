"""Do the settings protect people as they do by default?"""

from collections.abc import Iterator

from assay.checks.finding import Finding, bad, good, note
from assay.places import key_of
from config.settings import Settings
from ledger.files import is_open_to_others, open_to_others


def privacy(settings: Settings) -> Iterator[Finding]:
    """Look at what is kept, and who can read it."""
    days = settings.ledger.keep_text_days
    if days:
        yield note(
            f"the text of prompts is kept for {days:g} days after its judgement",
            "set ledger.keep_text_days to 0, unless people were told why it is kept",
        )
    else:
        yield good("the text of prompts goes with its judgement")
    if settings.identity.mode == "plain":
        yield note(
            "the ledger holds people's names in clear (identity.mode is plain)",
            "set identity.mode to pseudonyms, unless people and the works council have agreed",
        )
    files = {settings.proxy.confdir, key_of(settings.ledger)}
    also = [file for file in files if file.exists() and is_open_to_others(file)]
    for path in {*open_to_others(settings.ledger.file), *also}:
        yield bad(f"others on this machine can reach {path}", f"chmod go= {path}")
