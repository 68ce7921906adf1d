import AVPrepTorch
import AVPrepTraining
import Foundation
import TestSupport

/// What torch and torchvision compute for the tests to compare with, made once a test run by one Python program.
enum TorchReference {
    /// Tensors by name; see the program below.
    static func tensors() throws -> [String: HostTensor] { try result.get() }

    /// The tensors under `prefix`, by the rest of their names.
    static func tensors(under prefix: String) throws -> [String: HostTensor] {
        var found: [String: HostTensor] = [:]
        for (name, tensor) in try tensors() where name.hasPrefix(prefix) {
            found[String(name.dropFirst(prefix.count))] = tensor
        }
        return found
    }

    /// Python that imports torchvision beside a torch without CUDA: the partner build's CUDA operators are missing there,
    /// so the two that its import insists on are declared first.
    static let imports = """
        import json, sys, torch, torch.nn.functional as F
        lib = torch.library.Library("torchvision", "DEF")
        lib.define("nms(Tensor a, Tensor b, float c) -> Tensor")
        lib.define("qnms(Tensor a, Tensor b, float c) -> Tensor")
        from safetensors.torch import save_file, load_file
        from torchvision.models.video import mc3_18
        torch.set_num_threads(1)
        torch.manual_seed(7)

        """

    private static let result = Result { () throws -> [String: HostTensor] in
        try withTemporaryFolder { folder in
            _ = try Oracle.run(imports + program, [folder + "/reference.safetensors"])
            return try SafeTensors.read(folder + "/reference.safetensors").tensors
        }
    }

