"""Judges turns: encoder, value head, training and evaluation. A process of its own, off the traffic's path."""
