"""From rendered to real."""
