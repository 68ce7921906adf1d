"""The pairs of a folder of shards as careful users of other loaders would read them, for `avprep-bench loader`.

Three candidates on the same samples: h5py with PyTorch's DataLoader, WebDataset, and MosaicML streaming. Each decodes JPEG with
simplejpeg (libjpeg-turbo's scaled decoding where it saves work), crops, scales with OpenCV, mirrors half of the clips, and takes
mean and deviation out of the spectrogram. Batches are uint8 [N, T, S, S, 3] and float32 [N, 1, F, B], as avprep's.

loaders.py SHARDS SET CROP BATCH THREADS EPOCHS FOLDER     prints JSON: a list of {name, seconds, cpu_seconds, pairs, peak_mib}
"""

import glob
import io
import json
import os
import resource
import sys
import tarfile
import time
import types
import importlib.abc
import importlib.machinery
from unittest.mock import MagicMock

import cv2
import h5py
import numpy
import simplejpeg
import torch
import webdataset

SCALE = (0.75, 1.0)


class CloudStubs(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """MosaicML streaming imports the kits of all clouds; local files need none of them."""

    names = ("transformers", "google", "azure", "oci", "databricks")

    def find_spec(self, name, path, target=None):
        if name.split(".")[0] in self.names:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        module = types.ModuleType(spec.name)
        module.__path__ = []

        def attribute(name):
            if name.startswith("__"):
                raise AttributeError(name)
            return MagicMock()

        module.__getattr__ = attribute
        return module

    def exec_module(self, module):
        pass


def crop_of(width, height, random):
    shorter = min(width, height)
    side = max(1, min(shorter, round(shorter * random.uniform(*SCALE))))
    return random.integers(0, width - side + 1), random.integers(0, height - side + 1), side, random.random() < 0.5


def read_frame(data, shape, crop, size, out):
    """One stored frame, cropped and scaled into `out`."""
    x, y, side, flip = crop
    if shape is None:
        height, width, _, _ = simplejpeg.decode_jpeg_header(data)
        # The least scale that leaves enough pixels in the crop, of those that libjpeg-turbo decodes in vector code: others take
        # longer than the whole picture.
        least = next((scale for scale in (1, 2, 4) if side * scale >= size * 8), 8)
        image = simplejpeg.decode_jpeg(
            data, min_height=-(-height * least // 8), min_width=-(-width * least // 8), min_factor=8 / least)
        factor = image.shape[0] / height
        x, y, side = round(x * factor), round(y * factor), round(side * factor)
    else:
        image = numpy.frombuffer(data, numpy.uint8).reshape(shape)
    part = image[y : y + side, x : x + side]
    part = cv2.resize(part, (size, size), interpolation=cv2.INTER_AREA if side > size else cv2.INTER_LINEAR)
    out[:] = part[:, ::-1] if flip else part


class Sample:
    """What one pair is made of, and how it becomes arrays."""

    def __init__(self, about, size):
        self.frames, self.shape, self.size = about["frames"], about["shape"], size
        self.width, self.height = about["width"], about["height"]
        self.mean, self.deviation = numpy.float32(about["mean"]), numpy.float32(about["deviation"])
        self.random = None

    def __call__(self, frames, rows, label):
        if self.random is None:
            self.random = numpy.random.default_rng(os.getpid())
        crop = crop_of(self.width, self.height, self.random)
        clip = numpy.empty((self.frames, self.size, self.size, 3), numpy.uint8)
        for frame, out in zip(frames, clip):
            read_frame(frame, self.shape, crop, self.size, out)
        rows = (numpy.asarray(rows, numpy.float32) - self.mean) / self.deviation
        return torch.from_numpy(clip), torch.from_numpy(rows[None]), label


class Shards(torch.utils.data.Dataset):
    """The pairs of a set, read with h5py."""

    def __init__(self, folder, name, size):
        self.paths = sorted(glob.glob(f"{folder}/train-[0-9]*[0-9].h5"))
        self.name, self.files, self.rows = name, None, []
        with open(f"{folder}/index.json") as file:
            index = json.load(file)
        for shard, path in enumerate(self.paths):
            with h5py.File(path) as file:
                pairs, segments = file[f"pairs/{name}"], file["segments"]
                layout, spectrogram = json.loads(file.attrs["layout_json"]), file["audio/mel"]
                fps = float(layout["fps"])
                rate = float(spectrogram.attrs["frames_per_second"])
                self.count = round(float(pairs.attrs["clip_seconds"]) * fps)
                self.length = round(float(pairs.attrs["clip_seconds"]) * rate)
                table = [pairs[key][:] for key in ("video_segment", "video_start_frame", "audio_segment",
                                                   "audio_start_seconds", "label")]
                first, rows = segments["frame_first"][:], segments["mel_first"][:]
                for picture, start, sound, seconds, label in zip(*table):
                    self.rows.append((shard, first[picture] + start, rows[sound] + round(seconds * rate), label))
                width, height = segments["width"][0], segments["height"][0]
                raw = layout["frame_codec"] == "raw"
        about = index["normalization"]["mel"]
        self.sample = Sample(
            {"frames": self.count, "shape": (height, width, 3) if raw else None, "width": int(width),
             "height": int(height), "mean": about["mean"], "deviation": about["std"]}, size)

    def __len__(self):
        return len(self.rows)

    def stored(self, number):
        if self.files is None:
            self.files = [h5py.File(path) for path in self.paths]
            self.ends = [file["frames/offsets"][:] for file in self.files]
        shard, frame, row, label = self.rows[number]
        file, ends = self.files[shard], self.ends[shard][frame : frame + self.count + 1]
        data = file["frames/bytes"][ends[0] : ends[-1]]
        frames = [data[a - ends[0] : b - ends[0]] for a, b in zip(ends, ends[1:])]
        return frames, file["audio/mel"][row : row + self.length], int(label)

    def __getitem__(self, number):
        frames, rows, label = self.stored(number)
        return self.sample([frame.data for frame in frames], rows, label)


def write_webdataset(shards, folder):
    """One member a frame, as WebDataset's users store short clips."""
    def member(tar, name, data):
        info = tarfile.TarInfo(name)
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))

    os.makedirs(folder)
    parts = 4
    for part in range(parts):
        with tarfile.open(f"{folder}/{part:05d}.tar", "w") as tar:
            for number in range(part, len(shards), parts):
                frames, rows, label = shards.stored(number)
                for index, frame in enumerate(frames):
                    member(tar, f"{number:06d}.{index:02d}.bin", frame.tobytes())
                buffer = io.BytesIO()
                numpy.save(buffer, rows)
                member(tar, f"{number:06d}.mel.npy", buffer.getvalue())
                member(tar, f"{number:06d}.label", str(label).encode())


def open_webdataset(shards, folder):
    def sample(item):
        frames = [item[f"{index:02d}.bin"] for index in range(shards.count)]
        return shards.sample(frames, numpy.load(io.BytesIO(item["mel.npy"])), int(item["label"]))

    paths = sorted(glob.glob(f"{folder}/*.tar"))
    return webdataset.WebDataset(paths, shardshuffle=len(paths)).shuffle(64).map(sample)


def write_streaming(shards, folder):
    from streaming import MDSWriter

    columns = {"frames": "bytes", "ends": "ndarray:int64", "mel": "ndarray:float32", "label": "int"}
    with MDSWriter(out=folder, columns=columns) as writer:
        for number in range(len(shards)):
            frames, rows, label = shards.stored(number)
            writer.write({
                "frames": b"".join(frame.tobytes() for frame in frames),
                "ends": numpy.cumsum([0] + [len(frame) for frame in frames]),
                "mel": numpy.asarray(rows, numpy.float32), "label": label})


def open_streaming(shards, folder, batch):
    from streaming import StreamingDataset

    class Pairs(StreamingDataset):
        def __getitem__(self, number):
            item = super().__getitem__(number)
            data, ends = memoryview(item["frames"]), item["ends"]
            return shards.sample([data[a:b] for a, b in zip(ends, ends[1:])], item["mel"], item["label"])

    return Pairs(local=folder, shuffle=True, batch_size=batch)


def cpu_seconds():
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)))


