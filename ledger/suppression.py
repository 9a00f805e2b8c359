"""What is shown of groups so that nobody can be told by subtraction. Plain computing over records: no SQL."""

SMALL = "(small groups)"
