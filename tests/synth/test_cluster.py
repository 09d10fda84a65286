"""How shards are spread over a Ray cluster, and what is told; that bytes stay the same is in test_corpus.py."""

import os
import subprocess
import sys

import pytest

from synth.errors import ConfigError
from tests.synth.test_corpus import ROOT, command

pytest.importorskip("ray")
from synth.cluster import make_stretch, stretches


@pytest.mark.parametrize(("shards", "cores", "lengths"), [(10, 1, [2, 3, 2, 3]), (3, 2, [1, 1, 1]), (0, 4, [])])
def test_stretches_are_alike_and_hold_every_shard_once(shards, cores, lengths):
    found = stretches(range(shards), cores)
    assert [len(stretch) for stretch in found] == lengths
    assert [shard for stretch in found for shard in stretch] == list(range(shards))


def test_a_machine_that_does_not_see_the_folder_says_so(tmp_path):
    from synth.commands.render import CONFIG, job
    from synth.config import compose
    from synth.pool import Care

    words = [word for word in command(tmp_path / "nowhere") if "=" in word]
    with pytest.raises(ConfigError, match="is not seen by"):
        make_stretch(job(compose("synth.conf", "render", CONFIG, words)), [0], str(tmp_path / "nowhere"), Care())


def test_without_ray_the_line_says_what_to_install(tmp_path):
    stub = tmp_path / "stub" / "ray"
    stub.mkdir(parents=True)
    (stub / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'ray'\", name='ray')\n")
    paths = os.environ | {"PYTHONPATH": os.pathsep.join([str(stub.parent), str(ROOT)])}
    words = [sys.executable, *command(tmp_path / "eyes", "executor=ray")[1:]]
    done = subprocess.run(words, cwd=ROOT, env=paths, capture_output=True, text=True)
    assert done.returncode == 1 and "pip install 'canthus[scale]'" in done.stderr
