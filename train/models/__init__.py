"""Networks, one a file: gaze as train/models/parts.py describes, head pose as train/models/pose does."""
