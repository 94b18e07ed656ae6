"""What both competitions measure. Python 3.9 or later, standard library alone."""

import csv
import math


class UnusablePredictions(Exception):
    """The predictions cannot be scored; the message tells the participant what to change."""


def read_labels(path):
    with open(path, newline="") as file:
        return {row["patient_id"]: int(row["sepsis"]) for row in csv.DictReader(file)}


def read_predictions(path, labels):
    """The probability of every patient of `labels`; anything missing, repeated or out of range is refused."""
    if not path.is_file():
        raise UnusablePredictions("there is no predictions.csv in the output")
    probabilities = {}
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        if not {"patient_id", "probability"} <= set(reader.fieldnames or []):
            raise UnusablePredictions("the first line of predictions.csv must be: patient_id,probability")
        for line, row in enumerate(reader, start=2):
            if row["patient_id"] in probabilities:
                raise UnusablePredictions(f"line {line}: the patient occurs a second time")
            probabilities[row["patient_id"]] = parse_probability(row["probability"], line)
    missing = sum(1 for patient_id in labels if patient_id not in probabilities)
    if missing:
        raise UnusablePredictions(f"{missing} of {len(labels)} patients have no prediction")
    return [probabilities[patient_id] for patient_id in labels]


def parse_probability(text, line):
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = math.nan
    if not 0 <= value <= 1:
        raise UnusablePredictions(f"line {line}: the probability must be a number from 0 to 1")
    return value


def roc_curve(outcomes, probabilities):
    """Points (false positive rate, true positive rate) from (0, 0) to (1, 1), one per distinct probability."""
    positives = sum(outcomes)
    negatives = len(outcomes) - positives
    points, true_positives, false_positives = [(0.0, 0.0)], 0, 0
    ranked = sorted(zip(probabilities, outcomes), reverse=True)
    for index, (probability, outcome) in enumerate(ranked):
        true_positives += outcome
        false_positives += 1 - outcome
        if index + 1 == len(ranked) or ranked[index + 1][0] != probability:
            points.append((false_positives / negatives, true_positives / positives))
    return points


def area_under(curve):
    return sum((x2 - x1) * (y1 + y2) / 2 for (x1, y1), (x2, y2) in zip(curve, curve[1:]))


def sensitivity_at(curve, specificity):
    """The best sensitivity of any threshold whose specificity is at least the one given."""
    return max(true_positive for false_positive, true_positive in curve if false_positive <= 1 - specificity + 1e-12)


def brier_score(outcomes, probabilities):
    """Mean squared difference between probability and outcome (Brier 1950): 0 is perfect, lower is better."""
    return sum((p - y) ** 2 for p, y in zip(probabilities, outcomes)) / len(outcomes)


def all_scores(outcomes, probabilities):
    curve = roc_curve(outcomes, probabilities)
    return {
        "auroc": area_under(curve),
        "sensitivity": sensitivity_at(curve, specificity=0.90),
        "brier": brier_score(outcomes, probabilities),
    }
