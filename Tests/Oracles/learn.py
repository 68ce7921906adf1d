"""The learning table: AVTS's curricula, L3-Net and random features, trained at equal numbers of steps and compared seed by seed.

    learn.py AVPREP FOLDER [--seeds 5] [--jobs 2] [--epochs 10] [--rows ROW,…] [--pretext-only]
             [--settings KEY=VALUE …]

AVPREP: the program; FOLDER: where to work, kept. What is done already is not done again, so that the same command continues after
a kill, and gives the same table. Writes FOLDER/table.md, FOLDER/table.json and FOLDER/learn.svg (accuracy on the validation
videos over epochs). Each seed divides the videos anew and draws pairs and weights of its own; differences are between rows of one
seed. Beside the table stands what is reached by knowing only which objects there are, or only when they strike (learn_oracles.py).
"""

import argparse
import concurrent.futures
import csv
import json
import math
import pathlib
import shutil
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import learn_report  # noqa: E402

PIPELINES = HERE.parents[1] / "pipelines"
# The stages of each row: name, pair set, share of the epochs. L3-Net's is its own.
ROWS = {
    "easy": [("easy", "easy", 1)],
    "mixed": [("mixed", "mixed", 1)],
    "hard": [("hard", "hard_mixed", 1)],
    "easy-mixed": [("easy", "easy", 0.5), ("curriculum", "mixed", 0.5)],
    "easy-hard": [("easy", "easy", 0.5), ("curriculum", "hard_mixed", 0.5)],
    "l3": [("l3", "l3", 1)],
    "random": [],
}
# As in quick-l3.yaml: with the others' optimiser it stays at chance.
L3 = [
    "train.recipe=l3", "train.model.frames=1", "train.model.spectrogram=mel", "train.model.fusion=128", "train.optimizer.kind=adam",
    "train.optimizer.lr=0.002", "train.optimizer.weight_decay=0.00001",
]
# Videos a kind that teach in fine-tuning.
FEW = (1, 2)
# Recordings a kind that teach the linear machine, others with each seed, and the first that tests it.
TEACHING, TESTING = 2, 10


class Failed(Exception):
    """A command did not do what it was asked; what it said."""


class Work:
    """The folder, the program, and how far the whole is."""

    def __init__(self, arguments):
        self.avprep = str(pathlib.Path(arguments.avprep).resolve())
        self.folder = pathlib.Path(arguments.folder).resolve()
        self.corpus, self.kinds, self.results = (self.folder / name for name in ("corpus", "kinds", "results"))
        self.settings = arguments.settings or []
        self.epochs, self.jobs, self.is_pretext_only = arguments.epochs, arguments.jobs, arguments.pretext_only
        self.lock, self.start, self.done, self.fresh = threading.Lock(), time.time(), 0, 0
        self.total = 0

    def avprep_run(self, folder, *arguments, sets=()):
        """Runs a command; its answer as text. Ends the whole with what it said where it fails."""
        command = [self.avprep, *arguments, "--quiet", *(part for value in [*self.settings, *sets] for part in ("--set", value))]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"learn: {' '.join(command)} in {folder} ended with {done.returncode}:\n{done.stderr[-2000:]}")
        return done.stdout

    def say(self, text, fresh=True):
        with self.lock:
            self.done += 1
            self.fresh += fresh
            left = (time.time() - self.start) / max(1, self.fresh) * (self.total - self.done) / 60
            print(f"[{self.done}/{self.total}] {text}; about {left:.0f} min left", flush=True)


def write(path, value):
    """Writes a result whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(value if isinstance(value, str) else json.dumps(value, indent=1, sort_keys=True) + "\n")
    temporary.replace(path)


# MARK: Preparation


def prepare(work, seeds):
    """Corpora, prepared files, shards and pair sets of each seed."""
    for name in ("learn",) if work.is_pretext_only else ("learn", "learn-kinds"):
        target = work.corpus if name == "learn" else work.kinds
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(PIPELINES / f"{name}.yaml", target / "avprep.yaml")
        print(f"preparing {target.name}: videos, prepared files, shards", flush=True)
        work.avprep_run(target, "synth", "videos")
        if name == "learn-kinds":
            label(work.kinds, seeds)
        work.avprep_run(target, "ingest")
    if not work.is_pretext_only:
        work.avprep_run(work.kinds, "shard")
    for seed in seeds:
        own = of_seed(seed)
        work.avprep_run(work.corpus, "shard", sets=own)
        work.avprep_run(work.corpus, "shard", sets=[*own, "shard.pairs.name=hard", "shard.pairs.hard_ratio=1"])
        work.avprep_run(
            work.corpus, "shard", sets=[*own, "shard.pairs.recipe=l3", "shard.pairs.clip_seconds=0", "shard.pairs.sound_seconds=1", "shard.pairs.hard_ratio=0"]
        )
        path = work.results / f"oracles-{seed}.json"
        if not path.exists():
            found = subprocess.run(
                [sys.executable, str(HERE / "learn_oracles.py"), str(work.corpus), f"shards-{seed}"], check=True, capture_output=True, text=True
            )
            write(path, json.loads(found.stdout))


def label(kinds, seeds):
    """The kind of each video's object as its label; every other video of a kind for fine-tuning, a few for the linear machine."""
    truth = json.loads((kinds / "videos/truth.json").read_text())
    videos, folds, count = [], {seed: [] for seed in seeds}, {}
    for video in truth["videos"]:
        kind = video["objects"][0]["kind"]
        number = count[kind] = count.get(kind, -1) + 1
        videos.append(("videos/" + video["file"], kind, "train" if number % 2 == 0 else "test"))
        for seed in seeds:
            if number // TEACHING == seed - 1 or number >= TESTING:
                folds[seed].append((video["file"], kind, "test" if number >= TESTING else "train"))
    write(kinds / "kinds.csv", "\n".join(["path,label,split", *map(",".join, videos)]) + "\n")
    for seed, rows in folds.items():
        write(kinds / f"folds-{seed}.csv", "\n".join(["path,label,fold", *map(",".join, rows)]) + "\n")


