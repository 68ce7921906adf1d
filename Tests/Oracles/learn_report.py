"""Table and figure of learn.py: means over seeds, their spread, and differences seed by seed."""

import json
import math
import statistics

# The 0.975 quantile of Student's t with so many degrees of freedom.
STUDENT = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}
NAMES = {
    "easy": "easy only",
    "mixed": "75/25 from the start",
    "hard": "hard only",
    "easy-mixed": "easy, then 75/25",
    "easy-hard": "easy, then hard",
    "l3": "L3-Net",
    "random": "random features",
}
# AVTS's table of pretext tasks: accuracy on easy negatives (Korbar, Tran, Torresani, NeurIPS 2018).
PAPER = {"easy": 69.0, "mixed": 58.9, "hard": 52.3, "easy-mixed": 78.4, "easy-hard": 65.7}
COLOURS = {"easy": "#0072b2", "mixed": "#e69f00", "hard": "#d55e00", "easy-mixed": "#009e73", "easy-hard": "#cc79a7", "l3": "#7f7f7f"}


def interval(values):
    """Mean and half the width of its 95 % interval."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, float("nan")
    return mean, STUDENT[len(values) - 1] * statistics.stdev(values) / math.sqrt(len(values))


def percent(values):
    if not values:
        return "–"
    mean = statistics.fmean(values)
    spread = f" ± {100 * statistics.stdev(values):.1f}" if len(values) > 1 else ""
    return f"{100 * mean:.1f} %{spread}"


def rows_of(lines):
    width = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    text = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(line, width)) + " |" for line in lines]
    return "\n".join([text[0], "|" + "|".join("-" * (w + 2) for w in width) + "|", *text[1:]])


def report(folder, rows, seeds, epochs):
    """Writes table.md, table.json and learn.svg, and prints the table."""
    results = folder / "results"

    def read(name):
        path = results / f"{name}.json"
        return json.loads(path.read_text()) if path.exists() else {}

    runs = {row: [read(f"{row}-{seed}") for seed in seeds] for row in rows}
    kinds = {row: [read(f"kinds-{row}-{seed}") for seed in seeds] for row in rows}
    oracles = [read(f"oracles-{seed}") for seed in seeds]

    def test(row, name):
        name = "l3" if row == "l3" and name == "easy" else name
        return [run["test"][name] for run in runs[row] if name in run.get("test", {})]

    lines = [["trained on", "easy negatives", "hard negatives", "the paper, easy", "2 sounds a kind", "1 video a kind", "2 videos a kind"]]
    for row in rows:
        told = [percent([k[key] for k in kinds[row] if key in k]) for key in ("sound", "videos-1", "videos-2")]
        paper = f"{PAPER[row]} %" if row in PAPER else "–"
        lines.append([NAMES[row], percent(test(row, "easy")), percent(test(row, "hard")), paper, *told])
    text = [f"Accuracy, mean and standard deviation of {len(seeds)} seeds, {epochs} epochs each; chance is 50 %, of kinds 12.5 %.", "", rows_of(lines)]

    knows = [["who knows", "easy negatives", "hard negatives"]]
    for kind, words in (("semantics", "which objects there are"), ("timing", "when something strikes"), ("both", "both")):
        knows.append([words, *(percent([o[kind][name] for o in oracles if o]) for name in ("easy", "hard"))])
    text += ["", rows_of(knows)]

    best = "easy-mixed"
    differences = [[f"{NAMES[best]}, less", "easy negatives", "hard negatives", "2 sounds a kind", "1 video a kind", "2 videos a kind"]]
    for row in rows:
        if row == best or best not in rows:
            continue
        cells = []
        for name in ("easy", "hard"):
            cells.append(difference(test(best, name), test(row, name)))
        for key in ("sound", "videos-1", "videos-2"):
            cells.append(difference(*([k[key] for k in kinds[which] if key in k] for which in (best, row))))
        differences.append([NAMES[row], *cells])
    text += ["", "Differences in points, seed by seed, with the 95 % interval of their mean.", "", rows_of(differences), ""]
    (folder / "table.md").write_text("\n".join(text))
    (folder / "table.json").write_text(json.dumps({"runs": runs, "kinds": kinds, "oracles": oracles}, indent=1, sort_keys=True) + "\n")
    (folder / "learn.svg").write_text(figure({row: runs[row] for row in rows if row != "random"}))
    print("\n".join(text))


def difference(first, second):
    if not first or len(first) != len(second):
        return "–"
    mean, half = interval([a - b for a, b in zip(first, second)])
    return f"{100 * mean:+.1f} ({100 * (mean - half):+.1f} to {100 * (mean + half):+.1f})" if half == half else f"{100 * mean:+.1f}"


# MARK: Figure


def figure(runs):
    """Accuracy on validation videos over epochs, mean of the seeds: easy negatives left, hard ones right."""
    width, height, left, top, gap = 360, 260, 48, 40, 60
    total = left + 2 * width + gap + 150
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total} {top + height + 50}" font-family="sans-serif" font-size="12">',
        f'<rect width="{total}" height="{top + height + 50}" fill="white"/>',
    ]
    for panel, name in enumerate(("easy", "hard")):
        x0 = left + panel * (width + gap)
        curves = {}
        for row, seeds in runs.items():
            key = "l3" if row == "l3" and name == "easy" else name
            own = [run["curve"][key] for run in seeds if key in run.get("curve", {})]
            if own:
                points = [[v for v in values if v is not None] for values in zip(*own)]
                curves[row] = [statistics.fmean(values) if values else None for values in points]
        epochs = max((len(curve) for curve in curves.values()), default=1)

        def place(epoch, value):
            return x0 + epoch / epochs * width, top + (1 - (value - 0.4) / 0.6) * height

        out.append(f'<text x="{x0}" y="{top - 14}" font-size="14" font-weight="bold">{name} negatives</text>')
        for tick in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
            _, y = place(0, tick)
            dash = ' stroke-dasharray="4 3"' if tick == 0.5 else ""
            out.append(f'<line x1="{x0}" x2="{x0 + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="{"#666" if tick == 0.5 else "#ddd"}"{dash}/>')
            out.append(f'<text x="{x0 - 6}" y="{y + 4:.1f}" text-anchor="end" fill="#333">{100 * tick:.0f} %</text>')
        for epoch in range(0, epochs + 1, max(1, epochs // 6)):
            x, _ = place(epoch, 0.4)
            out.append(f'<text x="{x:.1f}" y="{top + height + 18}" text-anchor="middle" fill="#333">{epoch}</text>')
        out.append(f'<text x="{x0 + width / 2}" y="{top + height + 38}" text-anchor="middle" fill="#333">epochs</text>')
        for row, curve in curves.items():
            points = " ".join("{:.1f},{:.1f}".format(*place(epoch + 1, value)) for epoch, value in enumerate(curve) if value is not None)
            out.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[row]}" stroke-width="2"/>')
    for number, row in enumerate(runs):
        y = top + 10 + 22 * number
        x = left + 2 * width + gap + 14
        out.append(f'<line x1="{x}" x2="{x + 22}" y1="{y}" y2="{y}" stroke="{COLOURS[row]}" stroke-width="3"/>')
        out.append(f'<text x="{x + 28}" y="{y + 4}">{NAMES[row]}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"
