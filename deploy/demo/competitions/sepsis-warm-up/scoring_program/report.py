"""The detailed results: one self-contained page with two drawings, no script and nothing loaded from elsewhere."""

from metrics import roc_curve

SIZE = 320
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Detailed results</title>
<style>
  :root {{ color-scheme: light dark; }}
  body {{ font: 15px/1.5 system-ui, sans-serif; margin: 1.5rem; max-width: 46rem; }}
  figure {{ display: inline-block; margin: 0 1.5rem 1.5rem 0; }}
  figcaption {{ font-weight: 600; }}
  svg {{ width: 20rem; height: 20rem; max-width: 100%; }}
  .frame, .chance {{ fill: none; stroke: #8896a8; }}
  .chance {{ stroke-dasharray: 4 4; }}
  .curve {{ fill: none; stroke: #0f7c8a; stroke-width: 2.5; }}
  .bin {{ fill: #0f7c8a; }}
  td, th {{ padding: .2rem 1rem .2rem 0; text-align: left; }}
</style>
<h1>Detailed results</h1>
<table>{rows}</table>
<figure><figcaption>Receiver operating characteristic</figcaption>{roc}</figure>
<figure><figcaption>Calibration: observed share by predicted probability</figcaption>{calibration}</figure>
<p>Patients: {patients}, with sepsis: {cases}.</p>
</html>
"""
NAMES = {"auroc": "AUROC", "sensitivity": "Sensitivity at 90 % specificity", "brier": "Brier score"}


def render_report(scores, outcomes, probabilities):
    return PAGE.format(
        rows="".join(f"<tr><th>{NAMES[key]}</th><td>{value:.4f}</td></tr>" for key, value in scores.items()),
        roc=drawing(f'<polyline class="curve" points="{path(roc_curve(outcomes, probabilities))}"/>'),
        calibration=drawing("".join(bubbles(outcomes, probabilities))),
        patients=len(outcomes),
        cases=sum(outcomes),
    )


def drawing(content):
    return (
        f'<svg viewBox="-4 -4 {SIZE + 8} {SIZE + 8}" role="img"><rect class="frame" width="{SIZE}" height="{SIZE}"/>'
        f'<line class="chance" x1="0" y1="{SIZE}" x2="{SIZE}" y2="0"/>{content}</svg>'
    )


def place(x, y):
    return f"{x * SIZE:.1f}", f"{(1 - y) * SIZE:.1f}"


def path(points):
    return " ".join(",".join(place(x, y)) for x, y in points)


def bubbles(outcomes, probabilities, bins=10):
    """One circle per tenth of the probability scale; its area follows the number of patients in it."""
    for index in range(bins):
        members = [(p, y) for p, y in zip(probabilities, outcomes) if min(int(p * bins), bins - 1) == index]
        if members:
            x, y = place(sum(p for p, _ in members) / len(members), sum(y for _, y in members) / len(members))
            yield f'<circle class="bin" cx="{x}" cy="{y}" r="{3 + 14 * (len(members) / len(outcomes)) ** 0.5:.1f}"/>'
