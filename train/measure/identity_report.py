"""Write an evaluation of who it is: report.json, its pictures, and report.html that holds everything in one file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from train.measure.attribute_report import said_of as said_of_attributes
from train.measure.identity_evaluation import IdentityEvaluation
from train.measure.identity_metrics import IdentityScore
from train.measure.identity_pictures import curves, misleading_pairs
from train.measure.networks import rows_of_networks
from train.measure.page import page_of, row, table, write_page
from train.measure.sections import costs_section, left_out_section, left_out_words

ENSEMBLE, CHANCE = "ensemble (mean cosine)", "by chance"


def write_report(out: Path, evaluation: IdentityEvaluation, about: Mapping[str, Any]) -> dict[str, Any]:
    """Write the report into a folder and return report.json's content.

    Args:
        out: Made if absent; files of an earlier report are replaced.
        evaluation: What was measured.
        about: What was measured on what: networks, data, commit, versions.
    """
    report = {"about": dict(about), **evaluation.to_json()}
    pictures = {
        "roc.png": ("Pairs accepted, and how near they are", curves(evaluation)),
        "pairs.png": ("Pairs that mislead most", misleading_pairs(evaluation)),
    }
    write_page(out, report, pictures, page_of("identity", about, body(evaluation), pictures))
    return report


def scores_of(evaluation: IdentityEvaluation) -> list[tuple[str, IdentityScore, str]]:
    """Return name, score and kind of row of each network, and of the ensemble of several."""
    return rows_of_networks(evaluation.scores, lambda: evaluation.ensemble_score, ENSEMBLE)


def body(evaluation: IdentityEvaluation) -> str:
    """Return what stands above the pictures: pairs, one among many, costs, who is left out."""
    scores = scores_of(evaluation)
    first = scores[0][1]
    folds = first.folds
    said = "" if folds is None else f", of {folds.pairs} in {folds.folds} folds for accuracy"
    fars, numbers = list(first.tar), list(first.rank1)
    pairs = [
        row(
            name,
            [found.accuracy, None if found.folds is None else found.folds.deviation, found.auc, *found.tar.values()],
            kind,
        )
        for name, found, kind in scores
    ]
    pairs.append(row(CHANCE, [first.chance, None, 50.0, *(100 * float(far) for far in fars)]))
    among = [row(name, list(found.rank1.values()), kind) for name, found, kind in scores]
    among.append(row(CHANCE, [100 / (1 + int(n)) for n in numbers]))
    parts = [
        f"<p>{first.pictures} pictures of {first.people} people, percent; {first.same} pairs of one person, "
        f"{first.different} of two{said}.</p>",
        "<h2>Two pictures: one person or two</h2>",
        table(("network", "accuracy", "deviation of folds", "AUC", *(f"TAR at FAR {far}" for far in fars)), pairs),
        "<h2>One picture among distractors: found at rank 1</h2>",
        table(("network", *(f"{n} distractors" for n in numbers)), among),
    ]
    told = {name: evaluation.attributes(one) for name, one in evaluation.told.items()}
    parts += [f"<p>{name}, attributes: {said_of_attributes(of)}.</p>" for name, of in told.items() if of is not None]
    parts.append(costs_section(tuple(evaluation.told), evaluation.costs))
    return "".join([*parts, left_out_section(evaluation.left_out, evaluation.damaged)])


def summary(evaluation: IdentityEvaluation) -> list[str]:
    """Return the lines that the command prints."""
    scores = scores_of(evaluation)
    first = scores[0][1]
    told = left_out_words(evaluation.left_out)
    lines = [
        f"{first.pictures} pictures of {first.people} people, {first.same} pairs of one, {first.different} of two{told}"
    ]
    return [*lines, *(f"{name}: {said_of(found)}" for name, found, _ in scores)]


def said_of(score: IdentityScore) -> str:
    """Return a score in a few words."""
    if score.folds is None or score.auc is None:
        return "no two pictures of one person, or of two"
    words = [f"accuracy of pairs {score.folds.accuracy:.2f} % (chance 50 %), AUC {score.auc:.2f} %"]
    words += [f"TAR {value:.2f} % at FAR {far}" for far, value in score.tar.items()]
    words += [f"rank 1 among {n} others {value:.2f} %" for n, value in score.rank1.items()]
    return "; ".join(words)
