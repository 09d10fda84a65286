"""Write spec.json and labels.json anew: `python -m tests.golden.write`, after a change of geometry on purpose."""

import dataclasses
import json
from pathlib import Path

from synth.labels import label
from synth.spec import to_json
from tests.agreement.scenes import near_eye
from tests.assets.people import adult

if __name__ == "__main__":
    here = Path(__file__).parent
    spec = dataclasses.replace(near_eye((6, 22), (-8, 5), subject=adult()), seed=0, index=0)
    (here / "spec.json").write_text(json.dumps(to_json(spec), indent=1) + "\n")
    (here / "labels.json").write_text(json.dumps(label(spec).to_json(), indent=1) + "\n")
