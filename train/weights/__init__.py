"""Networks that come with the package, one file a task: train/ready.py finds them, README.md is their card."""
