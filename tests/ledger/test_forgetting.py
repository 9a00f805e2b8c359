"""Whatever was moved from page to page before, nothing of a person's rows stays in the file."""

import random
from pathlib import Path

import pytest

from ledger.store import Ledger
from tests.ledger.facts import answer, call, everything, judgement, turn

ANA, BOB = "a" * 16, "b" * 16


@pytest.mark.parametrize("seed", [0, 1, 2, 10])
def test_rows_that_were_moved_before_leave_no_copy_behind(ledger: Ledger, db: Path, seed: int) -> None:
    """Turns of all sizes of two people in turn, judged out of order, their calls growing, with pages merged between.

    Deleting alone leaves copies of the pseudonym, which SQLite's secure_delete does not know of.
    """
    chance = random.Random(seed)
    shows: dict[str, list[bytes]] = {ANA: [], BOB: []}
    waiting: list[int] = []
    under_way: list[int] = []
    for number in range(500):
        person = chance.choice((ANA, BOB))
        letter, conversation = person[0], f"{person[0]}{number:015x}"
        words = "w" * chance.choice((1, 40, 300, 900, 2000, 6000))
        team = chance.choice(("S", "T" * 30))
        turn_id = ledger.open_turn(turn(words, person=person, conversation=conversation, ask=conversation, team=team))
        under_way.append(ledger.open_call(call(model=f"{letter}-model-{number:04}"), turn_id))
        while len(under_way) > chance.randrange(100):
            model = f"{letter}-answered-{number:04}" * chance.randrange(3)
            ledger.close_call(under_way.pop(chance.randrange(len(under_way))), answer(model=model))
        shows[person] += [conversation.encode(), f"{letter}-model-{number:04}".encode()]
        waiting.append(turn_id)
        if chance.random() < 0.2:
            batch = chance.sample(waiting, len(waiting) // 2)
            waiting = [each for each in waiting if each not in batch]
            found = [judgement(each, reasons=("r" * chance.randrange(300),)) for each in batch]
            ledger.judge(found, chance.choice((0, 0, 60)))
            ledger.settle()
        if chance.random() < 0.05:
            ledger.expire_text("2027-01-01T00:00:00.000Z")
    assert ledger.forgetting.delete([ANA]).turns > 200
    assert ledger.forgetting.erase()
    content = everything(db.parent)
    assert not [one for one in (ANA.encode(), *shows[ANA]) if one in content]
    assert len([one for one in shows[BOB] if one in content]) > 200
