"""Ada's entry: logistic regression on the level and the trend of every measurement, fitted on the public patients."""

import csv
import math
import sys
from pathlib import Path

# measurement: (usual value, scale, weight of the level over the last four hours, weight of the rise since the first four)
WEIGHTS = {
    "heart_rate": (80, 15, 0.326, 0.204),
    "respiratory_rate": (17, 4, 1.351, 0.095),
    "temperature": (37.0, 0.7, 0.916, -0.259),
    "systolic_pressure": (125, 15, -0.175, -0.374),
    "oxygen_saturation": (96, 2, -0.487, 0.066),
    "lactate": (1.3, 0.8, 0.858, -0.114),
    "white_cells": (8.5, 3, 0.161, -0.003),
}
AGE_WEIGHT = 0.331
LUNG_DISEASE_WEIGHT = -1.164
IMMUNOSUPPRESSED_WEIGHT = 0.542
INTERCEPT = -2.684


def mean(values, otherwise):
    return sum(values) / len(values) if values else otherwise


def features(patient, series):
    """Level and rise of each measurement in units of its scale, then age, lung disease and immunosuppression."""
    row = []
    for measurement, (usual, scale, *_) in WEIGHTS.items():
        values = series.get(measurement, [])
        level = mean([value for hour, value in values if hour >= 8], mean([value for _, value in values], usual))
        start = mean([value for hour, value in values if hour < 4], level)
        row += [(level - usual) / scale, (level - start) / scale]
    row += [(float(patient["age"]) - 60) / 20]
    row += [float(patient["chronic_lung_disease"]), float(patient["immunosuppressed"])]
    return row


def weights():
    row = []
    for _, _, level, rise in WEIGHTS.values():
        row += [level, rise]
    return row + [AGE_WEIGHT, LUNG_DISEASE_WEIGHT, IMMUNOSUPPRESSED_WEIGHT]


def read(folder):
    with open(folder / "patients.csv", newline="") as file:
        patients = list(csv.DictReader(file))
    series = {}
    with open(folder / "vitals.csv", newline="") as file:
        for row in csv.DictReader(file):
            for measurement in WEIGHTS:
                if row[measurement]:
                    values = series.setdefault(row["patient_id"], {}).setdefault(measurement, [])
                    values.append((int(row["hour"]), float(row[measurement])))
    return patients, series


def main(input_folder, output_folder):
    patients, series = read(Path(input_folder))
    with open(Path(output_folder) / "predictions.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["patient_id", "probability"])
        for patient in patients:
            row = features(patient, series.get(patient["patient_id"], {}))
            logit = INTERCEPT + sum(weight * value for weight, value in zip(weights(), row))
            writer.writerow([patient["patient_id"], f"{1 / (1 + math.exp(-logit)):.4f}"])
    print(f"scored {len(patients)} patients")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
