"""Readers of faces with landmarks, one file a format; all give the same batch (adapt/marked_faces.py)."""
