"""Defaults and ranges of the commands of this package, one YAML file a command, one folder a group of choices.

`VERB.yaml` is the default configuration of `canthus VERB`; its defaults list begins with `VERB_schema`, the dataclass
that rejects a misspelt key (registered by `synth.config.compose`).  A folder (`subject/`, `camera/`, `light/`,
`engine/`) holds one file for each choice of that part; `experiment/` holds presets, files that begin with
`# @package _global_` and override anything.
"""
