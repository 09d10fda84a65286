"""Pictures a second beside BlenderProc 2.8: the same people, materials, lights, cameras, sizes, samples and paths.

Run by hand, in canthus' own environment.  BlenderProc expects Blender's folders; the `bpy` module in an environment
that looks like them will do, and is the very Cycles that canthus uses:

    python3.11 -m venv --system-site-packages root/4.5/python && root/4.5/python/bin/pip install bpy==4.5.15 requests
    python3.11 -m venv bproc && bproc/bin/pip install blenderproc==2.8.0
    python -m tests.bench.blenderproc python=root/4.5/python/bin/python3.11 \
        site=bproc/lib/python3.11/site-packages case=60x36 n=60

python      that interpreter; at its first start BlenderProc installs what it needs beside it
site        the folder that holds the package blenderproc
case        of `canthus bench render`: 60x36, 160x96, 512x320, 256x256
n, seed     scenes, the first of that corpus; each is another person in another light
labels      true: with what BlenderProc calls labels, masks of instances, depth and normals, from both
rounds      of each in turn; cores: that all may use

canthus draws every scene, builds its people, computes its labels and writes shards: `canthus render`, a process a core.
BlenderProc is given every scene ready-made, as a .blend that canthus' own session saved, and a K and a pose; it loads
it, renders and writes HDF5, without labels unless they are asked for, as its documentation's loop over scenes does:
`clean_up`, `load_blend`, `add_camera_pose`, `render`, `write_hdf5`.  It runs once as it is meant to (one process,
Cycles takes all cores) and once as canthus does (a process a core, a thread each).  Its adaptive sampling is off, its
light paths and its denoiser (Intel's) are canthus'.  Seconds are from the first command to the last file, starts of
processes included.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

DEFAULTS = {
    "python": "",
    "site": "",
    "case": "60x36",
    "n": "60",
    "seed": "0",
    "labels": "false",
    "rounds": "3",
    "cores": "2",
}
RASTERS = ("rasters.mask=true", "rasters.depth=true", "rasters.normal=true")
KEPT = ("mesh", "curve", "curves", "light", "empty")
"""Types of objects that a scene is made of; cameras are told by numbers."""


def save_scenes(job: Any, count: int, folder: Path) -> None:
    """Write the scenes of a corpus as .blend files, and what BlenderProc has to be told of each as scenes.json."""
    import bpy

    from synth.blender.frames import world_from_blcam
    from synth.blender.session import Session
    from synth.corpus import draw_useful
    from synth.stopwatch import Stopwatch

    told = []
    with Session(job.engine) as session:
        for index in range(count):
            spec, people, _, _ = draw_useful(job.ranges, job.seed, index, Stopwatch())
            session.put(spec, *people)
            for image in bpy.data.images:
                if image.source == "GENERATED" and image.has_data:
                    image.pack()
            bpy.context.scene.world.use_fake_user = True
            path = folder / f"{index}.blend"
            bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True, compress=False)
            at, camera = spec.camera.supersample, spec.camera
            told.append(
                {
                    "file": str(path),
                    "world": bpy.context.scene.world.name,
                    "size": [camera.width * at, camera.height * at],
                    "K": [
                        [camera.fx_px * at, 0, camera.cx_px * at],
                        [0, camera.fy_px * at, camera.cy_px * at],
                        [0, 0, 1],
                    ],
                    "pose": world_from_blcam(spec).tolist(),
                }
            )
        cycles = bpy.context.scene.cycles
        names = ("samples", "max_bounces", "diffuse_bounces", "glossy_bounces", "transmission_bounces")
        paths = {name: getattr(cycles, name) for name in (*names, "transparent_max_bounces", "volume_bounces")}
    (folder / "scenes.json").write_text(json.dumps({"scenes": told, "paths": paths}))


def in_blenderproc(site: str, folder: Path, part: int, parts: int, threads: int, labels: int) -> None:
    """Be BlenderProc: render each of the scenes whose number is `part` modulo `parts`, labels too unless that is 0."""
    os.environ["INSIDE_OF_THE_INTERNAL_BLENDER_PYTHON_ENVIRONMENT"] = "1"
    sys.argv = [sys.executable, "--background", "--", __file__, str(folder / f"temporary{part}")]
    sys.path.insert(0, site)
    import blenderproc as bproc  # type: ignore[import-not-found]
    import bpy
    from blenderproc.python.utility import Initializer  # type: ignore[import-not-found]

    # The bpy module has no languages to choose English from, which `init` wants.
    view = SimpleNamespace(language="en_US")
    Initializer.bpy = Instead(bpy, context=Instead(bpy.context, preferences=SimpleNamespace(view=view)))
    bproc.init()
    given = json.loads((folder / "scenes.json").read_text())
    paths = given["paths"]
    bproc.renderer.set_max_amount_of_samples(paths["samples"])
    bproc.renderer.set_noise_threshold(0)
    bproc.renderer.set_cpu_threads(threads)
    bproc.renderer.set_light_bounces(
        diffuse_bounces=paths["diffuse_bounces"],
        glossy_bounces=paths["glossy_bounces"],
        max_bounces=paths["max_bounces"],
        transmission_bounces=paths["transmission_bounces"],
        transparent_max_bounces=paths["transparent_max_bounces"],
        volume_bounces=paths["volume_bounces"],
    )
    if labels:
        bproc.renderer.enable_segmentation_output(map_by=["instance"])
        bproc.renderer.enable_depth_output(activate_antialiasing=False)
        bproc.renderer.enable_normals_output()
    for scene in given["scenes"][part::parts]:
        bproc.clean_up()
        bproc.loader.load_blend(scene["file"], obj_types=list(KEPT), data_blocks=["objects", "worlds"])
        bpy.context.scene.world = bpy.data.worlds[scene["world"]]
        bproc.camera.set_intrinsics_from_K_matrix(scene["K"], *scene["size"])
        bproc.camera.add_camera_pose(scene["pose"])
        data = bproc.renderer.render()
        bproc.writer.write_hdf5(str(folder / f"h5-{part}"), data, append_to_existing_output=True)


class Instead:
    """Another thing but for some attributes."""

    def __init__(self, other: Any, **attributes: Any) -> None:
        """Take the attributes, and whatever else from the other."""
        self.__dict__.update(attributes, _other=other)

    def __getattr__(self, name: str) -> Any:
        """Return the other's attribute."""
        return getattr(self._other, name)


