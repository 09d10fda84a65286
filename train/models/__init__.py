"""Gaze networks: one file a network, all with the same input and output (see train/models/parts.py)."""
