"""The verbs of this package: `canthus fit` and `canthus evaluate`."""
