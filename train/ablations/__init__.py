"""What a choice costs: one thing varied at a time, measured on ground truth, one table each (`canthus ablate`)."""
