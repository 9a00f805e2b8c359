"""Settings declared once, with the files that ship beside them."""
