"""The command line: the only place where the rooms are put together."""

__version__ = "0.1.0"
