"""Of each client's requests a human's own words are found, and nothing else."""

from typing import Any

import pytest

from proxy.reading import Request
from tests.proxy.clients.asking import (
    AIDER,
    CLAUDE_CODE,
    CLINE,
    CODEX,
    COPILOT,
    GEMINI_CLI,
    OPEN_WEBUI,
    OPENCODE,
    QWEN_CODE,
    ROO,
    SDK,
    amazon_q,
    anthropic,
    block,
    call,
    chat,
    gemini,
    result,
)

Q_TIME = "--- CONTEXT ENTRY BEGIN ---\nCurrent time: Monday\n--- CONTEXT ENTRY END ---\n"
Q_FILES = "--- CONTEXT ENTRY BEGIN ---\n<a.py>\n--- CONTEXT ENTRY END ---\n"
REMINDER = "<system-reminder>\nThe list of steps is empty.\n</system-reminder>"
MID_RUN = (
    "The user sent a new message while you were working:\nUse oak instead.\n\n"
    "IMPORTANT: After completing your current task, you MUST address the user's message above. Do not ignore it."
)
COMMAND = (
    "<command-message>mend is running…</command-message>\n<command-name>/mend</command-name>\n"
    "<command-args>the blue door</command-args>"
)
DETAILS = "<environment_details>\n# Open tabs\ndoor.py\n</environment_details>"
AIDER_RULES = "# *SEARCH/REPLACE block* Rules:\n\nEvery block must be so."
RAG = "### Task:\nRespond to the user query using the provided context.\n<context>\nOak is hard.\n</context>\n"


def claude(*texts: Any) -> Request:
    return anthropic(("user", list(texts)), headers=CLAUDE_CODE)


def codex(*texts: str) -> Request:
    return chat(*(("user", text) for text in texts), headers=CODEX)


def words(*texts: Any, headers: dict[str, str]) -> Request:
    return anthropic(("user", list(texts)), headers=headers)


