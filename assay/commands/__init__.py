"""One module a command, imported when it runs. Each holds `command`."""
