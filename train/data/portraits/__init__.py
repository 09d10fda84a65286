"""Readers of portraits, one file a format: faces with CelebA's attributes and the people they show."""