WORDS = {
    # Claude Code
    "claude reminders before and behind": claude(REMINDER, "Mend the door.", REMINDER),
    "claude reminder in the same text": claude(f"{REMINDER}\n\nMend the door.\n{REMINDER}\n"),
    "claude plain": claude("Mend the door."),
    "claude interrupted before": claude("[Request interrupted by user]", "Mend the door."),
    "claude interrupted tool before": claude("[Request interrupted by user for tool use]", "Mend the door."),
    "claude local command before": claude(
        "<local-command-caveat>Caveat: local.</local-command-caveat>",
        "<command-name>/model</command-name>\n<command-message>model</command-message>\n<command-args></command-args>",
        "<local-command-stdout>Set model.</local-command-stdout>",
        "Mend the door.",
    ),
    "claude shell before": claude(
        "<bash-input>ls</bash-input>", "<bash-stdout>door.py</bash-stdout><bash-stderr></bash-stderr>", "Mend the door."
    ),
    "claude task notification before": claude("<task-notification>\ndone\n</task-notification>", "Mend the door."),
    "claude teammate before": claude('<teammate-message teammate_id="a">\ndone\n</teammate-message>', "Mend the door."),
    "claude after compaction": claude(
        "This session is being continued from a previous conversation that ran out of context. It was long.",
        "Mend the door.",
    ),
    "claude arguments of a command": claude(
        COMMAND.replace("the blue door", "Mend the door."), "You are to mend what is named.", REMINDER
    ),
    "claude hook feedback before": claude("Stop hook feedback:\n- it is late", "Mend the door."),
    "claude compaction shows the ask again": claude(
        "Mend the door.", "CRITICAL: Respond with TEXT ONLY. Do NOT call any tools.\nMore."
    ),
    # Codex
    "codex context before": codex(
        "# AGENTS.md instructions for /tmp\n\n<INSTRUCTIONS>\nBe brief.\n</INSTRUCTIONS>",
        "<environment_context>\n  <cwd>/tmp</cwd>\n</environment_context>",
        "Mend the door.",
    ),
    "codex fragments in any case": codex("<SUBAGENT_NOTIFICATION>{}</subagent_notification>", "Mend the door."),
    "codex in an editor": codex(
        "# Context from my IDE setup:\n\n## Open tabs:\n- a\n\n## My request for Codex:\nMend the door."
    ),
    "codex in a later editor": codex(
        "# Files mentioned by the user:\n\n## a.png: /a.png\n\n## My request:\nMend the door.\n"
    ),
    "codex resumed": codex(
        "Another language model started to solve this problem and produced a summary of it.", "Mend the door."
    ),
    # Copilot
    "copilot in an editor": words(
        "<environment_info>\nLinux\n</environment_info>",
        "<attachments>\n<attachment>x</attachment>\n</attachments>\n<context>\nToday\n</context>\n"
        "<reminderInstructions>\nBe brief.\n</reminderInstructions>\n<userRequest>\nMend the door.\n</userRequest>\n",
        headers=COPILOT,
    ),
    "copilot for some models": words(
        "<context>x</context>\n<user_query>\nMend the door.\n</user_query>", headers=COPILOT
    ),
    "copilot without a tag": words("<context>\nx\n</context>\nMend the door.", headers=COPILOT),
    "copilot on the command line": words(
        "<current_datetime>2026-11-25</current_datetime>\n\nMend the door.", headers=COPILOT
    ),
    # Cline and its forks
    "cline new": words('<user_input mode="act">Mend the door.</user_input>', headers=CLINE),
    "cline command": words('<user_command slash="fix">Mend the door.</user_command>', headers=CLINE),
    "cline new with a notice and a file": words(
        "<mode_notice>act</mode_notice>",
        '<user_input mode="plan">Mend the door.</user_input>\n<file_content path="a">\n<task>x</task>\n</file_content>',
        headers=CLINE,
    ),
    "cline old": words("<task>\nMend the door.\n</task>", DETAILS, headers=CLINE),
    "cline bare": words("Mend the door.", headers=CLINE),
    "cline feedback": words("<feedback>\nMend the door.\n</feedback>", DETAILS, headers=CLINE),
    "roo": words("<user_message>\nMend the door.\n</user_message>", DETAILS, headers=ROO),
    # Others
    "gemini with context and files": gemini(
        (
            "user",
            [
                "<session_context>\nToday\n</session_context>",
                "Mend the door.",
                "\n--- Content from referenced files ---",
                "\nContent from @a:\n",
                "a",
                "\n--- End of content ---",
            ],
        ),
        headers=GEMINI_CLI,
    ),
    "gemini with files in one text": gemini(
        ("user", ["Mend the door.\n--- Content from referenced files ---\na\n--- End of content ---"]),
        headers=GEMINI_CLI,
    ),
    "amazon q": amazon_q(f"{Q_TIME}\n--- USER MESSAGE BEGIN ---\nMend the door.--- USER MESSAGE END ---"),
    "amazon q with files and a hook": amazon_q(
        f"{Q_TIME}{Q_FILES}\n--- USER MESSAGE BEGIN ---\nMend the door.--- USER MESSAGE END ---",
    ),
    "amazon q bare": amazon_q("Mend the door."),
    "qwen": chat(
        ("user", "This is the Qwen Code. We are setting up the context for our chat.\nToday"),
        ("assistant", "Got it. Thanks for the context!"),
        ("user", "Mend the door."),
        headers=QWEN_CODE,
    ),
    "opencode title repeats the ask": chat(
        ("system", "You are a title generator. You output ONLY a thread title."),
        ("user", "Generate a title for this conversation:\n"),
        ("user", "Mend the door."),
        headers=OPENCODE,
    ),
    "opencode on the command line": chat(("user", '"Mend the door."'), headers=OPENCODE),
    "opencode": chat(("user", "Mend the door."), headers=OPENCODE),
    "aider": chat(
        ("system", f"{AIDER}\nMore."),
        ("user", "Change the greeting to be more casual"),
        ("assistant", "Ok, I will."),
        (
            "user",
            "I switched to a new code base. Please don't consider the above files or try to edit them any longer.",
        ),
        ("assistant", "Ok."),
        ("user", "Here are summaries of some files present in my git repository.\nx"),
        ("assistant", "Ok, I won't try and edit those files."),
        ("user", "I have *added these files to the chat* so you can go ahead and edit them.\nx"),
        ("assistant", "Ok, any changes I propose will be to those files."),
        ("user", f"Mend the door.\n\n{AIDER_RULES}"),
    ),
    "aider in its other modes": chat(
        ("system", "Act as an expert code analyst."),
        ("user", "I am working with you on code in a git repository.\nx"),
        ("assistant", "Ok, I won't try and edit those files without asking first."),
        ("user", "Mend the door.\n\nReply in English.\n"),
    ),
    "open webui with documents": chat(("user", f"{RAG}\nMend the door.")),
    "open webui with documents and a header": chat(("user", f"{RAG}Mend the door."), headers=OPEN_WEBUI),
    "open webui plain": chat(("user", "Mend the door."), headers=OPEN_WEBUI),
    "continue with what it found": chat(
        ("system", "<important_rules>\n  You are in chat mode."),
        (
            "user",
            "```a.py\nx\n```\n\nUse the above code to answer the following question. If there isn't enough information "
            "to answer the question, suggest where the user might look to learn more\n\nMend the door.",
        ),
    ),
}