def of_seed(seed):
    return [f"seed={seed}", f"folders.shards=shards-{seed}"]


def at_once(name):
    """A lock of its own: the runs of a folder that are trained at the same time write nothing but their own folders."""
    return f"folders.lock=.lock-{name}"


# MARK: One row of one seed


def pretext(work, row, seed):
    """Trains and evaluates: accuracies on test and validation videos."""
    path = work.results / f"{row}-{seed}.json"
    if path.exists():
        return work.say(f"{row}, seed {seed}: done before", fresh=False)
    begin, name = time.time(), f"{row}-{seed}"
    stages = [f"{{name: {stage}, set: {pairs}, epochs: {max(1, round(share * work.epochs))}}}" for stage, pairs, share in ROWS[row]]
    own = [*of_seed(seed), at_once(name), f"train.name={name}", f"train.stages=[{', '.join(stages)}]", *(L3 if row == "l3" else [])]
    work.avprep_run(work.corpus, "train", sets=own)
    work.avprep_run(work.corpus, "evaluate", "--offset-clips", "0", sets=own)
    found = json.loads((work.corpus / "runs" / name / "evaluation.json").read_text())
    with open(work.corpus / "runs" / name / "metrics.csv") as file:
        epochs = [line for line in csv.DictReader(file) if line["report"] == "epoch"]
    write(
        path,
        {
            "test": {part["set"]: part["own_threshold"]["accuracy"] for part in found["conditions"]},
            "auc": {part["set"]: part["auc"] for part in found["conditions"]},
            "curve": {
                name: [float(line[key]) if line[key] else None for line in epochs]
                for name in ("easy", "hard", "l3")
                if epochs and (key := f"val_{name}_accuracy") in epochs[0]
            },
        },
    )
    accuracies = ", ".join(f"{part['set']} {part['own_threshold']['accuracy']:.1%}" for part in found["conditions"])
    work.say(f"{name}: {accuracies} ({time.time() - begin:.0f} s)")


def downstream(work, row, seed):
    """What the features of a run know of the kinds: a linear machine on sounds, and fine-tuning on a few videos."""
    path = work.results / f"kinds-{row}-{seed}.json"
    if path.exists():
        return work.say(f"kinds, {row}, seed {seed}: done before", fresh=False)
    begin, run = time.time(), f"easy-{seed}" if row == "random" else f"{row}-{seed}"
    features = work.folder / "features" / f"{row}-{seed}.h5"
    features.parent.mkdir(exist_ok=True)
    sets = [f"seed={seed}", at_once(f"kinds-{row}-{seed}")]
    work.avprep_run(
        work.corpus, "embed", str(work.kinds / "videos"), "--name", run, "--out", str(features), "--clips", "2", "--overwrite",
        *(["--random"] if row == "random" else []), sets=sets,
    )
    output = features.with_suffix(".classified")
    found = json.loads(
        work.avprep_run(
            work.corpus, "classify", "--features", str(features), "--manifest", str(work.kinds / f"folds-{seed}.csv"), "--out", str(output),
            "--json", sets=sets
        )
    )
    result = {"sound": found["features"]["folds"][0]["accuracy"]}
    for number in FEW:
        name = f"{row}-{seed}-{number}"
        fine = json.loads(
            work.avprep_run(
                work.kinds, "finetune", "--name", name, "--videos-per-class", str(number), "--json",
                *([] if row == "random" else ["--run", run]), sets=[*sets, "folders.runs=../corpus/runs"],
            )
        )
        result[f"videos-{number}"] = sum(split["accuracy"] for split in fine["splits"]) / len(fine["splits"])
    write(path, result)
    told = ", ".join(f"{key} {value:.1%}" for key, value in result.items())
    work.say(f"kinds, {row}, seed {seed}: {told} ({time.time() - begin:.0f} s)")


def at_a_time(work, tasks):
    """Does tasks, as many at a time as there are jobs; ends all with the first that fails."""
    with concurrent.futures.ThreadPoolExecutor(work.jobs) as pool:
        running = [pool.submit(task, work, row, seed) for task, row, seed in tasks]
        concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_EXCEPTION)
        failed = next((task.exception() for task in running if task.done() and task.exception()), None)
        if failed:
            pool.shutdown(cancel_futures=True)
            sys.exit(str(failed))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("avprep")
    parser.add_argument("folder")
    parser.add_argument("--seeds", type=int, default=5, choices=range(1, 6))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--rows", default=",".join(ROWS))
    parser.add_argument("--pretext-only", action="store_true")
    parser.add_argument("--settings", nargs="*")
    arguments = parser.parse_args()
    work = Work(arguments)
    seeds, rows = range(1, arguments.seeds + 1), arguments.rows.split(",")
    prepare(work, seeds)
    taught = [row for row in rows if ROWS[row]]
    work.total = len(seeds) * (len(taught) + (0 if work.is_pretext_only else len(rows)))
    work.start = time.time()
    # Seed by seed, so that a table of those that are done can be had early.
    for seed in seeds:
        at_a_time(work, [(pretext, row, seed) for row in taught])
        if not work.is_pretext_only:
            at_a_time(work, [(downstream, row, seed) for row in rows])
    learn_report.report(work.folder, rows, list(seeds), work.epochs)


if __name__ == "__main__":
    main()
