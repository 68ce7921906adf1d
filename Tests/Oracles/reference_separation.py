"""Owens & Efros's u-net for on- and off-screen sound (ECCV 2018, section 5) in PyTorch, written from the paper's description and
that of the u-net which it names (Isola et al., CVPR 2017), for the trainer's to be compared with.

    python reference_separation.py OUT.safetensors

writes what reference_networks.py writes, for a narrow network with features and for one without, and their losses.
"""

import sys

import torch
from torch import nn
import torch.nn.functional as F
from safetensors.torch import save_file


def same(x, stride):
    """TensorFlow's SAME padding of a 4 x 4 kernel, by its definition; the last dimension first, as torch counts."""
    pads = []
    for size, s in zip(reversed(x.shape[2:]), reversed(stride)):
        total = max((-(-size // s) - 1) * s + 4 - size, 0)
        pads += [total // 2, total - total // 2]
    return pads


class Down(nn.Sequential):
    def __init__(self, inputs, outputs, stride, normed):
        super().__init__(nn.Conv2d(inputs, outputs, 4, stride, bias=not normed))
        if normed:
            self.append(nn.BatchNorm2d(outputs))
        self.stride = stride

    def forward(self, x):
        return super().forward(F.pad(x, same(x, self.stride)))


class Up(nn.Sequential):
    """The transpose of a layer down: what that one's padding added is cut off."""

    def __init__(self, inputs, outputs, stride, normed):
        super().__init__(nn.ConvTranspose2d(inputs, outputs, 4, stride, bias=not normed))
        if normed:
            self.append(nn.BatchNorm2d(outputs))
        self.stride = stride

    def forward(self, x):
        size = [n * s for n, s in zip(x.shape[2:], self.stride)]
        left, _, top, _ = same(torch.empty(1, 1, *size, device="meta"), self.stride)
        y = self[0](x)[:, :, top : top + size[0], left : left + size[1]]
        return self[1](y) if len(self) > 1 else y


def stretch(x, length):
    """tf.image.resize_images of TensorFlow 1: output i lies at i * (in / out)."""
    place = torch.arange(length, dtype=torch.float64) * x.shape[2] / length
    low = place.long()
    high = (low + 1).clamp(max=x.shape[2] - 1)
    share = (place - low).to(x.dtype)
    return x[:, :, low] * (1 - share) + x[:, :, high] * share


class Separation(nn.Module):
    def __init__(self, width=64, layers=9, features=(64, 128, 512)):
        super().__init__()
        sizes = [min(width * 2 ** i, width * 8) for i in range(layers)]
        strides = [(1, 2), (1, 2)] + [(2, 2)] * (layers - 2)
        extra = [0] * layers
        for place, channels in zip((2, 3, 4), features):
            extra[place] = channels
        self.layers, self.fused = layers, len(features) > 0
        for i in range(layers):
            inputs = 2 if i == 0 else sizes[i - 1] + extra[i - 1]
            self.add_module(f"down{i + 1}", Down(inputs, sizes[i], strides[i], 0 < i < layers - 1))
        for i in range(layers - 1, 0, -1):
            inputs = sizes[i] * (1 if i == layers - 1 else 2) + extra[i]
            self.add_module(f"up{i + 1}", Up(inputs, sizes[i - 1], strides[i], True))
        self.on, self.off = Up(2 * width, 2, (1, 2), False), Up(2 * width, 2, (1, 2), False)

    def forward(self, x, *features):
        skips = []
        for i in range(self.layers):
            x = getattr(self, f"down{i + 1}")(x if i == 0 else F.leaky_relu(x, 0.2))
            if self.fused and i in (2, 3, 4):
                seen = stretch(features[i - 2], x.shape[2])[..., None].expand(-1, -1, -1, x.shape[3])
                x = torch.cat([x, seen], 1)
            skips.append(x)
        for i in range(self.layers - 1, 0, -1):
            if i < self.layers - 1:
                x = torch.cat([x, skips[i]], 1)
            x = getattr(self, f"up{i + 1}")(torch.relu(x))
        x = torch.relu(torch.cat([x, skips[0]], 1))
        return torch.cat([torch.tanh(self.on(x)), torch.tanh(self.off(x))], 1)


def loss(found, truth, invariant):
    """L1 of the spectrogram, and 0.01 of the phase; PIT takes the better order of each sample."""
    def sides(a, b):
        difference = (a - b).abs().mean((2, 3))
        return difference[:, 0] + 0.01 * difference[:, 1] + difference[:, 2] + 0.01 * difference[:, 3]
    straight = sides(found, truth)
    if not invariant:
        return straight.mean()
    return torch.minimum(straight, sides(found, torch.cat([truth[:, 2:], truth[:, :2]], 1))).mean()


def record(out, name, network, inputs, truth, invariant):
    for key, value in network.named_buffers():
        if key.endswith("running_var"):
            value.uniform_(0.5, 1)
        if key.endswith("running_mean"):
            value.uniform_(-0.1, 0.1)
    for key, value in network.state_dict().items():
        out[f"{name}.{key}"] = value.clone()
    for index, value in enumerate(inputs):
        out[f"{name}-input{index}"] = value.clone()
    network.eval()
    with torch.no_grad():
        out[name + "-eval"] = network(*inputs).contiguous()
    network.train()
    value = loss(network(*inputs), truth, invariant)
    value.backward()
    out[name + "-loss"] = value.detach()
    for key, parameter in network.named_parameters():
        out[f"{name}-grad.{key}"] = parameter.grad
    for key, buffer in network.named_buffers():
        out[f"{name}-after.{key}"] = buffer.clone()


def main():
    torch.set_num_threads(1)
    torch.manual_seed(13)
    out = {}
    truth = torch.rand(3, 4, 16, 64) * 2 - 1
    out["truth"] = truth
    # In the memory order that the trainer uses on a CPU: each rounds otherwise.
    last = lambda x: x.to(memory_format=torch.channels_last)
    mixture = last(torch.rand(3, 2, 16, 64) * 2 - 1)
    # Times that are more, fewer, and one.
    seen = [torch.rand(3, 3, 11), torch.rand(3, 5, 4), torch.rand(3, 2, 1)]
    record(out, "separation", last(Separation(4, 6, (3, 5, 2))), [mixture, *seen], truth, False)
    record(out, "alone", last(Separation(4, 6, ())), [mixture], truth, True)
    # Of the first sample the straight order is the better one, of the second the crossed one.
    found = torch.cat([truth[:, :2], truth[:, 2:]], 1) + 0.1 * torch.randn(3, 4, 16, 64)
    found[1] = torch.cat([found[1, 2:], found[1, :2]])
    out["found"] = found
    out["found-on-off"], out["found-invariant"] = loss(found, truth, False), loss(found, truth, True)
    with torch.device("meta"):
        for key, value in Separation().state_dict().items():
            out[f"separation-shape.{key}"] = torch.tensor(list(value.shape), dtype=torch.int64, device="cpu")
    out["separation-parameters"] = torch.tensor(
        [sum(value.numel() for value in Separation().parameters())], dtype=torch.int64)
    save_file({key: value.detach().contiguous().clone() for key, value in out.items()}, sys.argv[1])


if __name__ == "__main__":
    main()
