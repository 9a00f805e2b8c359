"""A small company of invented people, some weeks long, in a ledger: for tests and pictures."""

import random
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from ledger.address import Place
from ledger.outcomes import Outcome
from ledger.records import Judgement, utc
from ledger.store import Ledger
from tests.ledger.facts import answer, call, judgement, turn

TEAMS = {"Growth": 12, "Operations": 11, "Platform": 14, "Legal & Risk": 6, "Board": 3}
CLASSIFIER = "minilm-ordinal-2"
SEED = 5
Where = TypeVar("Where", bound=Place)


def monday(weeks_ago: int = 0) -> datetime:
    """Give the Monday of a week, 00:00 UTC."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=today.weekday() + 7 * weeks_ago)


def found(path: Where, weeks: int = 9, turns: int = 3, times: int = 1) -> Where:
    """Log `weeks` weeks, the last of which is still open, with so many turns for each person in each of them. `times`:
    how often each team has its people.
    """
    chance = random.Random(SEED)
    ledger = Ledger.open(path)
    try:
        for week in range(weeks):
            _week(ledger, monday(weeks - 1 - week), week, turns, times, chance)
    finally:
        ledger.close()
    return path


def tell(path: Place, weeks: int) -> None:
    """Enter dates, and outcomes of so many weeks before the running one. Growth farms since a target was announced."""
    chance = random.Random(SEED)
    with closing(Ledger.open(path)) as ledger:
        ledger.events.enter(monday(weeks - 4).date().isoformat(), "Target: 50 prompts a week", "Growth")
        ledger.events.enter(monday(3).date().isoformat(), "Training: whole pieces of work")
        for week in (monday(weeks_ago).date().isoformat() for weeks_ago in range(weeks, 0, -1)):
            for team in TEAMS:
                told = {"changes_merged": 4, "lead_time_hours": 30.0, "change_failure_rate": 0.1, "satisfaction": 3.5}
                ledger.outcomes.enter(
                    Outcome(team, week, metric, round(usual * chance.uniform(0.7, 1.3), 2), "file", 8, "")
                    for metric, usual in told.items()
                )


def _week(ledger: Ledger, start: datetime, number: int, turns: int, times: int, chance: random.Random) -> None:
    judged = []
    with ledger.transaction():
        for team, size in TEAMS.items():
            asked = max(2, turns + chance.choice([-1, 0, 1]) + (2 if team == "Growth" and number >= 5 else 0))
            for person in range(size * times if size > 3 else size):
                for _ in range(asked):
                    at = utc((start + timedelta(seconds=chance.randrange(24 * 3600))).timestamp())
                    farms = team == "Growth" and number >= 5
                    turn_id = ledger.open_turn(
                        turn(
                            at=at,
                            person=f"{team[:4].encode().hex()}{person:08x}",
                            team=team,
                            assistant=chance.choice(["OpenAI", "OpenAI", "Anthropic"]),
                            conversation=f"{chance.getrandbits(64):016x}",
                            ask=f"{chance.getrandbits(64):016x}",
                        )
                    )
                    model = chance.choice(["gpt-5-mini", "gpt-5", "claude-sonnet-5"])
                    for _ in range(chance.choice([1, 1, 2, 5 if farms else 3])):
                        ledger.close_call(ledger.open_call(call(at=at, model=model), turn_id), answer())
                    level = chance.choice([0, 0, 1, 1, 2] if farms else [0, 1, 2, 3, 3, 3, 4, 4])
                    judged.append(_judged(turn_id, at, level, chance))
    ledger.judge(judged)


def _judged(turn_id: int, at: str, level: int, chance: random.Random) -> Judgement:
    category = chance.choice(["coding", "coding", "data", "writing", "writing", "question", "editing"])
    if chance.random() < 0.05:
        category = "automation"
    return judgement(
        turn_id,
        at=at,
        classifier=CLASSIFIER,
        level=level,
        category=category,
        novelty=chance.choice([1.0] * 8 + [0.9, 0.05]),
        attention=chance.choice([1.0] * 12 + [0.6, 0.02]),
    )
