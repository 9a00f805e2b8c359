"""GitHub Copilot, in VS Code and on the command line."""

from proxy.clients.table import Client, Envelope, Field, Marker, Sign, header, tag

# Sources: microsoft/vscode-copilot-chat@31acd00a8, not seen on the wire (chatMLFetcher.ts, toolCallingLoop.ts,
# agentPrompt.tsx, panel/title.tsx, summarizedConversationHistory.tsx); @github/copilot as captured in 2026-11.
CHAT = "vscode-copilot-chat@31acd00a8"

COPILOT = Client(
    name="copilot",
    signs=(
        header("copilot-integration-id"),
        header("user-agent", "GitHubCopilotChat/"),
        header("user-agent", "copilot/"),
        header("x-interaction-type", "conversation-"),
        Sign("system", "You are the GitHub Copilot CLI"),
        header("x-initiator"),
    ),
    session=(Field(header="x-client-session-id"),),
    turn=(Field(header="x-interaction-id"),),
    by_agent=(
        header("x-initiator", "agent", "is"),
        header("x-interaction-type", "conversation-subagent", "is"),
        Sign(Field(path=("initiator",)), "agent", "is"),
    ),
    by_person=(header("x-initiator", "user", "is"), Sign(Field(path=("initiator",)), "user", "is")),
    automation=(
        Marker("background", (header("x-interaction-type", "conversation-background", "is"),), CHAT),
        Marker("background", (header("openai-intent", "conversation-background", "is"),), CHAT),
        Marker("title", (Sign("last", "Please write a brief title for the following request:"),), CHAT),
        Marker(
            "summary",
            (Sign("system", "Your task is to create a comprehensive, detailed summary of the entire conversation"),),
            CHAT,
        ),
        Marker("summary", (Sign("last", "Summarize the conversation history so far"),), CHAT),
        Marker("commit", (Sign("last", "<repository-context>"),), CHAT),
    ),
    envelope=Envelope(
        asks="messages",
        inside=(tag("userRequest"), tag("user_query")),
        edges=(
            tag("current_datetime"),
            tag("reminder"),
            tag("reminderInstructions"),
            tag("context"),
            tag("editorContext"),
            tag("attachments"),
            ("<attachment", "</attachment>"),
            tag("environment_info"),
            tag("workspace_info"),
            tag("toolReferences"),
        ),
        synthetic=("Please continue", "Please continue."),
        drops=("Summarize the conversation history so far",),
    ),
)
