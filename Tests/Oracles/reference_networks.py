"""The networks of the papers in PyTorch, written from the papers' descriptions, for the trainer's to be compared with.

    python reference_networks.py OUT.safetensors

writes, for each network below at an eighth of its published width: its weights and statistics (NAME.PARAMETER), what it is
fed, what it gives, the loss and its gradients (NAME-grad.PARAMETER); and the shapes at the published width (NAME-shape.…).
"""

import sys

import torch
from torch import nn
import torch.nn.functional as F
from safetensors.torch import save_file


# Arandjelovic & Zisserman, "Look, Listen and Learn", ICCV 2017: both subnetworks are VGG-like, four blocks of two 3 x 3
# convolutions, 64, 128, 256 and 512 channels, each followed by batch normalisation and a ReLU; 2 x 2 pooling between blocks,
# global max pooling at the end.
class VGG(nn.Module):
    def __init__(self, channels, width):
        super().__init__()
        for block in range(4):
            for number in (1, 2):
                out = width * 2 ** block
                layer = nn.Sequential(nn.Conv2d(channels, out, 3, padding=1, bias=False), nn.BatchNorm2d(out))
                self.add_module(f"conv{block + 1}_{number}", layer)
                channels = out

    def forward(self, x):
        for block in range(1, 5):
            x = torch.relu(getattr(self, f"conv{block}_1")(x))
            x = torch.relu(getattr(self, f"conv{block}_2")(x))
            if block < 4:
                x = F.max_pool2d(x, 2)
        return x


class L3(nn.Module):
    """The vectors of both side by side, 128 units with a ReLU, two answers."""

    def __init__(self, width):
        super().__init__()
        self.video, self.audio = VGG(3, width), VGG(1, width)
        self.fusion = nn.ModuleDict(dict(fc1=nn.Linear(16 * width, 128), fc2=nn.Linear(128, 2)))

    def forward(self, picture, sound):
        x = torch.cat([self.video(picture).amax((2, 3)), self.audio(sound).amax((2, 3))], 1)
        return self.fusion["fc2"](torch.relu(self.fusion["fc1"](x)))


class Classes(nn.Module):
    """The supervised baseline: each trunk tells classes. Logarithms of probabilities, those of the picture first."""

    def __init__(self, width, classes):
        super().__init__()
        self.video, self.audio = VGG(3, width), VGG(1, width)
        for trunk in (self.video, self.audio):
            trunk.add_module("fc", nn.Linear(8 * width, classes))

    def forward(self, picture, sound):
        parts = [trunk.fc(trunk(x).amax((2, 3))) for trunk, x in ((self.video, picture), (self.audio, sound))]
        return torch.cat([part.log_softmax(1) for part in parts], 1)


