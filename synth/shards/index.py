"""index.parquet: one row a sample, one column a scalar label, so that a million samples are sorted without a picture.

Columns are dotted names of the labels (`eyes.left.openness`, `attributes.age_years`).  A short vector becomes
one column a component, named by what it is:

    ..._pitch_yaw_rad    ..._pitch_rad, ..._yaw_rad
    pitch_yaw_roll_rad   pitch_rad, yaw_rad, roll_rad
    ..._box_px           ..._x0, _y0, _x1, _y1        (box_px)
    three numbers        ..._x, _y, _z
    a matrix             ..._00, _01, ...             (row, column)

Contours are left to the shards; of each the table has the number of visible points (`eyes.left.points.iris.visible`).
Beside the labels: `key`, `shard`, `rejected` (scenes thrown away before this one); where one scene makes several
pictures `scene.index`, `scene.view`, `scene.mix` and the factors of each layer of light, `scene.factors.sky.red`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from synth.sample import Sample

LISTS_WITHOUT_COLUMNS = ("apparent", "glints_px")


def index_row(sample: Sample, shard_name: str) -> dict[str, Any]:
    """Return the row of a sample: column to number, text or truth value."""
    row: dict[str, Any] = {"key": sample.key, "shard": shard_name, "rejected": len(sample.rejected)}
    row.update(_columns(sample.labels, ""))
    if sample.scene is not None:
        row.update(_columns(sample.scene, "scene"))
    return row


def _columns(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for part, inner in value.items():
            path = f"{name}.{part}" if name else str(part)
            if part == "points" and isinstance(inner, Mapping):
                yield from ((f"{path}.{kind}.visible", sum(map(bool, at["visible"]))) for kind, at in inner.items())
            elif part == "glints_visible":
                yield f"{path}", sum(map(bool, inner))
            elif part not in LISTS_WITHOUT_COLUMNS:
                yield from _columns(inner, path)
    elif isinstance(value, list | tuple):
        yield from _vector_columns(value, name)
    elif value is not None:
        yield name, value


def _vector_columns(values: Sequence[Any], name: str) -> Iterator[tuple[str, Any]]:
    if name.endswith("_pitch_yaw_rad") and len(values) == 2:
        stem = name.removesuffix("pitch_yaw_rad")
        yield from ((f"{stem}pitch_rad", values[0]), (f"{stem}yaw_rad", values[1]))
    elif name.endswith("pitch_yaw_roll_rad") and len(values) == 3:
        stem = name.removesuffix("pitch_yaw_roll_rad")
        yield from zip((f"{stem}{angle}_rad" for angle in ("pitch", "yaw", "roll")), values, strict=True)
    elif values and isinstance(values[0], list | tuple):
        yield from ((f"{name}_{i}{j}", number) for i, row in enumerate(values) for j, number in enumerate(row))
    else:
        endings: Sequence[Any] = {3: "xyz", 4: ("x0", "y0", "x1", "y1")}.get(len(values), range(len(values)))
        yield from ((f"{name}_{ending}", number) for ending, number in zip(endings, values, strict=True))
