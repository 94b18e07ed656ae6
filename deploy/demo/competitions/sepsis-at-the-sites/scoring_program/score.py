"""Scores one run at one site. Only the numbers in scores.json are meant to leave the site."""

import json
import sys
from pathlib import Path

from metrics import UnusablePredictions, all_scores, read_labels, read_predictions


def seconds_of_prediction(predictions_folder):
    """The platform leaves a file `metadata` (lines `key: value`) beside the predictions."""
    metadata = predictions_folder / "metadata"
    if metadata.is_file():
        for line in metadata.read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "elapsedTime":
                return float(value)
    return 0.0


def main(input_folder, output_folder):
    predictions_folder = Path(input_folder) / "res"
    labels = read_labels(Path(input_folder) / "ref" / "labels.csv")
    try:
        probabilities = read_predictions(predictions_folder / "predictions.csv", labels)
    except UnusablePredictions as problem:
        sys.exit(f"These predictions cannot be scored: {problem}.")
    scores = all_scores(list(labels.values()), probabilities)
    scores["duration"] = seconds_of_prediction(predictions_folder)
    (Path(output_folder) / "scores.json").write_text(json.dumps(scores))
    # From how many patients they come: sites let scores out only above a number.
    (Path(output_folder) / "cases.json").write_text(json.dumps(len(labels)))
    print(f"scored {len(labels)} patients")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
