"""What a turn takes on disk, by table and index: `python -m bench.size [TURNS] [PATH]`.

Writes a month as the proxy and the classifier do: entered, answered and judged a batch at a time, with the signatures
and reasons that the packaged judge makes of the asks in tests/classifiers/repeats.jsonl. Most turns are one call; the
rest are agents' tool loops and assistants that keep the conversation, with the traces that they leave. Prints bytes a
turn as a Markdown table, what of them is in plain words, and the size without signatures. PATH keeps the ledger.
"""

import random
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from bench.novelty import read_pairs
from classifiers.factors import Factors
from classifiers.judge import load_judge
from ledger.keys import Keys
from ledger.records import Answer, Call, Judgement, Message, Signature, Turn, utc
from ledger.ring import Ring
from ledger.store import Ledger

BATCH = 64  # events that intake writes in one transaction
EIGHT = 8  # turns that the classifier judges at a time
START = 1_795_000_000.0
SPAN = 28 * 86_400.0
PEOPLE, TEAMS = 500, 20
IN_CONVERSATION, LOOPS, KEPT_CONVERSATIONS, RETRIED, TITLED = 0.5, 0.1, 0.15, 0.03, 0.05  # shares of the turns
CALLS_OF_LOOPS = (2, 9)
SESSION = 8  # turns of an agent's session
CHATS = (
    ("OpenAI", "openai-chat", "gpt-5.2-mini-2026-08-07", "openai-python/2.14.0"),
    ("OpenAI", "openai-chat", "gpt-5.2", "Open WebUI/0.6.41"),
    ("Anthropic", "anthropic-messages", "claude-sonnet-5", "Anthropic/Python 0.84.0"),
    ("Google", "gemini", "gemini-3-pro", "google-genai-sdk/1.52.0 gl-python/3.12"),
)
AGENT = ("Anthropic", "anthropic-messages", "claude-opus-5", "claude-cli/2.1.197")
KEEPS = ("OpenAI", "openai-responses", "gpt-5.2", "openai-python/2.14.0")

# Bytes of what the contract has in plain words, by table.
PLAIN = {
    "times": {"turns": "24", "calls": "24", "judgements": "24"},
    "names": {
        "turns": "length(coalesce(team, '') || identity_source || assistant || coalesce(client, ''))",
        "calls": "length(assistant || coalesce(dialect, '') || coalesce(model, '') || coalesce(client, '') || kind)",
        "judgements": "length(classifier || category)",
    },
    "reasons": {"judgements": "length(CAST(reasons AS BLOB))"},
    "numbers of eight bytes": {
        "judgements": " + ".join(
            f"8 * ({column} <> round({column}))"
            for column in ("score", "p0", "p1", "p2", "p3", "p4", "novelty", "attention")
        )
    },
}

Made = tuple[Judgement, Signature]


def judged() -> list[Made]:
    """Judge and sign the asks of the repeats' set, each as the only one of its person."""
    judge = load_judge(None, "onnx")
    made: list[Made] = []
    with tempfile.TemporaryDirectory() as folder, closing(Ledger.open(Path(folder) / "usage.db")) as ledger:
        factors = Factors(ledger.history, Keys(Ring.new(0, 4)))
        for pair in read_pairs():
            turns = [replace(pair.asked, person=str(len(made)))]
            judgements, signatures = factors.weigh(turns, judge.weigh(turns))
            made.extend(zip(judgements, signatures, strict=True))
    return made


