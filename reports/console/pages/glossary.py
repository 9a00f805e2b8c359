"""What the words mean."""

from dataclasses import dataclass

from datasette import Response

from reports.console.visits import Visit


@dataclass(frozen=True, slots=True)
class Term:
    word: str
    meaning: str


TERMS = (
    Term(
        "Call",
        "One request to an assistant, as a raw counter counts it. An agent's loop, a retry and a title that a program "
        "asks for are calls.",
    ),
    Term("Turn", "One thing that one person asked, however many calls it took."),
    Term(
        "Level", "How much work a turn asks for: noise, trivial, routine, substantive or deep. A classifier judges it."
    ),
    Term("Weight", "What a level is worth, between 0 and 1. Weights are dated: a change leaves the past as it was."),
    Term(
        "Novelty",
        "1 for a new ask, less for a repeat of an earlier one. It keeps who sends the same again from gaining by it.",
    ),
    Term(
        "Attention",
        "1 where nothing speaks against a person having minded the answer; less where answers come faster than one "
        "can read.",
    ),
    Term("Value", "Weight × novelty × attention, in turns of full worth; 0 for what no person asked for."),
    Term("Gap", "1 − value ÷ judged turns. The share of usage that was not worth anything. Read it as a trend."),
    Term("Air", "The share of judged turns that are worth under 0.1: noise, trivial asks, repeats, automation."),
    Term("Raw calls", "What a vendor's dashboard or a bill counts. It can be farmed; turns and value less so."),
    Term(
        "People",
        "How many different people asked in a week. People are keyed pseudonyms; nobody is listed and nothing here "
        "ranks anybody.",
    ),
    Term(
        "Small groups",
        "Groups of too few people are not shown, so that no figure is one person's. What would give a hidden group "
        "away by subtraction is hidden too.",
    ),
    Term("Open week", "The week that is still going on, or not yet published: its figures still change."),
    Term("Published week", "A week that is closed. Its figures never change again."),
)


async def show(visit: Visit) -> Response:
    """Show the words, and what each level is worth today."""
    return await visit.page("glossary.html", terms=TERMS, weights=await visit.show("weights_today"))
