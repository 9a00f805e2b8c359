"""Amazon Q Developer's command line and Kiro, which it became."""

from proxy.clients.table import Client, Envelope, Field, Marker, Sign, header

# Sources: aws/amazon-q-developer-cli@01e5e3d, `crates/chat-cli/src/cli/chat/{message,conversation,consts}.rs`; kiro-cli
# 2.3.0 as third parties captured it. Its tool loop keeps one id for each prompt that was typed.
SOURCE = "amazon-q-developer-cli@01e5e3d, conversation.rs"

AMAZON_Q = Client(
    name="amazon-q",
    signs=(header("user-agent", "app/AmazonQ-For-", "holds"), header("user-agent", "KiroIDE", "holds")),
    session=(Field(path=("conversationState", "conversationId")),),
    turn=(Field(path=("conversationState", "agentContinuationId")),),
    automation=(
        Marker(
            "compaction",
            (Sign("last", "[SYSTEM NOTE: This is an automated summarization request, not from the user]", "holds"),),
            SOURCE,
        ),
    ),
    envelope=Envelope(
        edges=(("--- CONTEXT ENTRY BEGIN ---", "--- CONTEXT ENTRY END ---"),),
        inside=(("--- USER MESSAGE BEGIN ---", "--- USER MESSAGE END ---"),),
    ),
)
