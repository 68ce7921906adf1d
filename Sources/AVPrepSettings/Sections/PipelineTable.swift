import AVPrepDuplicates
import AVPrepModel
import AVPrepPairs
import AVPrepSynth

/// The pipeline file's top level and the sections that concern the whole way of the data.
enum PipelineTable {
    static var root: SettingsTable<PipelineSettings> {
        SettingsTable<PipelineSettings>([
            .integer("seed", \.seed, in: 0...Int(Int32.max), "everything random is drawn from this"),
            .integer("workers", \.workers, in: 0...1024, "videos or shards worked on at a time; 0: one a core"),
            .section("corpus", \.corpus, corpus, "which videos there are"),
            .section("folders", \.folders, folders, "where results lie, relative to this file"),
            .section("ingest", \.ingest, IngestTable.ingest, "how a video becomes a prepared file"),
            .section("duplicates", \.duplicates, duplicates, "which videos are near-duplicates of each other"),
            .section("policy", \.self, policy, "what is done about segments that carry a flag: keep, drop or fix"),
            .section("shard", \.shard, shard, "how prepared files become shards with pair sets"),
            .section("train", \.train, TrainTable.train, "how a network learns from the shards"),
            .section("synth", \.synth, synth, "the practice corpus that avprep synth makes"),
        ])
    }

    /// What prepared files and shards keep of the settings that they were made with.
    static var stored: SettingsTable<PipelineSettings> {
        SettingsTable<PipelineSettings>([
            .section("ingest", \.ingest, IngestTable.ingest, "how a video becomes a prepared file"),
            .section(
                "policy", \.self, SettingsTable<PipelineSettings>(flags),
                "what is done about segments that carry a flag: keep, drop or fix"),
        ])
    }

    static var corpus: SettingsTable<CorpusSettings> {
        SettingsTable<CorpusSettings>([
            .texts("paths", \.paths, "files, folders and list files (.txt, one path a line)"),
            .texts("extensions", \.extensions, "endings by which a folder's videos are known"),
            .optionalText(
                "source_pattern", \.sourcePattern,
                "regular expression whose first group names a path's source; \"^(.*)/\": its folder; \"\": none"),
        ])
    }

    static var folders: SettingsTable<FolderSettings> {
        SettingsTable<FolderSettings>([
            .text("prepared", \.prepared, "one HDF5 file a video"),
            .text("shards", \.shards, "shards, pair sets and index.json"),
            .text("runs", \.runs, "one folder a training run"),
            .text("catalog", \.catalog, "SQLite: what happened to every video"),
        ])
    }

    static var shard: SettingsTable<ShardSettings> {
        SettingsTable<ShardSettings>([
            .integer("shard_megabytes", \.shardMegabytes, in: 1...1_048_576, "size at which a shard is full, in MiB"),
            .section("split", \.split, split, "train gets the rest; a video never changes side"),
            .section("pairs", \.pairs, pairs, "what the pair sets are made of"),
        ])
    }

    static var duplicates: SettingsTable<DuplicateSettings> {
        SettingsTable<DuplicateSettings>([
            .flag("enabled", \.enabled, "whether they are looked for: they stay on one side of the split"),
            .number(
                "max_picture_distance", \.maxPictureDistance, in: 0...0.45, "share of the pictures' bits that differ"),
            .number("max_sound_distance", \.maxSoundDistance, in: 0...0.45, "share of the sound's bits that differ"),
            .number("max_mean_distance", \.maxMeanDistance, in: 0...0.45, "mean of the two"),
            .number("max_silent_distance", \.maxSilentDistance, in: 0...0.45, "the pictures' where there is no sound"),
            .number("min_overlap", \.minOverlap, in: 0.05...1, "share of the shorter video that both have"),
        ])
    }

    /// A key a flag; the actions are part of the ingest settings, since what is fixed is stored otherwise. And one for what
    /// is known of whole videos when all are prepared.
    static var policy: SettingsTable<PipelineSettings> {
        SettingsTable<PipelineSettings>(
            flags + [
                .choice(
                    "near_duplicate", \.shard.nearDuplicates, among: [.keep, .drop],
                    "keep, drop (all but one of a group); they stay on one side of the split anyway")
            ])
    }

    private static var flags: [SettingsField<PipelineSettings>] {
        FlagRule.all.map { rule in
            .choice(rule.key, \.ingest.policy[flag: rule.flag], among: rule.actions, rule.summary)
        }
    }

    static var split: SettingsTable<SplitSettings> {
        SettingsTable<SplitSettings>([
            .number("val", \.val, in: 0...0.5, "share of videos for validation"),
            .number("test", \.test, in: 0...0.5, "share of videos for the test"),
        ])
    }

    static var pairs: SettingsTable<PairSettings> {
        SettingsTable<PairSettings>([
            .preset("recipe", \.recipe, "whose windows and negatives; keys beside it change single ones") {
                recipe, pairs in
                pairs = PairSettings(recipe: recipe)
            },
            .optionalText("name", \.name, "keeps sets apart from others of the recipe; \"\": the recipe's own names"),
            .number("clip_seconds", \.clipSeconds, in: 0...60, "length of the picture clip; 0: one frame"),
            .number("sound_seconds", \.soundSeconds, in: 0...60, "length of the sound clip; 0: the picture's"),
            .number("gap_seconds", \.gapSeconds, in: 0...60, "smallest distance of the clips of a hard negative"),
            .choice("gap_measure", \.gapMeasure, "from where to where the gap is measured"),
            .number("max_shift_seconds", \.maxShiftSeconds, in: 0...86_400, "largest, start to start; 0: no limit"),
            .number(
                "hard_ratio", \.hardRatio, in: 0...1, "share of hard ones among the negatives of the set \"mixed\""),
            .number("super_hard_ratio", \.superHardRatio, in: 0...1, "the same of overlapping ones; AVTS: of no help"),
            .number("super_hard_overlap_seconds", \.superHardOverlapSeconds, in: 0.001...60, "how much those overlap"),
            .number("period_guard_seconds", \.periodGuardSeconds, in: 0...10, "kept off a periodic sound's multiples"),
            .integer("pairs_per_segment", \.pairsPerSegment, in: 2...10_000, "pairs a segment and epoch, on average"),
            .integer("epochs", \.epochs, in: 1...10_000, "epochs' worth of pairs; training takes them in turn"),
        ])
    }

    static var synth: SettingsTable<SynthSettings> {
        SettingsTable<SynthSettings>([
            .integer("videos", \.videos, in: 1...1_000_000, "videos to make"),
            .number("seconds", \.seconds, in: 1...600, "length of each"),
            .integer("width", \.width, in: 32...4096, "pixels, even"),
            .integer("height", \.height, in: 32...4096, "pixels, even"),
            .number("fps", \.fps, in: 1...120, "frames a second"),
            .number("difficulty", \.difficulty, in: 0...1, "0: few objects, plain and loud; 1: many, textured, noisy"),
            .number("min_gap_seconds", \.minGapSeconds, in: 0.15...10, "shortest time between an object's sounds"),
            .number("max_gap_seconds", \.maxGapSeconds, in: 0.35...30, "longest, at least 0.2 more"),
            .choices("cue_kinds", \.cueKinds, "kinds to plant, in turn; none named: all"),
            .number("cues", \.cues, in: 0...1, "share of videos with planted cues (bars, pans, cuts, skew, …)"),
        ])
    }
}
