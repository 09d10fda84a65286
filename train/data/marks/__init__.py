"""Readers of eyes with landmarks, one file a format; all give the same batch (adapt/marked_eyes.py)."""
