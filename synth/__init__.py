"""Pictures with their truth."""
