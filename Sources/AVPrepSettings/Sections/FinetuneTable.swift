import AVPrepTraining

/// The keys under `finetune`.
enum FinetuneTable {
    static var finetune: SettingsTable<FinetuneSettings> {
        SettingsTable<FinetuneSettings>([
            .text("name", \.name, "the folder under runs"),
            .choice(
                "source", \.source,
                "of classes and splits; labels: those of the shards, from a manifest; ucf101, hmdb51: the official lists"
            ),
            .optionalText("lists", \.lists, "folder of the official lists; \"\": none"),
            .integers("splits", \.splits, in: 1...9, "which of the official splits"),
            .optionalText("run", \.run, "run whose network is taken but for its answers; \"\": that of train"),
            .optionalText(
                "weights", \.weights,
                "file that the network of train begins with: torchvision's .pth, or .safetensors; \"\": none"),
            .choice("learns", \.learns, "which layers; after-fusion: those above the joined parts, or the last stage"),
            .integer("videos_per_class", \.videosPerClass, in: 0...1_000_000, "training videos, by the seed; 0: all"),
            .number("clip_seconds", \.clipSeconds, in: 0...3600, "length of a clip; 0: shard.pairs.clip_seconds"),
            .integer("train_clips", \.trainClips, in: 1...1000, "clips of a training video in an epoch"),
            .integer("test_clips", \.testClips, in: 1...1000, "clips of a test video, averaged"),
            .integer("epochs", \.epochs, in: 1...100_000, "number of epochs"),
            .integer("batch_size", \.batchSize, in: 2...65_536, "clips a step"),
            .section("optimizer", \.optimizer, TrainTable.optimizer, "how weights are updated, and how the rate runs"),
        ])
    }
}