@pytest.mark.parametrize("read", WORDS.values(), ids=WORDS)
def test_only_a_humans_words_are_asked(read: Request) -> None:
    """Whatever their client writes before, behind and around them."""
    assert (read.tail, read.text, read.opening, read.place, read.history) == (
        "text",
        "Mend the door.",
        "Mend the door.",
        0,
        (),
    )
    assert read.signals.client is not None


NOBODY: dict[str, Request] = {
    "claude goes on by itself": claude("Continue from where you left off."),
    "claude shell": claude("<bash-input>ls</bash-input>", "<bash-stdout>a</bash-stdout><bash-stderr></bash-stderr>"),
    "claude task notification": claude("<task-notification>done</task-notification>", REMINDER),
    "claude after compaction": claude(
        "This session is being continued from a previous conversation that ran out of context. It was long."
    ),
    "codex aborted": codex("<turn_aborted>\nby the user\n</turn_aborted>"),
    "copilot goes on": words("Please continue", headers=COPILOT),
    "cline missed a tool": words(
        "[ERROR] You did not use a tool in your previous response! Retry.", DETAILS, headers=CLINE
    ),
    "cline resumes": words("[TASK RESUMPTION] This task was interrupted.", DETAILS, headers=ROO),
    "aider sees errors": chat(("system", AIDER), ("user", "# Fix any errors below, if possible.\n\nx"), headers=SDK),
    "aider could not edit": chat(("system", AIDER), ("user", "# 2 SEARCH/REPLACE blocks failed to match!\nx")),
    "gemini goes on": gemini(("user", ["Please continue."]), headers=GEMINI_CLI),
}


@pytest.mark.parametrize("read", NOBODY.values(), ids=NOBODY)
def test_what_a_client_writes_by_itself_is_automation(read: Request) -> None:
    """Nobody asked."""
    assert (read.tail, read.text, read.signals.automation) == ("empty", "", "unworded")


def test_what_a_hook_adds_to_a_tools_result_is_no_ask() -> None:
    """Amazon Q's loop sends no words of a human."""
    read = amazon_q(f"{Q_TIME}\n--- USER MESSAGE BEGIN ---\nMend it.--- USER MESSAGE END ---", "", Q_FILES, tools=True)
    assert (read.tail, read.text, read.signals.turn) == ("tool_results", "Mend it.", "k-1")


def test_words_typed_while_an_agent_works_are_an_ask() -> None:
    """Claude Code sends them as a message of the system behind what tools say."""
    read = anthropic(
        ("user", "Mend the door."), call(), ("user", [result("oak")]), ("system", MID_RUN), headers=CLAUDE_CODE
    )
    assert (read.tail, read.text, read.place) == ("mixed", "Use oak instead.", 1)
    assert [message.text for message in read.history] == ["Mend the door."]
    assert read.signals.automation is None
    later = anthropic(
        ("user", "Mend the door."),
        call(),
        ("user", [result("oak")]),
        ("system", MID_RUN),
        call(),
        ("user", [result("x")]),
        headers=CLAUDE_CODE,
    )
    assert (later.tail, later.text, later.place) == ("tool_results", "Use oak instead.", 1)


def test_another_message_of_the_system_is_no_ask() -> None:
    """Claude Code puts files there."""
    read = anthropic(
        ("user", "Mend @door."), ("system", "Called the Read tool with the following input: x"), headers=CLAUDE_CODE
    )
    assert (read.tail, read.text, read.place) == ("text", "Mend @door.", 0)


