"""The wire formats of the stand-in upstream: each writes one answer as its vendor's service does."""
