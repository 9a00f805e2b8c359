"""`assay network`: the rules of a gateway."""

import click


@click.group()
def command() -> None:
    """Print what a gateway needs to lead traffic through Assay."""
