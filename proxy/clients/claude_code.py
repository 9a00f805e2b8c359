"""Claude Code, and what is built on its agent SDK."""

from proxy.clients.table import Client, Command, Envelope, Field, Marker, Sign, body, header, tag

# Sources: Claude Code 2.1.197, as captured where no other is named. "binary": read in it, not seen on the wire.
CAPTURED = "claude-code 2.1.197"
LATER = "claude-code 2.1.332"
BINARY = "claude-code 2.1.197, binary"
_OLDER_COMPACTION = "Your task is to create a detailed summary of the conversation so far"
OLDER = "claude-code before 2.1, third parties"

CLAUDE_CODE = Client(
    name="claude-code",
    signs=(
        header("user-agent", "claude-cli/"),
        header("x-claude-code-session-id"),
        # Where a gateway rewrote the headers.
        Sign("system", "x-anthropic-billing-header:"),
        Sign("system", "You are Claude Code, Anthropic's official CLI for Claude."),
        Sign("system", "You are an agent for Claude Code, Anthropic's official CLI for Claude."),
        Sign("system", "You are a Claude agent, built on Anthropic's Claude Agent SDK."),
        Sign(Field(path=("metadata", "user_id"), inside=("device_id",))),
        body("metadata", "user_id", text="_account_", how="holds"),
    ),
    session=(Field(header="x-claude-code-session-id"), Field(path=("metadata", "user_id"), inside=("session_id",))),
    by_agent=(
        header("x-claude-code-agent-id"),
        Sign("system", "cc_is_subagent=true;", "holds"),
        Sign("system", "You are an agent for Claude Code, Anthropic's official CLI for Claude."),
    ),
    automation=(
        Marker("quota", (body("max_tokens", text="1"), Sign("only", "quota", "is")), BINARY),
        Marker("probe", (body("max_tokens", text="1"),), BINARY),
        Marker("title", (Sign("system", "Generate a concise, sentence-case title (3-7 words)"),), CAPTURED),
        Marker("title", (Sign("system", "You are naming a coding session"),), LATER),
        Marker("title", (Sign("only", "<session>\n"), Sign("only", "\n</session>\n\nWrite the title", "holds")), LATER),
        Marker("compaction", (Sign("last", "CRITICAL: Respond with TEXT ONLY. Do NOT call any tools."),), CAPTURED),
        Marker("compaction", (Sign("last", _OLDER_COMPACTION),), OLDER),
        Marker("suggestion", (Sign("last", "[SUGGESTION MODE:"),), BINARY),
        Marker("recap", (Sign("last", "The user stepped away and is coming back. Recap in under"),), BINARY),
        Marker("explain-command", (body("tool_choice", "name", text="explain_command"),), BINARY),
        Marker("permission", (Sign("only", "<transcript>\n"), Sign("only", "</transcript>", "holds")), BINARY),
        Marker("command-prefix", (Sign("only", "<policy_spec>"),), BINARY),
        Marker("command-prefix", (Sign("system", "<policy_spec>"),), BINARY),
        Marker("hook", (Sign("system", "You are evaluating a hook condition in Claude Code."),), BINARY),
        Marker("tool-summary", (Sign("only", "Tools completed:\n\n"),), BINARY),
        Marker("web-fetch", (Sign("only", "Web page content:\n---\n"),), BINARY),
        Marker("web-search", (Sign("only", "Perform a web search for the query: "),), BINARY),
        Marker("topic", (Sign("system", "Analyze if this message indicates a new conversation topic"),), OLDER),
        Marker("title", (Sign("only", "Please write a 5-10 word title the following conversation:"),), OLDER),
        Marker("title", (Sign("system", "Summarize this coding conversation in under 50 characters."),), OLDER),
        Marker("title", (Sign("only", "Summarize this coding conversation in under 50 characters."),), OLDER),
        Marker("warmup", (Sign("last", "Warmup", "is"),), OLDER),
    ),
    envelope=Envelope(
        edges=(
            tag("system-reminder"),
            tag("local-command-caveat"),
            tag("local-command-stdout"),
            tag("local-command-stderr"),
            tag("bash-input"),
            tag("bash-stdout"),
            tag("bash-stderr"),
            tag("task-notification"),
            ("<teammate-message", "</teammate-message>"),
            ("<cross-session-message", "</cross-session-message>"),
            tag("new-diagnostics"),
            tag("user-prompt-submit-hook"),
            tag("fork-boilerplate"),
            tag("user-memory-input"),
            ("[Request interrupted by user", "]"),
        ),
        drops=(
            "CRITICAL: Respond with TEXT ONLY. Do NOT call any tools.",
            _OLDER_COMPACTION,
            "[SUGGESTION MODE:",
            "The user stepped away and is coming back. Recap in under",
            "This session is being continued from a previous conversation that ran out of context.",
            "Stop hook feedback",
            "[SYSTEM NOTIFICATION",
        ),
        synthetic=("Continue from where you left off.", "Warmup"),
        asides=(
            (
                "The user sent a new message while you were working:\n",
                "\n\nIMPORTANT: After completing your current task",
            ),
            # Since 2.1.332 or before it, behind what a tool says.
            (
                "The user sent a new message while you were working:\n",
                "\n\nThis is how Claude Code surfaces messages the user sends mid-turn",
            ),
        ),
        command=Command(
            begin="<command-",
            name=tag("command-name"),
            words=tag("command-args"),
            local=("<local-command-stdout>", "<local-command-stderr>"),
        ),
    ),
)
