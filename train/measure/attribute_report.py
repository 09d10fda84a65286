"""Write an evaluation of attributes: report.json, its pictures, and report.html that holds everything in one file."""

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from synth.label.celeba import ATTRIBUTES
from train.measure.attribute_evaluation import AttributeEvaluation
from train.measure.attribute_metrics import AttributeScore
from train.measure.attribute_pictures import by_attribute, worst_and_best
from train.measure.networks import rows_of_networks
from train.measure.page import page_of, row, table, write_page
from train.measure.sections import costs_section, left_out_section, left_out_words

ENSEMBLE, MAJORITY = "ensemble (mean probability)", "what most are"


def write_report(out: Path, evaluation: AttributeEvaluation, about: Mapping[str, Any]) -> dict[str, Any]:
    """Write the report into a folder and return report.json's content.

    Args:
        out: Made if absent; files of an earlier report are replaced.
        evaluation: What was measured.
        about: What was measured on what: networks, data, commit, versions.
    """
    report = {"about": dict(about), **evaluation.to_json()}
    pictures = {
        "attributes.png": ("Accuracy by attribute", by_attribute(evaluation)),
        "worst_best.png": ("Worst and best faces", worst_and_best(evaluation)),
    }
    write_page(out, report, pictures, page_of("attributes", about, body(evaluation), pictures))
    return report


def scores_of(evaluation: AttributeEvaluation) -> list[tuple[str, AttributeScore, str]]:
    """Return name, score and kind of row of each network, and of the ensemble of several."""
    scores = dict(zip(evaluation.names, evaluation.scores(), strict=True))
    return rows_of_networks(scores, evaluation.ensemble_score, ENSEMBLE)


def body(evaluation: AttributeEvaluation) -> str:
    """Return what stands above the pictures: means, every attribute, what is in no mean, costs, who is left out."""
    scores = scores_of(evaluation)
    means = [row(name, [found.mean("accuracy"), found.mean("balanced")], kind) for name, found, kind in scores]
    means.append(row(MAJORITY, [scores[0][1].mean("majority"), 50.0]))
    parts = [
        f"<p>{len(evaluation.faces)} faces, percent. <small>Balanced: the mean over the faces that have an attribute "
        "and those that have not.</small></p>",
        table(("network", "mean accuracy", "mean balanced accuracy"), means),
        "<h2>By attribute: accuracy, balanced accuracy</h2>",
        by_attribute_table(scores),
        *(not_measured(name, found) for name, found, _ in scores),
        costs_section(evaluation.names, evaluation.costs),
        left_out_section(evaluation.left_out, evaluation.damaged),
    ]
    return "".join(parts)


def by_attribute_table(scores: Sequence[tuple[str, AttributeScore, str]]) -> str:
    """Return the table of attributes down and networks across."""
    rows = []
    for attribute in ATTRIBUTES:
        figures = [found.attributes.get(attribute) for _, found, _ in scores]
        known = next((one for one in figures if one is not None), None)
        if known is None:
            continue
        cells = [v for one in figures for v in ((None, None) if one is None else (one.accuracy, one.balanced))]
        rows.append(row(attribute, [known.true, known.majority, *cells]))
    names = [html.escape(name) for name, _, _ in scores]
    columns = [f"{name}, {what}" for name in names for what in ("accuracy", "balanced")]
    return table(("attribute", "have it", MAJORITY, *columns), rows)


def not_measured(name: str, score: AttributeScore) -> str:
    """Return which attributes are in no mean, and why."""
    said = [f"not learnt, as they never varied in training: {', '.join(score.not_learnt)}"] * bool(score.not_learnt)
    said += [f"the same of everybody here, or not known: {', '.join(score.constant)}"] * bool(score.constant)
    return f"<p>{html.escape(name)}: {'; '.join(said)}.</p>" if said else ""


def summary(evaluation: AttributeEvaluation) -> list[str]:
    """Return the lines that the command prints."""
    lines = [f"{len(evaluation.faces)} faces, percent{left_out_words(evaluation.left_out)}"]
    return [*lines, *(f"{name}: {said_of(found)}" for name, found, _ in scores_of(evaluation))]


def said_of(score: AttributeScore) -> str:
    """Return a score in a few words."""
    if not score.attributes:
        return "no attribute that it has learnt varies here"
    accuracy, balanced, majority = (score.mean(name) for name in ("accuracy", "balanced", "majority"))
    left = len(ATTRIBUTES) - len(score.attributes)
    return (
        f"accuracy {accuracy:.2f} %, of {MAJORITY} {majority:.2f} %, balanced {balanced:.2f} %, mean of "
        f"{len(score.attributes)} attributes" + f"; {left} do not vary" * bool(left)
    )