def seconds_of(commands: list[list[str]], folder: Path) -> float:
    """Run commands side by side, and return how long they take.

    Raises:
        SystemExit: One failed.
    """
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    start = time.perf_counter()
    logs = [(folder / f"log{number}").open("w+") for number in range(len(commands))]
    running = [
        subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=here)
        for command, log in zip(commands, logs, strict=True)
    ]
    codes = [process.wait() for process in running]
    spent = time.perf_counter() - start
    for code, log in zip(codes, logs, strict=True):
        log.seek(0)
        if code:
            raise SystemExit(f"{commands[0][0]} failed: {' | '.join(log.read().splitlines()[-3:])}")
        log.close()
    return spent


def main(words: list[str]) -> None:
    """Measure and print."""
    from synth.commands.bench import CASES
    from synth.commands.cli import VERBS
    from synth.commands.render import RenderConfig, job
    from synth.config import compose

    given = DEFAULTS | dict(word.split("=", 1) for word in words)
    if unknown := [name for name in given if name not in DEFAULTS]:
        raise SystemExit(f"{unknown[0]}: there are {', '.join(DEFAULTS)}")
    cores, n = int(given["cores"]), int(given["n"])
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    # Processes make whole shards: small ones, so that none waits for another at the end.
    if given["labels"] not in ("true", "false"):
        raise SystemExit(f"labels={given['labels']}: true or false")
    labelled = given["labels"] == "true"
    asked = [*CASES[given["case"]], f"seed={given['seed']}", f"n={n}", "shard_size=5", *(RASTERS if labelled else ())]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        save_scenes(job(compose(VERBS["render"].conf, "render", RenderConfig, [*asked, "out=unused"])), n, folder)
        spent: dict[str, list[float]] = {}
        for turn in range(int(given["rounds"])):
            ours = [sys.executable, "-m", "synth.commands.cli", "render", *asked, f"workers={cores}"]
            theirs = [
                given["python"],
                str(Path(__file__).resolve()),
                "--blenderproc",
                str(Path(given["site"]).resolve()),
            ]
            ways = {
                "canthus": [[*ours, f"out={folder / f'ours{turn}'}"]],
                "BlenderProc": [[*theirs, str(folder), "0", "1", str(cores), str(int(labelled))]],
                f"BlenderProc, {cores} processes": [
                    [*theirs, str(folder), str(part), str(cores), "1", str(int(labelled))] for part in range(cores)
                ],
            }
            for name, commands in ways.items():
                spent.setdefault(name, []).append(seconds_of(commands, folder))
    best = median(spent["canthus"])
    for name, values in spent.items():
        middle = median(values)
        print(f"{name:28}{n / middle:8.2f} pictures a second{middle / best:8.2f} of canthus' seconds")
    how = f"{n} scenes, {given['rounds']} rounds, {cores} cores, load {os.getloadavg()[0]:.1f} at the end"
    print(f"{given['case']}, labels={given['labels']}, {how}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--blenderproc"]:
        in_blenderproc(sys.argv[2], Path(sys.argv[3]), *map(int, sys.argv[4:8]))
    else:
        main(sys.argv[1:])
