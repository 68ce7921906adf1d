"""CPU seconds that librosa takes for kinds of spectrograms: librosa_cost.py SECONDS KINDS_JSON.

Each kind is an object of librosa's words as avprep stores them. Prints {name: seconds}, the least of three.
"""

import json
import sys
import time

import librosa
import numpy as np


def compute(y, w):
    words = dict(
        n_fft=w["n_fft"], hop_length=w["hop_length"], win_length=w["win_length"], window=w["window"],
        center=w["center"])
    if w["kind"] == "mel":
        norm = {"none": None, "1": 1, "2": 2, "inf": np.inf}.get(w["norm"], w["norm"])
        S = librosa.feature.melspectrogram(
            y=y, sr=w["sr"], power=w["power"], n_mels=w["n_mels"], fmin=w["fmin"], fmax=w["fmax"], htk=w["htk"],
            norm=norm, **words)
    else:
        S = np.abs(librosa.stft(y, **words))
        if w["power"] == 2:
            S = S**2
    if w["log"] == "none":
        return S
    if w["log"] == "power_to_db":
        return librosa.power_to_db(S, amin=w["amin"], top_db=w.get("top_db"))
    if w["log"] == "amplitude_to_db":
        return librosa.amplitude_to_db(S, amin=w["amin"], top_db=w.get("top_db"))
    return np.log(np.maximum(S, w.get("amin", 1e-10)))


def main():
    seconds = float(sys.argv[1])
    found = {}
    for w in json.loads(sys.argv[2]):
        y = np.random.default_rng(1).uniform(-0.5, 0.5, int(seconds * w["sr"])).astype(np.float32)
        times = []
        for _ in range(3):
            start = time.process_time()
            compute(y, w)
            times.append(time.process_time() - start)
        found[w["name"]] = min(times)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
