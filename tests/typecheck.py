"""The type checker that jaxtyping's import hook puts on every function of the packages under test."""

from beartype import BeartypeConf, beartype

# An int where a float is asked for is fine, as it is for mypy.
checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
