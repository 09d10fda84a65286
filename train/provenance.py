"""Where a result comes from: the commit of the code that made it, and the real pictures behind rendered ones."""

import subprocess
from pathlib import Path
from typing import Any

from synth.shards import read_manifest


def commit() -> str | None:
    """Return the commit of the checkout this package lies in, "+" behind it when files differ; None outside of one."""
    folder = Path(__file__).parent
    try:
        head = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
        )
        if head.returncode != 0:
            return None
        status = subprocess.run(
            ["git", "-C", str(folder), "status", "--porcelain", "--untracked-files=no"],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:  # no git on this machine
        return None
    return head.stdout.strip() + ("+" if status.stdout.strip() else "")


def refined_by(data: str) -> dict[str, Any] | None:
    """Return which refiner changed the pictures of a corpus, and which real ones it had learnt from.

    None where nothing says that the pictures are not as they were rendered.

    Raises:
        DataError: The manifest is damaged.
    """
    folder = Path(data)
    if not (folder / "manifest.json").is_file():
        return None
    refiner = read_manifest(folder)["config"].get("refined_by")
    if refiner is None:
        return None
    about = refiner["about"]
    real = {"real": about.get("real"), "images": about.get("real_pictures"), "real_sha256": about.get("real_sha256")}
    return {"network": refiner["network"], "sha256": refiner["sha256"], **real}
