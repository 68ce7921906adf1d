"""Where T-CAM's answers come from on test videos of the practice corpus of time's arrow: the planted bars, or what moves.

    arrow_map.py AVPREP WORKSPACE RUN CROPPED [SETTING…]

AVPREP: the program; WORKSPACE: a folder with avprep.yaml, videos/ with truth.json, shards and runs/RUN; CROPPED: whether the
bars were cropped, yes or no; SETTING: key=value, those of the run. Looked at are videos whose camera stands still, since the
truth's places are those of the file, and clips in which something moves. Heat is what of the map is above 0, drawn linearly
between the middles of its cells. Its share on things (in the box that one has in any frame of the clip) and in bars stands
beside their share of the area, which heat that lies anywhere would have; and that in bars beside that in the same place of
videos that have none.
"""

import json
import pathlib
import subprocess
import sys

import h5py
import numpy

GRID = 48
# Of videos without bars: as deep as bars are.
USUAL = 17


def drawn(rows):
    """What of a map is above 0, on the grid."""
    values = numpy.asarray(rows, dtype=float)

    def taps(cells):
        place = (numpy.arange(GRID) + 0.5) / GRID * cells - 0.5
        first = numpy.clip(numpy.floor(place).astype(int), 0, cells - 1)
        return first, numpy.minimum(first + 1, cells - 1), numpy.clip(place - first, 0, 1)

    first, following, share = taps(values.shape[0])
    values = values[first] * (1 - share)[:, None] + values[following] * share[:, None]
    first, following, share = taps(values.shape[1])
    values = values[:, first] * (1 - share) + values[:, following] * share
    return numpy.maximum(values, 0)


def main():
    avprep, workspace, run, cropped = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3], sys.argv[4] == "yes"
    settings = [part for setting in sys.argv[5:] for part in ("--set", setting)]
    shards = next((s.split("=", 1)[1] for s in sys.argv[5:] if s.startswith("folders.shards=")), "shards")
    truth = json.loads((workspace / "videos/truth.json").read_text())
    names = set()
    for shard in sorted((workspace / shards).glob("test-*.h5")):
        if "." in shard.stem:
            continue
        with h5py.File(shard) as file:
            names |= {pathlib.Path(source).name for source in file["segments/source"].asstr()[:]}
    videos = []
    for video in truth["videos"]:
        kinds = {cue["cue"]: cue for cue in video["cues"]}
        if video["file"] in names and not kinds.keys() & {"pan", "zoom"}:
            videos.append((video, kinds.get("black-bars")))
    arguments = [avprep, "localise", "--name", run, "--hop", "0.25", "--no-video", "--maps", "--quiet", "--json", *settings]
    arguments += [f"videos/{video['file']}" for video, _ in videos]
    outcomes = json.loads(subprocess.run(arguments, cwd=workspace, check=True, capture_output=True).stdout)
    width, height, fps = (truth["settings"][key] for key in ("width", "height", "fps"))
    # Seconds of pictures of a clip: shard.pairs.clip_seconds.
    reach = 0.8125 / 2
    # Of clips of videos with bars and without: shares of heat and of area in the bars' place and on things, whether the peak is
    # there, and chance.
    found = {True: [], False: []}
    for (video, bars), outcome in zip(videos, outcomes):
        report = outcome["report"]
        if report is None:
            print(f"{video['file']}: {outcome['failure']}", file=sys.stderr)
            continue
        margin = bars or dict.fromkeys(("left", "top", "right", "bottom"), 0)
        if not cropped:
            margin = dict.fromkeys(margin, 0)
        left, top = margin["left"], margin["top"]
        shown = (width - left - margin["right"], height - top - margin["bottom"])
        side = report["crop_share"] * min(shown)
        x = left + (shown[0] - side) / 2 + (numpy.arange(GRID) + 0.5) / GRID * side
        y = top + (shown[1] - side) / 2 + (numpy.arange(GRID) + 0.5) / GRID * side
        place = bars or dict(left=0, right=0, top=USUAL, bottom=USUAL)
        framed = ~(
            ((y >= place["top"]) & (y < height - place["bottom"]))[:, None]
            & ((x >= place["left"]) & (x < width - place["right"]))[None, :])
        for clip in report["clips"]:
            first, last = ((clip["seconds"] + sign * reach) * fps for sign in (-1, 1))
            moving = numpy.zeros((GRID, GRID), bool)
            for thing in video["things"]:
                for box in thing["boxes"]:
                    if first <= box[0] <= last:
                        moving |= ((y >= box[2]) & (y < box[4]))[:, None] & ((x >= box[1]) & (x < box[3]))[None, :]
            heat = drawn(clip["map"])
            # Where nothing moves or speaks for the answer, no map can say what does.
            if not moving.any() or heat.sum() == 0:
                continue
            column = numpy.abs(x - left - clip["x"] * shown[0]).argmin()
            row = numpy.abs(y - top - clip["y"] * shown[1]).argmin()
            found[bars is not None].append(
                (heat[framed].sum() / heat.sum(), framed.mean(), heat[moving].sum() / heat.sum(), moving.mean(),
                 moving[row, column], framed[row, column]))
    for has_bars, rows in found.items():
        if not rows:
            continue
        mean = 100 * numpy.mean(numpy.array(rows, float), axis=0)
        what = "with black framing" if has_bars else "without"
        text = f"{what}, {len(rows)} clips: heat on what moves {mean[2]:.1f} % (area {mean[3]:.1f} %), "
        text += f"peak on it {mean[4]:.1f} %"
        if not cropped:
            text += f"; heat where bars are {mean[0]:.1f} % (area {mean[1]:.1f} %), peak there {mean[5]:.1f} %"
        print(text)


main()
