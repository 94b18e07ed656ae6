"""Scores predictions on the public patients and writes a report for the participant."""

import json
import sys
from pathlib import Path

from metrics import UnusablePredictions, all_scores, read_labels, read_predictions
from report import render_report


def main(input_folder, output_folder):
    labels = read_labels(Path(input_folder) / "ref" / "labels.csv")
    try:
        probabilities = read_predictions(Path(input_folder) / "res" / "predictions.csv", labels)
    except UnusablePredictions as problem:
        sys.exit(f"These predictions cannot be scored: {problem}.")
    outcomes = list(labels.values())
    scores = all_scores(outcomes, probabilities)
    output = Path(output_folder)
    (output / "scores.json").write_text(json.dumps(scores))
    (output / "detailed_results.html").write_text(render_report(scores, outcomes, probabilities))
    print(f"AUROC {scores['auroc']:.3f} on {len(labels)} patients")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