# Carreira & Zisserman, "Quo Vadis, Action Recognition?", CVPR 2017, figure 3: Inception-v1 (Szegedy et al., CVPR 2015,
# table 1) with cubic filters; the first two pools leave time alone. TensorFlow's SAME padding, written by its definition.
def same(x, kernel, stride, value=0.0):
    pads = []
    for size, k, s in reversed(list(zip(x.shape[2:], kernel, stride))):
        total = max((-(-size // s) - 1) * s + k - size, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads, value=value)


class Unit3D(nn.Module):
    def __init__(self, inputs, outputs, k, s=1):
        super().__init__()
        self.k, self.s = (k,) * 3, (s,) * 3
        self.conv3d = nn.Conv3d(inputs, outputs, k, s, bias=False)
        self.bn = nn.BatchNorm3d(outputs, eps=1e-3)

    def forward(self, x):
        return torch.relu(self.bn(self.conv3d(same(x, self.k, self.s))))


def pool(x, kernel, stride):
    return F.max_pool3d(same(x, kernel, stride, float("-inf")), kernel, stride)


class Mixed(nn.Module):
    """#1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5 (which became 3 x 3), pool proj."""

    def __init__(self, inputs, one, reduce3, three, reduce5, five, project):
        super().__init__()
        self.b0 = Unit3D(inputs, one, 1)
        self.b1a, self.b1b = Unit3D(inputs, reduce3, 1), Unit3D(reduce3, three, 3)
        self.b2a, self.b2b = Unit3D(inputs, reduce5, 1), Unit3D(reduce5, five, 3)
        self.b3b = Unit3D(inputs, project, 1)

    def forward(self, x):
        pooled = pool(x, (3, 3, 3), (1, 1, 1))
        return torch.cat([self.b0(x), self.b1b(self.b1a(x)), self.b2b(self.b2a(x)), self.b3b(pooled)], 1)


class I3D(nn.Module):
    TABLE = dict(
        Mixed_3b=(64, 96, 128, 16, 32, 32), Mixed_3c=(128, 128, 192, 32, 96, 64), Mixed_4b=(192, 96, 208, 16, 48, 64),
        Mixed_4c=(160, 112, 224, 24, 64, 64), Mixed_4d=(128, 128, 256, 24, 64, 64), Mixed_4e=(112, 144, 288, 32, 64, 64),
        Mixed_4f=(256, 160, 320, 32, 128, 128), Mixed_5b=(256, 160, 320, 32, 128, 128),
        Mixed_5c=(384, 192, 384, 48, 128, 128))

    def __init__(self, part=1):
        super().__init__()
        self.Conv3d_1a_7x7 = Unit3D(3, 64 // part, 7, 2)
        self.Conv3d_2b_1x1 = Unit3D(64 // part, 64 // part, 1)
        self.Conv3d_2c_3x3 = Unit3D(64 // part, 192 // part, 3)
        channels = 192 // part
        for name, sizes in self.TABLE.items():
            sizes = [size // part for size in sizes]
            self.add_module(name, Mixed(channels, *sizes))
            channels = sizes[0] + sizes[2] + sizes[4] + sizes[5]

    def forward(self, x):
        x = pool(self.Conv3d_1a_7x7(x), (1, 3, 3), (1, 2, 2))
        x = pool(self.Conv3d_2c_3x3(self.Conv3d_2b_1x1(x)), (1, 3, 3), (1, 2, 2))
        x = pool(self.Mixed_3c(self.Mixed_3b(x)), (3, 3, 3), (2, 2, 2))
        x = self.Mixed_4f(self.Mixed_4e(self.Mixed_4d(self.Mixed_4c(self.Mixed_4b(x)))))
        return self.Mixed_5c(self.Mixed_5b(pool(x, (2, 2, 2), (2, 2, 2))))


class Answers(nn.Module):
    """AVTS with cross-entropy: a fusion head over two embeddings."""

    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(12, 128), nn.Linear(128, 2)

    def forward(self, video, audio):
        return self.fc2(torch.relu(self.fc1(torch.cat([video, audio], 1))))


# Wei, Lim, Zisserman & Freeman, "Learning and Using the Arrow of Time", CVPR 2018: VGG-16's convolutions on each segment of
# stacked flow, without the last pool; segments joined along the channels, two more 3 x 3 convolutions with dropout, global
# average pooling, one logit. A layer is convolution, ReLU, batch normalisation.
class TCAM(nn.Module):
    def __init__(self, part=1, segments=2, flows=10):
        super().__init__()
        self.segments, self.plan, channels = segments, [], 2 * flows
        for block, (count, out) in enumerate([(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)], 1):
            for number in range(1, count + 1):
                self.layer(f"conv{block}_{number}", channels, out // part)
                channels = out // part
            self.plan.append("pool")
        self.plan.pop()
        self.layer("fusion1", segments * channels, 1024 // part)
        self.layer("fusion2", 1024 // part, 1024 // part)
        self.fc = nn.Linear(1024 // part, 1)

    def layer(self, name, inputs, outputs):
        pair = nn.ModuleList([nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs, eps=1e-3)])
        self.add_module(name, pair)
        self.plan.append(name)

    def forward(self, flow, drop=None):
        """`drop`: what dropout multiplies the two layers' values by."""
        parts = flow.chunk(self.segments, 1)
        dropped = iter(drop if drop is not None and self.training else [1, 1])

        def run(x, names):
            for name in names:
                if name == "pool":
                    x = F.max_pool2d(x, 2)
                else:
                    convolution, norm = getattr(self, name)
                    x = norm(torch.relu(convolution(x)))
                    if name.startswith("fusion"):
                        x = x * next(dropped)
            return x

        # Statistics are those of all segments together, as shared weights have them.
        seen = run(torch.cat(parts), self.plan[:-2])
        x = run(torch.cat(seen.chunk(self.segments), 1), self.plan[-2:])
        return self.fc(x.mean((2, 3)))[:, 0]


# Owens & Efros, "Audio-Visual Scene Analysis with Self-Supervised Multisensory Features", ECCV 2018, with the numbers of the
# authors' code. Batch normalisation has no learnt scale, and epsilon 1e-3; where a residual block ends, it is renormalised
# (Ioffe, arXiv 1702.03275): x is normalised by its own statistics, and corrected, without gradients, to those known so far.
class Norm(nn.Module):
    def __init__(self, channels, renormalised=False, momentum=0.0003):
        super().__init__()
        self.momentum, self.renormalised = momentum, renormalised
        self.bias = nn.Parameter(torch.zeros(channels))
        for name, value in (("weight", 1.0), ("running_mean", 0.0), ("running_var", 1.0)):
            self.register_buffer(name, torch.full([channels], value))
        self.register_buffer("num_batches_tracked", torch.tensor(0))
        if renormalised:
            self.register_buffer("renorm_mean", torch.zeros(channels))
            self.register_buffer("renorm_deviation", torch.zeros(channels))
            self.register_buffer("renorm_known", torch.zeros(1))

    def forward(self, x):
        along = [0] + list(range(2, x.dim()))
        over = lambda value: value.reshape([1, -1] + [1] * (x.dim() - 2))
        if not self.training:
            return (x - over(self.running_mean)) / over(self.running_var + 1e-3).sqrt() + over(self.bias)
        mean, variance = x.mean(along), x.var(along, unbiased=False)
        deviation = (variance + 1e-3).sqrt()
        y = (x - over(mean)) / over(deviation)
        with torch.no_grad():
            count = x.numel() // x.shape[1]
            self.running_mean += self.momentum * (mean - self.running_mean)
            self.running_var += self.momentum * (variance * count / (count - 1) - self.running_var)
            self.num_batches_tracked += 1
            if self.renormalised:
                known_mean = self.renorm_mean + (1 - self.renorm_known) * mean
                known_deviation = self.renorm_deviation + (1 - self.renorm_known) * deviation
                r, d = deviation / known_deviation, (mean - known_mean) / known_deviation
                self.renorm_mean.mul_(0.99).add_(0.01 * mean)
                self.renorm_deviation.mul_(0.99).add_(0.01 * deviation)
                self.renorm_known.mul_(0.99).add_(0.01)
        if self.renormalised:
            y = y * over(r) + over(d)
        return y + over(self.bias)


class Conv(nn.Module):
    """Without bias, TensorFlow's SAME padding; along time for a kernel of one number (written as a picture one pixel high)."""

    def __init__(self, inputs, outputs, kernel, stride):
        super().__init__()
        self.kernel, self.stride = (1, kernel) if isinstance(kernel, int) else kernel, stride
        if isinstance(kernel, int):
            self.stride = (1, stride)
        self.weight = nn.Parameter(torch.empty(outputs, inputs, *self.kernel))
        nn.init.kaiming_normal_(self.weight)

    def forward(self, x):
        apply = F.conv2d if len(self.kernel) == 2 else F.conv3d
        return apply(same(x, self.kernel, self.stride), self.weight, stride=self.stride)


class ConvNorm(nn.ModuleList):
    def __init__(self, inputs, outputs, kernel, stride):
        super().__init__([Conv(inputs, outputs, kernel, stride), Norm(outputs)])

    def forward(self, x):
        return self[1](self[0](x))


class Block(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride):
        super().__init__()
        one = 1 if isinstance(kernel, int) else (1, 1, 1)
        self.conv1 = ConvNorm(inputs, outputs, kernel, stride)
        self.conv2 = Conv(outputs, outputs, kernel, one)
        self.norm = Norm(outputs, renormalised=True)
        self.around = ConvNorm(inputs, outputs, one, stride) if inputs != outputs else None
        self.step = (1, stride) if isinstance(stride, int) else stride

    def forward(self, x):
        y = self.conv2(torch.relu(self.conv1(x)))
        # A max-pool one wide.
        way = self.around(x) if self.around else x[(..., *(slice(None, None, step) for step in self.step))]
        return torch.relu(self.norm(y + way))


class Sound(nn.Module):
    """conv1_1, conv2_1, conv3_1, conv4_1, a maximum over as many windows as the picture has steps, conv5_1."""

    def __init__(self, inputs, width, spectrogram):
        super().__init__()
        self.spectrogram = spectrogram
        first, kernel, strides = (3, 3, (1, 1, 2, 2)) if spectrogram else (65, 15, (4, 4, 4, 4))
        self.conv1_1 = ConvNorm(inputs, width, first, strides[0])
        self.conv2_1 = Block(width, 2 * width, kernel, strides[1])
        self.conv3_1 = Block(2 * width, 2 * width, kernel, strides[2])
        self.conv4_1 = Block(2 * width, 4 * width, kernel, strides[3])
        self.conv5_1 = ConvNorm(4 * width, 2 * width, 3, 1)

    def forward(self, x, steps):
        x = x[:, 0].transpose(1, 2) if self.spectrogram else x
        x = torch.relu(self.conv1_1(x[:, :, None]))
        if not self.spectrogram:
            x = F.max_pool2d(x, (1, 4))
        x = self.conv4_1(self.conv3_1(self.conv2_1(x)))
        edges = [step * x.shape[3] // steps for step in range(steps + 1)]
        x = torch.stack([x[..., a:max(b, a + 1)].amax(3) for a, b in zip(edges, edges[1:])], 3)
        return torch.relu(self.conv5_1(x))[:, :, 0]


class Multisensory(nn.Module):
    def __init__(self, width, inputs=2, kind="waveform"):
        super().__init__()
        cube, one, two = (3, 3, 3), (1, 1, 1), (2, 2, 2)
        self.video = nn.ModuleDict(dict(
            conv1=ConvNorm(3, width, (5, 7, 7), two), conv2_1=Block(width, width, cube, one),
            conv2_2=Block(width, width, cube, two)))
        if kind != "nothing":
            self.audio = Sound(inputs, width, kind == "spectrogram")
        self.fusion = nn.ModuleDict(dict(
            merge1=ConvNorm(3 * width, 8 * width, one, one), merge2=Conv(8 * width, 2 * width, one, one),
            norm=Norm(2 * width, renormalised=True),
            conv3_1=Block(2 * width, 2 * width, cube, one), conv3_2=Block(2 * width, 2 * width, cube, one),
            conv4_1=Block(2 * width, 4 * width, cube, two), conv4_2=Block(4 * width, 4 * width, cube, one),
            conv5_1=Block(4 * width, 8 * width, cube, (1, 2, 2)), conv5_2=Block(8 * width, 8 * width, cube, one)))
        self.fc = nn.Linear(8 * width, 1)
        self.width = width

    def forward(self, pictures, sounds=None, layers=None):
        """`sounds`: as many as pictures, or several times as many. `layers` takes the features of some layers."""
        video, fusion = self.video, self.fusion
        x = pool(torch.relu(video["conv1"](pictures)), (1, 3, 3), (1, 2, 2))
        seen = video["conv2_2"](video["conv2_1"](x))
        if sounds is None:
            x, heard = seen, torch.zeros(seen.shape[0], 2 * self.width, seen.shape[2])
        else:
            x, heard = seen.repeat(len(sounds) // len(seen), 1, 1, 1, 1), self.audio(sounds, seen.shape[2])
        both = torch.cat([x, heard[..., None, None].expand(-1, -1, -1, *x.shape[3:])], 1)
        y = fusion["merge2"](torch.relu(fusion["merge1"](both)))
        x = torch.relu(fusion["norm"](y + torch.cat([both[:, :self.width], both[:, -self.width:]], 1)))
        conv3 = fusion["conv3_2"](fusion["conv3_1"](x))
        conv4 = fusion["conv4_2"](fusion["conv4_1"](conv3))
        conv5 = fusion["conv5_2"](fusion["conv5_1"](conv4))
        if layers is not None:
            layers.update(conv2_2=seen, conv3_2=conv3, conv4_2=conv4, conv5_2=conv5)
        return self.fc(conv5.mean((2, 3, 4)))[:, 0]


def spread(network):
    """Statistics that are not those of a network never trained."""
    for key, value in network.named_buffers():
        if key.endswith("renorm_mean"):
            value.uniform_(-0.05, 0.05)
        if key.endswith("renorm_deviation"):
            value.uniform_(0.2, 0.4)
        if key.endswith("renorm_known"):
            value.fill_(0.4)
        if key.endswith("running_var"):
            value.uniform_(0.5, 1)
        if key.endswith("running_mean"):
            value.uniform_(-0.1, 0.1)
    return network


def record(out, name, network, inputs, loss_of):
    """Evaluation first, then a step of training with its gradients and statistics."""
    for key, value in network.state_dict().items():
        out[f"{name}.{key}"] = value.clone()
    for index, value in enumerate(inputs):
        out[f"{name}-input{index}"] = value.clone()
    network.eval()
    with torch.no_grad():
        out[name + "-eval"] = network(*inputs).contiguous()
    network.train()
    loss = loss_of(network(*inputs))
    loss.backward()
    out[name + "-loss"] = loss.detach()
    for key, value in network.named_parameters():
        out[f"{name}-grad.{key}"] = value.grad
    for key, value in network.named_buffers():
        out[f"{name}-after.{key}"] = value.clone()


def hooked(out, name, network, inputs, layers, made=torch.relu):
    """What layers make of the inputs in evaluation: NAME-hook.LAYER. `layers`: where a module is, by the layer's name."""
    handles = [
        network.get_submodule(place).register_forward_hook(
            lambda module, fed, output, layer=layer: out.update({f"{name}-hook.{layer}": made(output).contiguous()}))
        for layer, place in layers.items()]
    network.eval()
    with torch.no_grad():
        network(*inputs)
    for handle in handles:
        handle.remove()


def shapes(out, name, make):
    with torch.device("meta"):
        for key, value in make().state_dict().items():
            out[f"{name}-shape.{key}"] = torch.tensor(list(value.shape), dtype=torch.int64, device="cpu")


def main():
    torch.set_num_threads(1)
    torch.manual_seed(11)
    out = {}
    labels = torch.tensor([1, 0, 1, 0])
    out["labels"] = labels.float()
    entropy = lambda logits: F.cross_entropy(logits, labels)
    weights = torch.randn(4096)
    # Of all values, so that each has a gradient of its own.
    weighted = lambda features: (features.flatten() * weights.repeat(features.numel() // 4096 + 1)[: features.numel()]).mean()
    out["weights"] = weights

    # Small inputs: of many values one lies so near the kink of a ReLU that rounding decides on which side.
    def fresh(name):
        """Numbers of its own for each network, whichever others there are."""
        torch.manual_seed(sum(name.encode()))
        return name

    record(
        out, fresh("l3"), spread(L3(8)), [torch.randn(4, 3, 24, 24), torch.randn(4, 1, 25, 34)], entropy)
    shapes(out, "l3", lambda: L3(64))
    # Three classes; the second sample has two labels of its picture.
    targets = torch.tensor([[1, 0, 0, 0, 1, 0], [0, 0.5, 0.5, 1, 0, 0], [0, 0, 1, 0, 0, 1], [1, 0, 0, 0, 1, 0]])
    out["targets"] = targets
    fit = lambda probabilities: -(probabilities * targets).sum(1).mean()
    record(out, fresh("classes"), spread(Classes(8, 3)), [torch.randn(4, 3, 24, 24), torch.randn(4, 1, 25, 34)], fit)
    record(out, fresh("vgg"), spread(VGG(1, 8)), [torch.randn(2, 1, 28, 17)], weighted)
    # Sizes that are odd, and even, at every pool.
    record(out, fresh("i3d"), spread(I3D(8)), [torch.randn(2, 3, 9, 34, 28)], weighted)
    shapes(out, "i3d", lambda: I3D())
    binary = lambda logits: F.binary_cross_entropy_with_logits(logits, labels.float())
    # Without dropout: which values are dropped is the engine's own choice. In the memory order that the trainer uses on a CPU:
    # in each order torch's batch normalisation rounds otherwise, by 2e-5, and pools right behind it then take others of
    # nearly equal values.
    name = fresh("tcam")
    network = spread(TCAM(16, 2, 3)).to(memory_format=torch.channels_last)
    flow = [torch.randn(4, 12, 34, 32).to(memory_format=torch.channels_last)]
    convolutions = {layer: layer + ".1" for layer in network.plan if layer.startswith("conv")}
    hooked(out, name, network, flow, convolutions, lambda x: torch.cat(x.chunk(2), 1))
    hooked(out, name, network, flow, {layer: layer + ".1" for layer in ("fusion1", "fusion2")}, lambda x: x)
    record(out, name, network, flow, binary)
    shapes(out, "tcam", lambda: TCAM())
    # Two sounds a picture, the first of which are its own; in the order of values in memory that the trainer has.
    both = lambda logits: F.binary_cross_entropy_with_logits(logits, torch.tensor([1.0, 1, 0, 0])[-len(logits):])
    pictures = lambda: torch.randn(2, 3, 9, 36, 33).to(memory_format=torch.channels_last_3d)
    for kind, inputs, sounds in (
        ("waveform", 2, (4, 2, 4000)), ("spectrogram", 11, (4, 1, 27, 11)), ("nothing", 0, None)
    ):
        name = fresh("multisensory-" + kind)
        network = spread(Multisensory(4, inputs, kind))
        fed = [pictures()] + ([torch.randn(*sounds)] if sounds else [])
        parts = [part for part in ("video", "audio", "fusion") if hasattr(network, part)]
        places = [f"{part}.{layer}" for part in parts for layer, _ in getattr(network, part).named_children()
                  if not layer.startswith("merge")]
        hooked(out, name, network, fed, {place: place for place in places})
        layers = {}
        network.eval()
        with torch.no_grad():
            network(*fed, layers=layers)
        for key, value in layers.items():
            out[f"{name}-layer.{key}"] = value
        record(out, name, network, fed, both)
    shapes(out, "multisensory", lambda: Multisensory(64))
    record(out, fresh("answers"), Answers(), [torch.randn(4, 6), torch.randn(4, 6)], entropy)
    save_file({key: value.detach().contiguous().clone() for key, value in out.items()}, sys.argv[1])


if __name__ == "__main__":
    main()