@pytest.mark.parametrize("headers", [None, SDK, CODEX], ids=["none", "sdk", "another"])
def test_a_system_message_of_another_client_is_no_ask(headers: dict[str, str] | None) -> None:
    """Whatever it says."""
    read = anthropic(("user", "Mend the door."), call(), ("user", [result("x")]), ("system", MID_RUN), headers=headers)
    assert (read.tail, read.text) == ("tool_results", "Mend the door.")


def test_a_side_questions_words_are_asked() -> None:
    """Behind a reminder, in one text."""
    read = claude("<system-reminder>This is a side question from the user.</system-reminder>\n\nWhich port?")
    assert read.text == "Which port?"


def test_a_command_without_arguments_is_asked_by_its_name() -> None:
    """It is all that the person typed."""
    read = claude(
        "<command-message>init</command-message>\n<command-name>/init</command-name>", "You are to look around."
    )
    assert (read.tail, read.text) == ("text", "/init")


@pytest.mark.parametrize(
    ("text", "words"),
    [('"Say \\"oak\\" now."', 'Say "oak" now.'), ('"a b" "c d"', '"a b" "c d"'), ('"', '"'), ('""', '""'), ("a", "a")],
)
def test_only_quotes_around_the_whole_are_taken_off(text: str, words: str) -> None:
    """As opencode writes an argument of its command line."""
    assert chat(("user", text), headers=OPENCODE).text == words


def test_a_picture_beside_a_reminder_is_an_ask() -> None:
    """Without words."""
    read = claude(REMINDER, {"type": "image", "source": {}})
    assert (read.tail, read.signals.automation) == ("empty", None)


FEEDBACK = "The user denied this operation and provided the following feedback:\n<feedback>\nUse oak.\n</feedback>"


@pytest.mark.parametrize("headers", [CLINE, ROO], ids=["cline", "roo"])
def test_feedback_inside_what_a_tool_says_is_an_ask(headers: dict[str, str]) -> None:
    """In a block, in a message of its own, and in a text that stands for one."""
    ask = ("user", ["<task>\nMend the door.\n</task>", DETAILS])
    for read in (
        anthropic(ask, call(), ("user", [result(FEEDBACK), block(DETAILS)]), headers=headers),
        anthropic(ask, ("assistant", "<run/>"), ("user", ["[run] Result:", FEEDBACK, DETAILS]), headers=headers),
        anthropic(
            ask, ("assistant", "<ask/>"), ("user", ["[ask] Result:\n<answer>\nUse oak.\n</answer>"]), headers=headers
        ),
        chat(ask, ("assistant", "x"), ("tool", FEEDBACK), ("user", DETAILS), headers=headers),
    ):
        assert (read.tail, read.text, read.place) == ("mixed", "Use oak.", 1)


def test_what_a_tool_reads_is_no_feedback() -> None:
    """A file may hold any tag."""
    ask = ("user", ["<task>\nMend the door.\n</task>", DETAILS])
    said = "1: A form.\n2: <feedback>\nGood.\n</feedback>\n<user_message>x</user_message>"
    for read in (
        anthropic(ask, call(), ("user", [result(said), block(DETAILS)]), headers=CLINE),
        anthropic(
            ask, ("assistant", "<read/>"), ("user", ["[read_file for 'a'] Result:", said, DETAILS]), headers=CLINE
        ),
        chat(ask, ("assistant", "x"), ("tool", said), headers=CLINE),
        anthropic(ask, call(), ("user", [result(FEEDBACK)]), headers=SDK),
    ):
        assert read.tail == "tool_results"


def test_history_holds_human_words_alone() -> None:
    """And of an agent's set-up nothing."""
    read = chat(
        ("user", "This is the Qwen Code. We are setting up the context for our chat."),
        ("assistant", "Got it. Thanks for the context!"),
        ("user", f"{REMINDER}\nMend the door."),
        ("assistant", "Done."),
        ("user", "Paint it."),
        headers=QWEN_CODE,
    )
    assert [(message.role, message.text) for message in read.history] == [
        ("user", "Mend the door."),
        ("assistant", "Done."),
    ]
    assert (read.opening, read.place) == ("Mend the door.", 1)


