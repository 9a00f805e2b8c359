"""The nouns, all SQL, retention and pseudonyms. Imports the standard library and sqlite-utils only."""
