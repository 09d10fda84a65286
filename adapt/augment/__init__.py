"""What cameras, files and detectors do to pictures, done to batches of rendered ones: first drawn, then applied."""
