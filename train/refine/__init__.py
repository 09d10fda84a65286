"""Training of refiners (adapt/refine) and their work on a corpus: the verb `canthus refine`."""
