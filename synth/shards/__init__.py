"""A data set on disk: WebDataset tar shards, a table of their labels, and a manifest that says how they were made.

    config.json          written first: the configuration and the versions; whoever continues must have the same
    shard-000000.tar     samples 0 .. size - 1, each the files of one key (see encode.py); whole or not there
    index.parquet        one row a sample, every scalar label          }
    SHA256SUMS           of all other files                            } written by `finish`, once all shards are there
    manifest.json        counts, rejections, sha256 of every shard     }
    timings.jsonl        how long each shard took: the one file that differs from run to run

To write: `open_output`, then `write_shard` for every `ShardPlan.missing`, in any order and by any number of processes,
then `finish`.  To read: `iterate`.  Reading needs numpy, Pillow and (for the table) pyarrow; neither Blender nor torch.
"""

from synth.shards.encode import Encoding, PictureFormat, canonical_json
from synth.shards.manifest import finish
from synth.shards.output import Output, open_output
from synth.shards.pick import pick
from synth.shards.place import Place, placed
from synth.shards.plan import ShardPlan
from synth.shards.read import count, iterate, iterate_shard, read_config, read_index, read_manifest, shard_paths
from synth.shards.write import ShardFacts, write_shard

__all__ = [
    "Encoding",
    "Output",
    "PictureFormat",
    "Place",
    "ShardFacts",
    "ShardPlan",
    "canonical_json",
    "count",
    "finish",
    "iterate",
    "iterate_shard",
    "open_output",
    "pick",
    "placed",
    "read_config",
    "read_index",
    "read_manifest",
    "shard_paths",
    "write_shard",
]
