"""What a look at one face in 640x480 costs, beside other people's systems: same machine, same picture, same run.

Run by hand, in canthus' own environment; every peer has an interpreter of its own, as their numpy and protobuf are not
ours, and runs as a process that is asked in turn: a round is one picture of each, so that other work slows all alike.

    canthus render experiment=portrait camera=call camera.motion=null camera.width=640 camera.height=480 \
        engine.samples=32 n=1 out=data/one-face
    python3.11 -m venv peers && peers/bin/pip install mediapipe==1.2.3
    python -m tests.bench.peers data=data/one-face words=weights=DIR \
        mediapipe=peers/bin/python model=face_landmarker.task

data        a corpus whose first picture is 640x480 and holds a face; boxes and points of ours are the labelled ones, so
            that what is timed does not depend on what the networks have learnt
words       of `canthus predict`, comma separated: weights=DIR, networks.pose=RUN, ...
mediapipe   an interpreter that has MediaPipe; model: its face_landmarker.task (Google's, not in this repository)
tddfa       an interpreter that has what 3DDFA_V2 needs; code: a checkout of github.com/cleardusk/3DDFA_V2
rounds      after WARM_UP that do not count
cores       that all may use.  Beside other work give 1: a look in two threads, one of which waits for a core, takes
            seconds, and is no figure of ours

Two figures each, milliseconds by the wall, medians.  `found`: the face is looked for.  `followed`: it is looked for
where it was in the picture before.  What they tell is not the same: ours box, 68 points, head pose, both gazes;
MediaPipe's box and 478 points with irises, `followed` with its own smoothing; 3DDFA_V2's box, the 62 numbers of a face
in space and 68 points of it.  A peer that cannot be run is a line with its reason.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

WARM_UP = 5
DEFAULTS = {
    "data": "",
    "words": "",
    "mediapipe": "",
    "model": "",
    "tddfa": "",
    "code": "",
    "rounds": "50",
    "cores": "2",
}
SIZE = (480, 640)

Timed = Mapping[str, Callable[[], object]]
"""Of a peer, what is timed by its name; all are called in this order in each round."""


def ours(picture: np.ndarray, given: Mapping[str, Any]) -> Timed:
    """Return the looks of canthus' pipeline."""
    from synth.commands.cli import VERBS, load
    from synth.config import compose
    from train.fitting import use_threads
    from train.pipeline.config import looker_of
    from train.pipeline.faces import Face
    from train.pipeline.lens import guessed
    from train.pipeline.look import Clock

    verb: Any = load("predict")
    words = [*filter(None, given["words"].split(",")), "task=all", "input=unused", "predictions=unused"]
    wanted = compose(VERBS["predict"].conf, "predict", verb.CONFIG, words)
    use_threads(int(given["cores"]))
    looker, _ = looker_of(wanted.networks, wanted.weights, wanted.faces)
    camera = guessed(picture.shape[1], picture.shape[0])
    box, points = np.array(given["box"]), np.array(given["points"])

    def followed() -> object:
        (marked,) = looker.mark(picture, [Face(box, 1.0)], Clock())
        exact = Face(marked.box_px, marked.score, points, marked.mesh_px, marked.present)
        (told,) = looker.tell(picture, [exact], camera, Clock())
        return told

    return {"found": lambda: (looker.find(picture, Clock()), followed()), "followed": followed}


def mediapipe(picture: np.ndarray, given: Mapping[str, Any]) -> Timed:
    """Return the looks of MediaPipe's Face Landmarker: single pictures, and frames of a video."""
    mp: Any = import_module("mediapipe")
    vision = mp.tasks.vision
    image = mp.Image(image_format=mp.ImageFormat.SRGB, data=picture)

    def landmarker(mode: Any) -> Any:
        base = mp.tasks.BaseOptions(model_asset_path=given["model"])
        return vision.FaceLandmarker.create_from_options(
            vision.FaceLandmarkerOptions(base_options=base, running_mode=mode, num_faces=1)
        )

    stills, video = landmarker(vision.RunningMode.IMAGE), landmarker(vision.RunningMode.VIDEO)
    if not stills.detect(image).face_landmarks:
        raise ValueError("finds no face in this picture")
    clock = iter(range(0, 10**9, 33))
    return {"found": lambda: stills.detect(image), "followed": lambda: video.detect_for_video(image, next(clock))}


def tddfa(picture: np.ndarray, given: Mapping[str, Any]) -> Timed:
    """Return the looks of 3DDFA_V2 with its ONNX networks, as its demos call them."""
    os.chdir(given["code"])
    sys.path.insert(0, given["code"])
    config = import_module("yaml").safe_load(Path("configs/mb1_120x120.yml").read_text())
    detector = import_module("FaceBoxes.FaceBoxes_ONNX").FaceBoxes_ONNX()
    network = import_module("TDDFA_ONNX").TDDFA_ONNX(**config)
    blue_first = np.ascontiguousarray(picture[..., ::-1])
    boxes = detector(blue_first)[:1]
    if not boxes:
        raise ValueError("finds no face in this picture")

    def told(where: Any, policy: str) -> Any:
        return network.recon_vers(*network(blue_first, where, crop_policy=policy), dense_flag=False)

    points = told(boxes, "box")
    return {"found": lambda: told(detector(blue_first)[:1], "box"), "followed": lambda: told(points, "landmark")}


