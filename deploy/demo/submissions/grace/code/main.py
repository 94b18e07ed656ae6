"""Grace's entry: the points a nurse would give at the bedside in the last hour, and nothing else."""

import csv
import math
import sys
from pathlib import Path

# (measurement, [(exclusive upper bound, points), ...]): the first bound above the value decides.
POINTS = {
    "heart_rate": [(41, 3), (51, 1), (91, 0), (111, 1), (131, 2), (math.inf, 3)],
    "respiratory_rate": [(9, 3), (12, 1), (21, 0), (25, 2), (math.inf, 3)],
    "temperature": [(35.1, 3), (36.1, 1), (38.1, 0), (39.1, 1), (math.inf, 2)],
    "systolic_pressure": [(91, 3), (101, 2), (111, 1), (220, 0), (math.inf, 3)],
    "oxygen_saturation": [(92, 3), (94, 2), (96, 1), (math.inf, 0)],
}


def points(measurement, value):
    return next(score for bound, score in POINTS[measurement] if value < bound)


def main(input_folder, output_folder):
    last_seen = {}
    with open(Path(input_folder) / "vitals.csv", newline="") as file:
        for row in csv.DictReader(file):
            patient = last_seen.setdefault(row["patient_id"], {})
            for measurement in POINTS:
                if row[measurement]:
                    patient[measurement] = float(row[measurement])
    with open(Path(output_folder) / "predictions.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["patient_id", "probability"])
        for patient_id, patient in last_seen.items():
            score = sum(points(measurement, value) for measurement, value in patient.items())
            writer.writerow([patient_id, f"{1 / (1 + math.exp(3.0 - 0.55 * score)):.4f}"])
    print(f"scored {len(last_seen)} patients")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
