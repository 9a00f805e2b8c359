"""My page: a reader's own turns with the reasons of their judgements, and a way to contest these. Nobody else's."""

from dataclasses import asdict

from datasette import Response

from ledger.errors import LedgerError
from ledger.records import LEVELS
from reports.console.own import Own
from reports.console.visits import Visit

SHOWN = 50  # turns a page
NOT_YOURS = "You have no turn at this address: it may have been deleted since."
NAMELESS = "Sign in to see your own turns: without sign-in the console does not know who you are."
AWAY = "The ledger cannot be reached now: try again in a minute."


async def show(visit: Visit) -> Response:
    """List the reader's turns, newest first."""
    if (own := _own(visit)) is None:
        return await visit.refuse(404, NAMELESS)
    try:
        mine = await own.mine(visit.reader.name)
    except LedgerError:
        return await visit.refuse(503, AWAY)
    begin = _number(visit.argument("from"))
    judged = [turn for turn in mine.turns if turn.value is not None]
    return await visit.page(
        "mine.html",
        turns=mine.turns[begin : begin + SHOWN],
        contests=mine.contests,
        levels=LEVELS,
        total=len(mine.turns),
        value=sum(turn.value or 0 for turn in judged) if judged else None,
        later=max(0, begin - SHOWN) if begin else None,
        earlier=begin + SHOWN if begin + SHOWN < len(mine.turns) else None,
    )


async def explain(visit: Visit) -> Response:
    """Show why a turn of the reader's got its value; take their contest of it."""
    if (own := _own(visit)) is None:
        return await visit.refuse(404, NAMELESS)
    name, turn_id = visit.reader.name, int(visit.part("turn"))
    try:
        if visit.request.method == "POST":
            return await _contest(visit, own, name, turn_id)
        found = await own.explained(name, turn_id)
    except LedgerError:
        return await visit.refuse(503, AWAY)
    if found is None:
        return await visit.refuse(404, NOT_YOURS)
    turn, contest = found
    return await visit.page("my_turn.html", turn_id=turn_id, turn=asdict(turn), contest=contest, levels=LEVELS)


async def _contest(visit: Visit, own: Own, name: str, turn_id: int) -> Response:
    form = await visit.request.post_vars()
    level = form.get("level", "")
    if form.get("withdraw"):
        done = await own.withdraw(name, turn_id)
    elif not form.get("reason", "").strip() or level not in ("", *map(str, range(len(LEVELS)))):
        return await visit.refuse(400, "Say in a few words why the judgement is wrong, then send it again.")
    else:
        done = await own.contest(
            name, turn_id, form["reason"].strip(), int(level) if level else None, form.get("words", "")
        )
    if not done:
        return await visit.refuse(404, NOT_YOURS)
    response = Response.redirect(f"/mine/{turn_id}")
    response.status = 303
    return response


def _own(visit: Visit) -> Own | None:
    return None if visit.console.admission.open else visit.console.own


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else 0
