"""Tries to make trivial prompts look like work, so that what a judge can be fooled by is known before people find out.

Nothing here is trained on: the texts differ from those of `disguises`, or the figures would flatter.
"""
