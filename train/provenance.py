"""Where a result comes from: the commit of the code that made it."""

import subprocess
from pathlib import Path


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
