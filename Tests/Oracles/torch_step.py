"""Steps of AVTS training as a PyTorch user would write them, for `avprep-bench step`: MC3-18 and the audio network in eager mode, SGD,
contrastive loss.

torch_step.py SHARDS SET NETWORK ORDER LOADING PRECISION THREADS SECONDS     prints JSON: {steps, pairs, seconds}

NETWORK small | mc3-18, ORDER contiguous | channels-last, LOADING with | without, PRECISION float32 | bfloat16
"""

import contextlib
import json
import sys
import time

import torch
from torch import nn

import loaders

MEAN, DEVIATION = (0.43216, 0.394666, 0.37645), (0.22803, 0.22145, 0.216989)
NETWORKS = {
    "small": {"width": 8, "audio": 8, "crop": 48, "batch": 32, "embedding": 128, "keep_time": True},
    "mc3-18": {"width": 64, "audio": 64, "crop": 112, "batch": 8, "embedding": 128, "keep_time": False},
}


def unit(inputs, outputs, kernel, stride=1, padding=0, relu=True):
    three = len(kernel) == 3
    layers = [
        (nn.Conv3d if three else nn.Conv2d)(inputs, outputs, kernel, stride, padding, bias=False),
        (nn.BatchNorm3d if three else nn.BatchNorm2d)(outputs)]
    return nn.Sequential(*layers, *([nn.ReLU(inplace=True)] if relu else []))


class Block(nn.Module):
    def __init__(self, inputs, outputs, times, stride):
        super().__init__()
        kernel, padding, step = (times, 3, 3), (times // 2, 1, 1), (1, stride, stride)
        self.first = unit(inputs, outputs, kernel, step, padding)
        self.second = unit(outputs, outputs, kernel, 1, padding, relu=False)
        self.around = unit(inputs, outputs, (1, 1, 1), step, relu=False) if stride > 1 else nn.Identity()
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu(self.second(self.first(x)) + self.around(x))


class Head(nn.Module):
    def __init__(self, channels, times, embedding, keep_time):
        super().__init__()
        self.keep_time = keep_time
        self.layer = nn.Linear(channels * times if keep_time else channels, embedding)
        self.norm = nn.BatchNorm1d(embedding) if keep_time else nn.Identity()

    def forward(self, x):
        space = tuple(range(3, x.dim()))
        x = x.amax(space).flatten(1) if self.keep_time else x.mean((2,) + space)
        return 0.5 * nn.functional.normalize(self.norm(self.layer(x).float()), dim=1)


class Video(nn.Module):
    def __init__(self, net, frames):
        super().__init__()
        width, blocks, channels = net["width"], [], net["width"]
        for layer in range(4):
            for number in range(2):
                stride = 2 if layer > 0 and number == 0 else 1
                blocks.append(Block(channels, width << layer, 3 if layer == 0 else 1, stride))
                channels = width << layer
        self.layers = nn.Sequential(unit(3, width, (3, 7, 7), (1, 2, 2), (1, 3, 3)), *blocks)
        self.head = Head(channels, frames, net["embedding"], net["keep_time"])

    def forward(self, x):
        return self.head(self.layers(x))


class Audio(nn.Module):
    def __init__(self, net, rows):
        super().__init__()
        width, channels, layers = net["audio"], 1, []
        for number, growth in enumerate((1, 3, 6, 4, 4)):
            layers.append(unit(channels, width * growth, (3, 3), 1, 1))
            channels = width * growth
            if number in (1, 4):
                layers.append(nn.MaxPool2d(3, 2, 1))
        self.layers = nn.Sequential(*layers)
        self.head = Head(channels, (rows + 3) // 4, net["embedding"], net["keep_time"])

    def forward(self, x):
        return self.head(self.layers(x))


def main():
    folder, name, network, order, loading, precision, threads, seconds = sys.argv[1:]
    torch.set_num_threads(int(threads))
    net, last = NETWORKS[network], order == "channels-last"
    shards = loaders.Shards(folder, name, net["crop"])
    video, audio = Video(net, shards.count), Audio(net, shards.length)
    if last:
        video, audio = video.to(memory_format=torch.channels_last_3d), audio.to(memory_format=torch.channels_last)
    parameters = [*video.parameters(), *audio.parameters()]
    optimizer = torch.optim.SGD(parameters, lr=0.01, momentum=0.9, weight_decay=1e-4)
    mean, deviation = (torch.tensor(v).view(3, 1, 1, 1) for v in (MEAN, DEVIATION))

    def step(batch):
        pictures, rows, labels = batch
        clips = (pictures.permute(0, 4, 1, 2, 3).float() / 255 - mean) / deviation
        rows = rows.contiguous(memory_format=torch.channels_last) if last else rows
        clips = clips.contiguous(memory_format=torch.channels_last_3d if last else torch.contiguous_format)
        cast = torch.autocast("cpu", torch.bfloat16) if precision == "bfloat16" else contextlib.nullcontext()
        optimizer.zero_grad()
        with cast:
            seen, heard = video(clips), audio(rows)
        squares = (seen - heard).pow(2).sum(1)
        labels = labels.float()
        apart = torch.relu(0.99 - squares.clamp_min(1e-12).sqrt()).pow(2)
        loss = (labels * squares + (1 - labels) * apart).mean()
        loss.backward()
        optimizer.step()
        return loss.item()

    def batches():
        loader = torch.utils.data.DataLoader(
            shards, batch_size=net["batch"], num_workers=int(threads) if loading == "with" else 0, shuffle=True,
            drop_last=True, persistent_workers=loading == "with")
        if loading == "without":
            batch = next(iter(loader))
            while True:
                yield batch
        while True:
            yield from loader

    source = batches()
    for _ in range(2):
        step(next(source))
    start, steps = time.perf_counter(), 0
    while time.perf_counter() - start < float(seconds):
        step(next(source))
        steps += 1
    print(json.dumps({"steps": steps, "pairs": steps * net["batch"], "seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
