"""From wire bytes to calls and turns in the ledger. Never imports torch or numpy."""
