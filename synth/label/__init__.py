"""Labels of one part of a subject a file; synth/labels.py puts them together."""
