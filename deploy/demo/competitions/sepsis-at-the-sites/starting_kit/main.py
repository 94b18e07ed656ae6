"""The baseline: the faster the breathing, the higher the risk."""

import csv
import math
import sys
from pathlib import Path


def main(input_folder, output_folder):
    last_rate = {}
    with open(Path(input_folder) / "vitals.csv", newline="") as file:
        for row in csv.DictReader(file):
            rate = row["respiratory_rate"]
            last_rate[row["patient_id"]] = float(rate) if rate else last_rate.get(row["patient_id"], 17.0)
    output = Path(output_folder)
    output.mkdir(parents=True, exist_ok=True)
    with open(output / "predictions.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["patient_id", "probability"])
        for patient_id, rate in last_rate.items():
            writer.writerow([patient_id, f"{1 / (1 + math.exp(-(rate - 23) / 3)):.4f}"])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