    private static let program = """
        out = {}

        # MC3-18 as torchvision builds it, in evaluation and in training.
        net = mc3_18()
        clips = torch.randn(2, 3, 3, 24, 24)
        for name, value in net.state_dict().items(): out["mc3." + name] = value.clone()
        net.eval()
        with torch.no_grad(): out["mc3-clips"] = clips; out["mc3-eval"] = net(clips).contiguous()
        net.train()
        with torch.no_grad(): out["mc3-train"] = net(clips).contiguous()
        out["mc3-mean-after"] = net.stem[1].running_mean.clone()
        out["mc3-variance-after"] = net.stem[1].running_var.clone()

        # The contrastive loss by its formula, with gradients.
        video, audio = torch.randn(6, 5) * 0.3, torch.randn(6, 5) * 0.3
        audio[1] = video[1]
        labels = torch.tensor([1., 0, 1, 0, 0, 1])
        out["loss-video"], out["loss-audio"], out["loss-labels"] = video.clone(), audio.clone(), labels
        for name, squared in (("squared", True), ("plain", False)):
            v, a = video.clone().requires_grad_(), audio.clone().requires_grad_()
            d2 = ((v - a) ** 2).sum(1)
            d = d2.clamp_min(1e-12).sqrt()
            loss = (labels * (d2 if squared else d) + (1 - labels) * torch.relu(0.99 - d) ** 2).mean()
            loss.backward()
            out[f"loss-{name}"], out[f"loss-{name}-video"], out[f"loss-{name}-audio"] = loss.detach(), v.grad, a.grad

        # The other trunks: shapes at full width, and an eighth of it for outputs (weights of all three would fill a gigabyte),
        # with statistics that are not those of a network never trained.
        from torchvision.models.video import r3d_18, r2plus1d_18
        from torchvision.models.video.resnet import BasicBlock, Conv2Plus1D, Conv3DSimple, VideoResNet
        class Narrow(VideoResNet):
            def __init__(self, maker, stem):
                torch.nn.Module.__init__(self)
                self.stem, self.inplanes = stem, 8
                for layer in range(4):
                    made = self._make_layer(BasicBlock, maker, 8 << layer, 2, stride=1 if layer == 0 else 2)
                    setattr(self, f"layer{layer + 1}", made)
                self.avgpool, self.fc = torch.nn.AdaptiveAvgPool3d(1), torch.nn.Linear(64, 400)
        def normed(a, b, kernel, stride, padding):
            return [torch.nn.Conv3d(a, b, kernel, stride, padding, bias=False), torch.nn.BatchNorm3d(b), torch.nn.ReLU()]
        whole = torch.nn.Sequential(*normed(3, 8, (3, 7, 7), (1, 2, 2), (1, 3, 3)))
        factored = torch.nn.Sequential(
            *normed(3, 5, (1, 7, 7), (1, 2, 2), (0, 3, 3)), *normed(5, 8, (3, 1, 1), 1, (1, 0, 0)))
        for name, make, other in (
            ("r3d", r3d_18, Narrow(Conv3DSimple, whole)), ("r2plus1d", r2plus1d_18, Narrow(Conv2Plus1D, factored))
        ):
            with torch.device("meta"):
                for key, value in make().state_dict().items():
                    out[name + "-shape." + key] = torch.tensor(list(value.shape), dtype=torch.int64, device="cpu")
            for key, value in other.named_buffers():
                if key.endswith("running_var"): value.uniform_(0.5, 1)
                if key.endswith("running_mean"): value.uniform_(-0.1, 0.1)
            for key, value in other.state_dict().items(): out[name + "." + key] = value.clone()
            other.eval()
            with torch.no_grad(): out[name + "-eval"] = other(clips).contiguous()

        # Optimisers: five steps down a small curved function.
        start = torch.randn(4, 3)
        out["optimizer-start"] = start.clone()
        def steps(make):
            p = start.clone().requires_grad_()
            optimizer = make([p])
            for _ in range(5):
                optimizer.zero_grad()
                ((p ** 2) * torch.arange(1., 13.).reshape(4, 3)).mean().backward()
                optimizer.step()
            return p.detach()
        out["sgd-plain"] = steps(lambda p: torch.optim.SGD(p, lr=0.1))
        out["sgd-momentum"] = steps(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01))
        out["sgd-dampened"] = steps(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.9, weight_decay=0.001))
        out["sgd-nesterov"] = steps(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True))
        out["adam"] = steps(lambda p: torch.optim.Adam(p, lr=0.1, weight_decay=0.01))
        out["adamw"] = steps(lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.01))
        p = start.clone().requires_grad_()
        ((p ** 2) * torch.arange(1., 13.).reshape(4, 3)).mean().backward()
        out["clip-norm"] = torch.nn.utils.clip_grad_norm_([p], 0.5)
        out["clip-gradient"] = p.grad.clone()

        # Batch normalisation over three batches, and single operations.
        bn = torch.nn.BatchNorm2d(3)
        batches = torch.randn(3, 4, 3, 5, 2) * 2 + 1
        out["bn-batches"] = batches
        out["bn-output"] = torch.stack([bn(b).detach() for b in batches])
        out["bn-mean"], out["bn-variance"] = bn.running_mean, bn.running_var
        out["bn-count"] = bn.num_batches_tracked
        bn.eval()
        out["bn-eval"] = bn(batches[0]).detach()
        x = torch.randn(2, 3, 4, 7, 6)
        out["x"] = x
        out["adaptive"] = F.adaptive_avg_pool3d(x, (2, 3, 1))
        out["pool3"] = F.max_pool3d(x, (3, 3, 2), (1, 2, 2), (1, 1, 0))
        out["pool2"] = F.max_pool2d(x[:, :, 0], 3, 2, 1)
        logits = torch.randn(5, 4)
        out["logits"] = logits
        out["classes"] = torch.tensor([0, 3, 1, 2, 2])
        out["cross-entropy"] = F.cross_entropy(logits, out["classes"])
        out["targets"] = torch.tensor([1., 0, 1, 0.25, 0])
        out["binary-cross-entropy"] = F.binary_cross_entropy_with_logits(logits[:, 0], out["targets"])
        save_file({k: v.detach().contiguous().clone() for k, v in out.items()}, sys.argv[1])
        """
}