@dataclass
class Month:
    """Invents turns in the order of their times."""

    ledger: Ledger
    chance: random.Random
    made: Sequence[Made]
    calls: int = 0

    def digest(self) -> str:
        return f"{self.chance.getrandbits(64):016x}"

    def context(self) -> tuple[Message, ...]:
        """Invent what was said before, as the ledger holds it until the judgement."""
        words = [int(self.chance.lognormvariate(4.5, 1)) for _ in range(self.chance.randint(2, 8))]
        return tuple(Message("user", ("word " * count)[:2000]) for count in words)

    def enter(self, number: int, at: float) -> Iterator[int]:
        """Enter a turn and its calls; give the calls' ids."""
        chance, share = self.chance, self.chance.random()
        loop, keeps = share < LOOPS, LOOPS <= share < LOOPS + KEPT_CONVERSATIONS
        assistant, dialect, model, client = AGENT if loop else KEEPS if keeps else chance.choice(CHATS)
        person = chance.randrange(PEOPLE)
        text = "word " * int(chance.lognormvariate(3.5, 1.2))
        turn = Turn(
            at=utc(at),
            person=f"{(person + 1) * 0x9E3779B97F4A7C15 % 2**64:016x}",
            team=f"Team {person % TEAMS}",
            identity_source="header",
            assistant=assistant,
            client=client,
            conversation=self.digest(),
            ask=self.digest(),
            prompt_chars=len(text),
            text=text,
            context=self.context() if chance.random() < IN_CONVERSATION else (),
            place=int(chance.expovariate(0.3)),
        )
        turn_id = self.ledger.open_turn(turn)
        if loop:
            self.ledger.traces.leave(f"{number // SESSION:016x}", turn_id, turn.at)
            self.ledger.traces.leave(self.digest(), turn_id, turn.at)
        kinds = ["prompt", *["continuation"] * (chance.randint(*CALLS_OF_LOOPS) - 1 if loop else 0)]
        kinds += ["retry"] * (chance.random() < RETRIED) + ["automation"] * (chance.random() < TITLED)
        for step, kind in enumerate(kinds):
            size = int(chance.lognormvariate(9, 1.5))
            call = Call(utc(at + step * 7.3), assistant, dialect, model, client, kind, chance.random() < 0.8, size)  # type: ignore[arg-type] # kinds of ours
            yield self.ledger.open_call(call, turn_id)
            self.calls += 1
            if keeps:
                self.ledger.traces.leave(self.digest(), turn_id, turn.at)

    def close(self, call_id: int) -> None:
        chance = self.chance
        size, output = int(chance.lognormvariate(8, 1.2)), int(chance.lognormvariate(5.5, 1))
        ttft = round(chance.lognormvariate(6.5, 0.7), 1)
        answer = Answer(200, True, size, None, size // 4, output, ttft, round(ttft + output * 14.7, 1), False)
        self.ledger.close_call(call_id, answer)

    def judge(self) -> None:
        while waiting := self.ledger.unjudged("minilm-ordinal-2", EIGHT):
            made = [self.chance.choice(self.made) for _ in waiting]
            self.ledger.judge(
                [replace(one, turn_id=turn.id, at=turn.at) for turn, (one, _) in zip(waiting, made, strict=True)],
                signatures=[replace(one, turn_id=turn.id) for turn, (_, one) in zip(waiting, made, strict=True)],
            )


def write(path: Path, turns: int) -> float:
    """Write the month; give the calls a turn."""
    with closing(Ledger.open(path)) as ledger:
        month = Month(ledger, random.Random(1), judged())  # noqa: S311 (the same figures each time)
        for first in range(0, turns, BATCH):
            with ledger.transaction():
                opened = [
                    call_id
                    for number in range(first, min(turns, first + BATCH))
                    for call_id in month.enter(number, START + number * SPAN / turns)
                ]
            with ledger.transaction():
                for call_id in opened:
                    month.close(call_id)
            month.judge()
            ledger.settle()
        for _ in range(3):
            ledger.settle()
    return month.calls / turns


def show(path: Path, turns: int) -> None:
    """Print bytes a turn by table and index: what is used of their pages, and the pages."""
    with closing(sqlite3.connect(path)) as plain:
        sql = (
            "SELECT name, sum(pgsize), sum(pgsize - unused), sum(ncell * (pagetype = 'leaf')) FROM dbstat"
            " GROUP BY name HAVING sum(pgsize) >= ? ORDER BY 2 DESC"
        )
        print("| table or index | bytes a turn | used of them | rows a turn |\n| --- | --- | --- | --- |")
        for name, pages, used, rows in plain.execute(sql, (turns // 10,)):
            print(f"| {name} | {pages / turns:.1f} | {used / pages:.0%} | {rows / turns:.2f} |")
        (free, size) = plain.execute(
            "SELECT freelist_count * page_size, page_size FROM pragma_freelist_count, pragma_page_size"
        ).fetchone()
        plainly = {
            what: sum(plain.execute(f"SELECT sum({sql}) FROM {table}").fetchone()[0] for table, sql in tables.items())  # noqa: S608 (SQL of ours)
            for what, tables in PLAIN.items()
        }
    print(f"| free pages of {size} bytes | {free / turns:.1f} | | |")
    print(f"| **file** | **{path.stat().st_size / turns:.0f}** | | |")
    print("\nOf these in plain: " + ", ".join(f"{what} {size / turns:.0f}" for what, size in plainly.items()))


def main(turns: int, path: Path | None) -> None:
    with tempfile.TemporaryDirectory() if path is None else nullcontext(str(path.parent)) as folder:
        db = path or Path(folder) / "usage.db"
        print(f"{turns:,} turns, {write(db, turns):.2f} calls a turn\n")
        show(db, turns)
        with closing(sqlite3.connect(db)) as plain:
            plain.execute("DELETE FROM signatures")
            plain.commit()
            plain.execute("VACUUM")
        print(f"\nWithout signatures, after VACUUM: {db.stat().st_size / turns:.0f} bytes a turn")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, Path(sys.argv[2]) if len(sys.argv) > 2 else None)
