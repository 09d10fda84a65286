"""Tasks: what a network is trained for, as Lightning modules."""