TYPED = (
    f"{REMINDER}\nWhat is this?",
    "<environment_context>\n<cwd>/</cwd>\n</environment_context>",
    "<userRequest>x</userRequest> is a tag. Which?",
    "# Context from my IDE setup:\n\n## My request for Codex:\nx",
    "[Request interrupted by user]",
    "Continue from where you left off.",
    '<user_input mode="act">x</user_input> and more',
    "What is\n--- Content from referenced files ---\nfor?",
    f"Explain:\n\n{AIDER_RULES}",
    COMMAND,
    "### Task:\nWrite a poem.\n<context>\nx\n</context>\nof doors",
)


@pytest.mark.parametrize("text", TYPED)
@pytest.mark.parametrize("headers", [None, SDK], ids=["none", "sdk"])
def test_an_unknown_clients_text_stays_whole(headers: dict[str, str] | None, text: str) -> None:
    """A person may ask about any tag."""
    for read in (chat(("user", text), headers=headers), anthropic(("user", [text]), headers=headers)):
        assert (read.tail, read.text) == ("text", text)
        assert (read.signals.client, read.signals.automation) == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        "What does <system-reminder>x</system-reminder> do?",
        "<system-reminder> is what?",
        "Close </system-reminder>",
        "Why is <command-name>/x</command-name> there?",
    ],
)
def test_a_tag_inside_a_persons_sentence_stays(text: str) -> None:
    """The client writes its own before and behind."""
    assert claude(text).text == text


ABORTED = "<turn_aborted>\nThe user interrupted the previous turn on purpose.\n</turn_aborted>"
INTERRUPTED = {
    "codex": codex("Mend the door.", ABORTED, "Mend the window."),
    "gemini": gemini(("user", ["Mend the door.", "Mend the window."]), headers=GEMINI_CLI),
    "opencode": chat(("user", "Mend the door."), ("user", '"Mend the window."'), headers=OPENCODE),
    "copilot": chat(("user", "Mend the door."), ("user", "Mend the window."), headers=COPILOT),
    "aider, gone on with": chat(("system", AIDER), ("user", "Mend the door."), ("user", "Mend the window.")),
    "aider": chat(
        ("system", AIDER),
        ("user", "Mend the door.\n^C KeyboardInterrupt"),
        ("assistant", "I see that you interrupted my previous reply."),
        ("user", f"Mend the window.\n\n{AIDER_RULES}"),
    ),
}


@pytest.mark.parametrize("request_", INTERRUPTED.values(), ids=INTERRUPTED)
def test_what_was_asked_before_an_interrupted_answer_is_not_asked_again(request_: Request) -> None:
    """Some clients write nothing between the two, and each is an ask of its own."""
    assert (request_.text, request_.place, request_.opening) == ("Mend the window.", 1, "Mend the door.")


def test_messages_of_other_programs_in_a_row_are_one_ask() -> None:
    """As a document that an application sends before the question."""
    asked = chat(("user", "A door has two sides."), ("user", "Which is the front?"), headers=SDK)
    assert (asked.text, asked.place) == ("A door has two sides.\n\nWhich is the front?", 0)


BEHIND = (
    "<system-reminder>\nThe user sent a new message while you were working:\nUse oak instead.\n\n"
    "This is how Claude Code surfaces messages the user sends mid-turn — so.\n</system-reminder>"
)


def test_a_message_behind_what_a_tool_says_is_an_ask() -> None:
    """Claude Code writes it there since 2.1.332 or before, with reminders around it."""
    said = f"x\n\n{REMINDER}\n\n{BEHIND}\n\n{REMINDER}"
    read = anthropic(("user", "Mend the door."), call(), ("user", [result(said)]), headers=CLAUDE_CODE)
    assert (read.tail, read.text, read.place) == ("mixed", "Use oak instead.", 1)


@pytest.mark.parametrize("said", [f"{BEHIND}\n1: x", f"x\n\n{REMINDER}", "x"])
def test_what_a_tool_says_before_its_end_is_no_ask(said: str) -> None:
    """A file that it read may hold any words."""
    read = anthropic(("user", "Mend the door."), call(), ("user", [result(said)]), headers=CLAUDE_CODE)
    assert (read.tail, read.text, read.place) == ("tool_results", "Mend the door.", 0)
