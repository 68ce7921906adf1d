import AVPrepModel
import AVPrepStore

/// The Python in a dataset card: how the samples are read, to be copied and run in the export's folder.
enum CardSnippets {
    static func text(_ index: ShardIndex, _ members: [SampleMember]) -> String {
        let tars = index.shards.filter { $0.split == .train }.map { String($0.name.dropLast(".h5".count)) + ".tar" }
        let pictures = members.contains { $0.ending == "frames_offsets.npy" } ? decoding : []
        let table =
            ["import os, datasets"] + imports(pictures) + [
                "", "sets = datasets.load_dataset(os.getcwd())  # this folder, or the name that it has on the hub",
                "sample = sets[\"train\"][0]",
            ] + pictures
        let stream =
            ["import torch, webdataset"] + imports(pictures) + [
                "", "tars = \(TarSet.python("data/" + TarSet.pattern(tars.sorted())))",
                "samples = webdataset.WebDataset(tars, shardshuffle=False, empty_check=False).decode()",
                "loader = torch.utils.data.DataLoader(samples, batch_size=None, num_workers=2)",
                "sample = next(iter(loader))",
            ] + pictures
        let flow =
            members.contains { $0.ending.hasPrefix("flow_") && $0.ending.hasSuffix("_offsets.npy") }
            ? "\n\nFlow is read in the same way." : ""
        return "## Reading\n\nAs a table, with Hugging Face's `datasets`:\n\n" + block(table)
            + "\n\nAs a stream, with `webdataset`:\n\n" + block(stream) + flow
    }

    private static let decoding = [
        "data, ends = numpy.asarray(sample[\"frames.npy\"], \"u1\").tobytes(), sample[\"frames_offsets.npy\"]",
        "frames = [Image.open(io.BytesIO(data[a:b])) for a, b in zip(ends, ends[1:])]",
    ]

    private static func imports(_ pictures: [String]) -> [String] {
        pictures.isEmpty ? [] : ["import io, numpy", "from PIL import Image"]
    }

    private static func block(_ lines: [String]) -> String { "```python\n" + lines.joined(separator: "\n") + "\n```" }
}
