"""Learning, and saying how well."""