def measure(name, dataset, batch, threads, epochs, shuffle):
    def load():
        # One worker and no process beside it is what one thread does; workers belong to more.
        return torch.utils.data.DataLoader(
            dataset, batch_size=batch, num_workers=threads if threads > 1 else 0, shuffle=shuffle or None)

    start, cpu, pairs = time.perf_counter(), cpu_seconds(), 0
    for _ in range(epochs):
        for pictures, _, _ in load():
            pairs += len(pictures)
    return {
        "name": name, "seconds": time.perf_counter() - start, "cpu_seconds": cpu_seconds() - cpu, "pairs": pairs,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def main():
    folder, name, crop, batch, threads, epochs, work = sys.argv[1:]
    crop, batch, threads, epochs = int(crop), int(batch), int(threads), int(epochs)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    sys.meta_path.append(CloudStubs())
    library = torch.library.Library("torchvision", "DEF")
    for operator in ("nms(Tensor a, Tensor b, float c) -> Tensor", "qnms(Tensor a, Tensor b, float c) -> Tensor"):
        library.define(operator)
    shards = Shards(folder, name, crop)
    if not os.path.exists(f"{work}/webdataset"):
        write_webdataset(shards, f"{work}/webdataset")
        write_streaming(shards, f"{work}/streaming")
        shards.files = None
    candidates = [
        ("h5py + DataLoader", shards, True),
        ("WebDataset", open_webdataset(shards, f"{work}/webdataset"), False),
        ("MosaicML streaming", open_streaming(shards, f"{work}/streaming", batch), False),
    ]
    print(json.dumps([measure(name, dataset, batch, threads, epochs, shuffle) for name, dataset, shuffle in candidates]))


if __name__ == "__main__":
    main()
