"""What mixtures of practice sounds allow: SDR of spectra that are right, and of such that are a little wrong, with the
mixture's phase.

    separation_bounds.py VIDEOS [MIXTURES]

VIDEOS: a folder of the practice corpus. Windows, levels and mixtures are those of pipelines/quick-separate.yaml. An error is
drawn for each bin of both sounds, with a standard deviation of 8 dB.
"""

import pathlib
import subprocess
import sys

import numpy

WINDOW, STEP, WINDOWS, RATE, ERROR = 512, 256, 64, 16_000, 8
COUNT = (WINDOWS - 1) * STEP + WINDOW
HANN = 0.5 - 0.5 * numpy.cos(2 * numpy.pi * numpy.arange(WINDOW) / WINDOW)


def sound(path):
    decoded = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", path, "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"],
        check=True, capture_output=True)
    return numpy.frombuffer(decoded.stdout, numpy.float32).astype(float)


def spectrum(samples):
    return numpy.fft.rfft([samples[n * STEP:n * STEP + WINDOW] * HANN for n in range(WINDOWS)])


def heard(values):
    samples, weights = numpy.zeros(COUNT), numpy.zeros(COUNT)
    for number, frame in enumerate(numpy.fft.irfft(values, WINDOW)):
        samples[number * STEP:number * STEP + WINDOW] += frame * HANN
        weights[number * STEP:number * STEP + WINDOW] += HANN**2
    return samples / numpy.maximum(weights, 0.1)


def ratio(reference, estimate):
    part = (reference @ estimate) / (reference @ reference) * reference
    return 10 * numpy.log10((part @ part) / ((estimate - part) @ (estimate - part)))


def main():
    videos = sorted(pathlib.Path(sys.argv[1]).glob("*.mp4"))[-40:]
    sounds = [sound(video) for video in videos]
    random = numpy.random.default_rng(1)
    rows, quiet = [], []
    for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 100):
        parts = []
        for chosen in random.choice(len(sounds), 2, replace=False):
            first = random.integers(0, len(sounds[chosen]) - COUNT)
            part = sounds[chosen][first:first + COUNT]
            parts.append(part * 0.1 / numpy.sqrt((part**2).mean()))
        own, other = (numpy.abs(spectrum(part)) + 1e-9 for part in parts)
        mixture = spectrum(parts[0] + parts[1])
        wrong = [10 ** (random.normal(size=own.shape) * ERROR / 20) for _ in range(2)]
        quiet.append((20 * numpy.log10(own) < -20).mean())
        rows.append(
            [ratio(parts[0], parts[0] + parts[1])]
            + [
                ratio(parts[0], heard(values))
                for a, b in ((own, other), (own * wrong[0], other * wrong[1]))
                for values in (a * numpy.exp(1j * numpy.angle(mixture)), mixture * a**2 / (a**2 + b**2))
            ])
    mean = numpy.mean(rows, axis=0)
    print(f"{len(rows)} mixtures: SDR {mean[0]:.1f} dB; {100 * numpy.mean(quiet):.0f} % of the bins are below -20 dB")
    print(f"right spectra: {mean[1]:.1f} dB, as shares of the mixture {mean[2]:.1f} dB")
    print(f"wrong by {ERROR} dB: {mean[3]:.1f} dB, as shares of the mixture {mean[4]:.1f} dB")


main()
