"""How unlabelled real pictures take part in a training, or come after it (adapt/unlabelled has what is pure)."""
