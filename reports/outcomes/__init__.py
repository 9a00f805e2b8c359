"""Outcomes beside value: importers of files and of trackers, and whether the two are related."""
