"""What tests/ledger says of behaviour, and not of files, on PostgreSQL: the same tests, another `db`."""
