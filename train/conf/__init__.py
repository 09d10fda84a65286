"""Configurations of the verbs of this package."""
