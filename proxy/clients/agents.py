"""Coding agents that need few lines: Gemini CLI, Qwen Code, opencode, Aider and Continue."""

from proxy.clients.table import Client, Envelope, Field, Marker, Sign, header, tag

# Sources: @google/gemini-cli 0.61.0, @qwen-code/qwen-code 0.15.10, opencode-ai 1.18.33 and @continuedev/cli 1.5.47 as
# captured where no file is named, and gemini-cli@04fbf50, `packages/core/src/code_assist/converter.ts`;
# aider-chat 0.86.2 as captured, and its `coders/*_prompts.py`; continue@d0a3c0b626, `core/`.
GEMINI_SOURCE = "gemini-cli 0.61.0"
_COMMIT = "You are an expert software engineer that generates concise, one-line Git commit messages"
_SUMMARY = "*Briefly* summarize this partial conversation about programming."
AIDER_SOURCE = "aider-chat 0.86.2, aider/prompts.py"
CONTINUE_SOURCE = "continue@d0a3c0b626, core/util/chatDescriber.ts"

GEMINI_CLI = Client(
    name="gemini-cli",
    signs=(
        header("user-agent", "GeminiCLI"),  # with what it runs in behind it: GeminiCLI-tui/0.61.0
        Sign("system", "You are Gemini CLI, "),
        Sign("system", "You are a specialized Task Routing AI."),
    ),
    # With a login, where the body is Code Assist's. All calls that one line causes share the id of the turn.
    session=(Field(path=("request", "session_id")),),
    turn=(Field(path=("user_prompt_id",)),),
    automation=(
        Marker("router", (Sign("system", "You are a specialized Task Routing AI."),), GEMINI_SOURCE),
        Marker(
            "next-speaker",
            (Sign("last", "Analyze *only* the content and structure of your immediately preceding response"),),
            f"{GEMINI_SOURCE}, nextSpeakerChecker",
        ),
        Marker(
            "compression",
            (Sign("system", "specialized system component responsible for distilling", "holds"),),
            f"{GEMINI_SOURCE}, chatCompressionService",
        ),
    ),
    envelope=Envelope(
        asks="texts",
        edges=(tag("session_context"), ("<untrusted_context", "</untrusted_context>")),
        drops=("<state_snapshot>", "Analyze *only* the content and structure of your immediately preceding response"),
        synthetic=("Please continue", "Please continue."),
        rest=("--- Content from referenced files ---",),
        setups=("This is the Gemini CLI. We are setting up the context for our chat.",),
    ),
)
QWEN_CODE = Client(
    name="qwen-code",
    signs=(
        header("user-agent", "QwenCode/"),
        Sign("system", "You are Qwen Code, "),
        Sign("system", "You are now acting as the managed memory extraction subagent"),
    ),
    session=(Field(path=("metadata", "sessionId")),),
    turn=(Field(path=("metadata", "promptId")),),
    automation=(
        Marker(
            "memory",
            (Sign("system", "You are now acting as the managed memory extraction subagent"),),
            "qwen-code 0.15.10",
        ),
    ),
    envelope=Envelope(
        edges=(tag("system-reminder"),),
        drops=("<state_snapshot>",),
        synthetic=("Please continue", "Please continue."),
        rest=("--- Content from referenced files ---",),
        setups=("This is the Qwen Code. We are setting up the context for our chat.",),
    ),
)
OPENCODE = Client(
    name="opencode",
    signs=(
        header("user-agent", "opencode/"),
        header("x-session-affinity", "ses_"),
        Sign("system", "You are opencode, "),
        Sign("system", "You are a title generator. You output ONLY a thread title."),
    ),
    session=(Field(header="x-session-id"), Field(header="x-session-affinity"), Field(header="x-opencode-session")),
    by_agent=(header("x-parent-session-id"),),
    automation=(
        Marker(
            "title",
            (Sign("system", "You are a title generator. You output ONLY a thread title."),),
            "opencode-ai 1.18.33",
        ),
    ),
    envelope=Envelope(drops=("Generate a title for this conversation:",), asks="messages", quoted=True),
)
AIDER = Client(
    name="aider",
    # It sends the headers of LiteLLM, as any application may.
    signs=(
        header("x-title", "Aider"),
        Sign("system", "Act as an expert software developer"),
        Sign("system", "Act as an expert code analyst."),
        Sign("system", "Act as an expert architect engineer"),
        Sign("system", "You are an expert on the AI coding tool called Aider."),
        Sign("system", _COMMIT),
        Sign("system", _SUMMARY),
    ),
    # The editor, to whom the architect's answer is given.
    by_agent=(
        Sign("system", "Act as an expert software developer and make changes to source code."),
        Sign("system", "Act as an expert software developer who edits source code."),
    ),
    automation=(
        Marker(
            "commit",
            (Sign("system", _COMMIT),),
            AIDER_SOURCE,
        ),
        Marker(
            "summary",
            (Sign("system", _SUMMARY),),
            AIDER_SOURCE,
        ),
    ),
    envelope=Envelope(
        asks="messages",
        edges=(("\n\nReply in ", "."),),
        rest=(
            "^C KeyboardInterrupt",
            "# *SEARCH/REPLACE block* Rules:",
            "To suggest changes to a file you MUST return the entire content of the updated file.",
            "# File editing rules:",
            "# V4A Diff Format Rules:",
        ),
        drops=(
            "# Fix any errors below, if possible.",
            "I have updated the set of files added to the chat.",
            *(f"# {failed} SEARCH/REPLACE block" for failed in range(1, 10)),
        ),
        setups=(
            "I have *added these files to the chat*",
            "Here are summaries of some files present in my git repo",
            "I am working with you on code in a git repository.",
            "Below here are summaries of",
            "These are the *read-write* files:",
            "Here are some READ ONLY files, provided for your reference.",
            "I am not sharing any",
            "These files have been *added these files to the chat*",
            "These are some files we have been discussing that we may want to edit",
            "Here is the current content of the file",
            "I added these files to the chat: ",
            "Don't try and edit any existing code without asking me to add the files to the chat!",
            "I ran this command:\n",
            "I did `git reset --hard HEAD~1` to discard the last edits.",
            "I committed the changes with git hash",
            "I updated the files.",
            "I edited the files myself.",
        ),
        restarts=("I switched to a new code base. Please don't consider the above files",),
    ),
)
CONTINUE = Client(
    name="continue",
    signs=(Sign("system", "<important_rules>"), Sign("system", "You are an agent in the Continue CLI.")),
    telltale=(
        Marker(
            "title",
            (
                Sign("last", "Given the following"),
                Sign("last", "please reply with a title for the chat that is 3-4 words in length", "holds"),
            ),
            CONTINUE_SOURCE,
        ),
    ),
    # What `@codebase` and its like found stands before the question.
    envelope=Envelope(
        after=(("", "enough information to answer the question, suggest where the user might look to learn more"),)
    ),
)
