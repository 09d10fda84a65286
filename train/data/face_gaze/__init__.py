"""Readers of faces with their gaze: one file a format, all giving the same batch (adapt/face_gaze_batch.py)."""
