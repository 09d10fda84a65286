"""The verbs of `canthus` that make and show pictures, one module a verb."""