PEERS = {"canthus": ours, "MediaPipe": mediapipe, "3DDFA_V2": tddfa}


def answer(name: str, folder: Path) -> None:
    """Be a peer: make it ready, then for every line on stdin look once in each way and print the milliseconds."""
    out, sys.stdout = sys.stdout, sys.stderr  # what libraries print is no answer
    try:
        timed = PEERS[name](np.load(folder / "picture.npy"), json.loads((folder / "given.json").read_text()))
    except Exception as error:  # whatever is missing is the reason that is told
        first = (str(error).splitlines() or [""])[0]
        print(json.dumps({"cannot": f"{type(error).__name__}: {first}"}), file=out, flush=True)
        return
    print(json.dumps({"ready": True}), file=out, flush=True)
    for _ in sys.stdin:
        spent = {}
        for way, look in timed.items():
            start = time.perf_counter()
            look()
            spent[way] = 1e3 * (time.perf_counter() - start)
        print(json.dumps(spent), file=out, flush=True)


@dataclass
class Peer:
    """A peer's process.

    Attributes:
        name: Whose it is.
        process: It, or None where it cannot be run.
        cannot: Why not.
    """

    name: str
    process: "subprocess.Popen[str] | None"
    cannot: str = ""

    @classmethod
    def start(cls, name: str, python: str, folder: Path) -> "Peer":
        """Start a peer, and wait until it is ready."""
        if not python:
            return cls(name, None, "no interpreter given")
        here = Path(__file__).resolve()
        try:
            process = subprocess.Popen(
                [python, str(here), "--peer", name, str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env={**os.environ, "PYTHONPATH": str(here.parents[2])},
            )
        except OSError as error:
            return cls(name, None, f"{python}: {error.strerror}")
        assert process.stdout is not None
        said = json.loads(process.stdout.readline() or '{"cannot": "ended before it was ready"}')
        if "cannot" in said:
            process.communicate()
            return cls(name, None, said["cannot"])
        return cls(name, process)

    def look(self) -> dict[str, float]:
        """Return the milliseconds of one look in each way."""
        assert self.process is not None and self.process.stdin is not None and self.process.stdout is not None
        print(file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.communicate()


def interleaved(peers: list[Peer], rounds: int) -> dict[tuple[str, str], float]:
    """Return the median of each peer and way, over rounds in which each looks once."""
    spent: dict[tuple[str, str], list[float]] = {}
    for number in range(WARM_UP + rounds):
        for peer in peers:
            for way, ms in peer.look().items():
                if number >= WARM_UP:
                    spent.setdefault((peer.name, way), []).append(ms)
    return {which: median(values) for which, values in spent.items()}


def table(peers: list[Peer], medians: Mapping[tuple[str, str], float]) -> str:
    """Return the figures, a line a peer."""
    lines = [f"{'':12}{'found':>10}{'followed':>10}   ms"]
    for peer in peers:
        if peer.process is None:
            lines.append(f"{peer.name:12}cannot be run: {peer.cannot}")
        else:
            lines.append(f"{peer.name:12}{medians[peer.name, 'found']:10.1f}{medians[peer.name, 'followed']:10.1f}")
    return "\n".join(lines)


def prepare(given: dict[str, Any], folder: Path) -> None:
    """Write the picture, its face and what is given to where the peers read them."""
    from synth.export.face.faces import HALF_PIXEL, face_of
    from synth.shards import iterate
    from train.data.face_marks.square import face_box

    sample = next(iter(iterate(Path(given["data"]))))
    if sample.picture.shape != (*SIZE, 3):
        raise SystemExit(f"data={given['data']}: its first picture is {sample.picture.shape}, not 640x480 in colours")
    points = face_of(sample).outline68 + HALF_PIXEL
    np.save(folder / "picture.npy", np.ascontiguousarray(sample.picture))
    files = {name: str(Path(given[name]).resolve()) for name in ("model", "code") if given[name]}
    told = {**given, **files, "points": points.tolist(), "box": face_box(points).tolist()}
    (folder / "given.json").write_text(json.dumps(told))


def main(words: list[str]) -> None:
    """Measure and print."""
    given = DEFAULTS | dict(word.split("=", 1) for word in words)
    if unknown := [name for name in given if name not in DEFAULTS]:
        raise SystemExit(f"{unknown[0]}: there are {', '.join(DEFAULTS)}")
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(given["cores"])])
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        prepare(given, folder)
        pythons = {"canthus": sys.executable, "MediaPipe": given["mediapipe"], "3DDFA_V2": given["tddfa"]}
        peers = [Peer.start(name, python, folder) for name, python in pythons.items()]
        try:
            print(table(peers, interleaved([peer for peer in peers if peer.process], int(given["rounds"]))))
        finally:
            for peer in peers:
                peer.end()
    print(
        f"a face in 640x480, {given['rounds']} rounds, {given['cores']} cores, load {os.getloadavg()[0]:.1f} at the end"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        answer(sys.argv[2], Path(sys.argv[3]))
    else:
        main(sys.argv[1:])
