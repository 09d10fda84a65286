"""The script that times peers: who cannot be run is a line, who can takes turns, medians leave the warming up out."""

import sys

import pytest

from tests.bench.peers import WARM_UP, Peer, interleaved, main, table


class Told(Peer):
    """Answers with the number of the look, of all peers together."""

    looks = 0

    def look(self):
        Told.looks += 1
        return {"found": float(Told.looks), "followed": 0.5}


def test_peers_take_turns_and_the_median_counts():
    a, b = Told("a", None), Told("b", None)
    medians = interleaved([a, b], rounds=3)
    # Of looks 1, 3, 5, ... and 2, 4, 6, ...; three after the warming up, the middle one of them.
    assert medians["a", "found"] == 2 * WARM_UP + 3 and medians["b", "found"] == 2 * WARM_UP + 4
    assert medians["b", "followed"] == 0.5


def test_who_cannot_be_run_says_so(tmp_path):
    (tmp_path / "given.json").write_text("{}")
    none, wrong = Peer.start("MediaPipe", "", tmp_path), Peer.start("MediaPipe", str(tmp_path / "python"), tmp_path)
    broken = Peer.start("MediaPipe", sys.executable, tmp_path)
    said = table([none, wrong, broken], {}).splitlines()
    assert said[1] == "MediaPipe   cannot be run: no interpreter given"
    assert said[2].endswith("python: No such file or directory")
    assert "cannot be run: FileNotFoundError" in said[3] and "picture.npy" in said[3]
    assert not any(peer.process for peer in (none, wrong, broken))


def test_unknown_words_are_refused():
    with pytest.raises(SystemExit, match="weight: there are data, words"):
        main(["weight=x"])
