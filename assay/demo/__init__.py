"""The demo: invented people and a stand-in assistant, through the real proxy, ledger and classifier."""
