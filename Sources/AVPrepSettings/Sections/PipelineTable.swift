import AVPrepDownload
import AVPrepDuplicates
import AVPrepModel
import AVPrepPairs
import AVPrepSynth

/// The pipeline file's top level, and the sections that concern more than one stage.
enum PipelineTable {
    static var root: SettingsTable<PipelineSettings> {
        SettingsTable<PipelineSettings>([
            .integer("seed", \.seed, in: 0...Int(Int32.max), "seed of everything random"),
            .integer("workers", \.workers, in: 0...1024, "videos or shards processed at a time; 0: one per core"),
            .section("corpus", \.corpus, corpus, "the videos"),
            .section("download", \.download, download, "how listed web addresses are fetched"),
            .section("folders", \.folders, folders, "where results are written, relative to this file"),
            .section("ingest", \.ingest, IngestTable.ingest, "how a video becomes a prepared file"),
            .section("duplicates", \.duplicates, duplicates, "when two videos are near-duplicates of each other"),
            .section("policy", \.self, policy, "what happens to segments with a flag: keep, drop or fix"),
            .section("shard", \.shard, shard, "how prepared files become shards with pair sets"),
            .section("train", \.train, TrainTable.train, "how a network learns from the shards"),
            .section(
                "finetune", \.finetune, FinetuneTable.finetune, "how a network learns the classes of videos"),
            .section("refresh", \.refresh, refresh, "what avprep refresh does besides ingest and shard"),
            .section("metrics", \.metrics, metrics, "numbers for a monitoring system"),
            .section("synth", \.synth, synth, "the practice corpus made by avprep synth"),
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
            .texts(
                "paths", \.paths,
                "files, folders, list files (.txt, one path per line) and manifests (.csv, .tsv, .jsonl)"),
            .texts("extensions", \.extensions, "file name extensions of videos in folders"),
            .texts(
                "exclude", \.exclude,
                "what to leave out in folders: names or paths with *, ?, [0-9]; A beside B: where B is beside it; []: nothing",
                mayBeEmpty: true),
            .optionalText(
                "source_pattern", \.sourcePattern,
                "regular expression; its first group is the source of a path; \"^(.*)/\": its folder; \"\": none"),
            .section("manifest", \.manifest, ManifestTable.manifest, "how manifests are read: times, labels, splits"),
        ])
    }

    static var download: SettingsTable<DownloadSettings> {
        SettingsTable<DownloadSettings>([
            .integer(
                "max_megabytes", \.maxMegabytes, in: 0...16_777_216, "largest size of a file, in MiB; 0: no limit"),
            .number(
                "megabytes_per_second", \.megabytesPerSecond, in: 0...100_000,
                "largest rate of all transfers together, in MiB a second; 0: no limit"),
            .integer("connections", \.connections, in: 1...64, "transfers at a time"),
            .integer("attempts", \.attempts, in: 1...100, "attempts at a file in one run, where the cause may pass"),
            .integer(
                "stall_seconds", \.stallSeconds, in: 1...3600, "a transfer that brings nothing for so long is given up"),
            .flag("netrc", \.netrc, "take user names and passwords from ~/.netrc"),
        ])
    }

    static var folders: SettingsTable<FolderSettings> {
        SettingsTable<FolderSettings>([
            .text("prepared", \.prepared, "one HDF5 file per video"),
            .text("shards", \.shards, "shards, pair sets and index.json"),
            .text("runs", \.runs, "one folder per training run"),
            .text("catalog", \.catalog, "SQLite: what happened to every video; needs a disk with POSIX locks"),
            .choice(
                "catalog_journal", \.catalogJournal,
                "rollback where processes cannot share memory, as on network file systems; auto: tries"),
            .text("downloads", \.downloads, "files fetched from listed web addresses"),
            .text("lock", \.lock, "locked while a command works here; needs a disk with flock or POSIX locks"),
            .text("parts", \.parts, "where the tasks of ingest --part meet, until avprep merge; needs no locks"),
        ])
    }

    static var shard: SettingsTable<ShardSettings> {
        SettingsTable<ShardSettings>([
            .integer("shard_megabytes", \.shardMegabytes, in: 1...1_048_576, "size at which a shard is full, in MiB"),
            .section("split", \.split, split, "train gets the rest; a video never changes its split"),
            .section("pairs", \.pairs, pairs, "how pairs are sampled"),
        ])
    }

    static var duplicates: SettingsTable<DuplicateSettings> {
        SettingsTable<DuplicateSettings>([
            .flag("enabled", \.enabled, "look for near-duplicates, and keep them in one split"),
            .number(
                "max_picture_distance", \.maxPictureDistance, in: 0...0.45,
                "largest fraction of differing picture hash bits"),
            .number(
                "max_sound_distance", \.maxSoundDistance, in: 0...0.45,
                "largest fraction of differing audio fingerprint bits"),
            .number("max_mean_distance", \.maxMeanDistance, in: 0...0.45, "largest mean of the two"),
            .number(
                "max_silent_distance", \.maxSilentDistance, in: 0...0.45,
                "largest picture distance where there is no sound"),
            .number("min_overlap", \.minOverlap, in: 0.05...1, "smallest common fraction of the shorter video"),
        ])
    }

    /// One key per flag; the actions are part of the ingest settings, since a fix changes what is stored. One more key is
    /// for near-duplicates, which are known only when all videos are prepared.
    static var policy: SettingsTable<PipelineSettings> {
        SettingsTable<PipelineSettings>(
            flags + [
                .choice(
                    "near_duplicate", \.shard.nearDuplicates, among: [.keep, .drop],
                    "keep, drop (all but one of a group); they are in one split in either case")
            ])
    }

    private static var flags: [SettingsField<PipelineSettings>] {
        FlagRule.all.map { rule in
            .choice(rule.key, \.ingest.policy[flag: rule.flag], among: rule.actions, rule.summary)
        }
    }

    static var split: SettingsTable<SplitSettings> {
        SettingsTable<SplitSettings>([
            .number("val", \.val, in: 0...0.5, "fraction of videos for validation"),
            .number("test", \.test, in: 0...0.5, "fraction of videos for testing"),
        ])
    }

    static var pairs: SettingsTable<PairSettings> {
        SettingsTable<PairSettings>([
            .preset(
                "recipe", \.recipe, "sets clip lengths and kinds of negatives; other keys here override single ones"
            ) {
                recipe, pairs in
                pairs = PairSettings(recipe: recipe)
            },
            .optionalText("name", \.name, "prefix of the sets' names, to keep several of one recipe; \"\": none"),
            .number("clip_seconds", \.clipSeconds, in: 0...60, "length of the picture clip, in seconds; 0: one frame"),
            .number(
                "sound_seconds", \.soundSeconds, in: 0...60,
                "length of the sound clip, in seconds; 0: that of the picture clip"),
            .number(
                "gap_seconds", \.gapSeconds, in: 0...60, "smallest gap between the clips of a hard negative, in seconds"
            ),
            .choice("gap_measure", \.gapMeasure, "how the gap is measured"),
            .number(
                "max_shift_seconds", \.maxShiftSeconds, in: 0...86_400,
                "largest offset of a hard negative, start to start, in seconds; 0: no limit"),
            .number(
                "hard_ratio", \.hardRatio, in: 0...1,
                "fraction of hard negatives among the negatives of the set \"mixed\""),
            .number(
                "super_hard_ratio", \.superHardRatio, in: 0...1,
                "the same for super-hard (overlapping) negatives; no help in AVTS"),
            .number(
                "super_hard_overlap_seconds", \.superHardOverlapSeconds, in: 0.001...60,
                "overlap of super-hard negatives, in seconds"),
            .number(
                "period_guard_seconds", \.periodGuardSeconds, in: 0...10,
                "distance that offsets keep from multiples of a periodic sound's period, in seconds"),
            .integer("pairs_per_segment", \.pairsPerSegment, in: 2...10_000, "pairs per segment and epoch, on average"),
            .integer(
                "epochs", \.epochs, in: 1...10_000, "number of epochs to draw pairs for; training uses them in turn"),
            .number(
                "train_share", \.trainShare, in: 0.001...1,
                "fraction of the training videos that pairs are drawn from; val and test stay whole"),
        ])
    }

    static var refresh: SettingsTable<RefreshSettings> {
        SettingsTable<RefreshSettings>([
            .choice(
                "train", \.train,
                "off; continue: train.name goes on with the shards that are there; new: a run for each state of them"),
            .flag("evaluate", \.evaluate, "evaluate the run afterwards"),
        ])
    }

    static var metrics: SettingsTable<MetricsSettings> {
        SettingsTable<MetricsSettings>([
            .optionalText(
                "file", \.file,
                "a file NAME.prom for node_exporter's textfile collector, kept up to date by commands that work long; \"\": none"
            ),
            .number("seconds", \.seconds, in: 1...3600, "seconds between writes while a command works"),
        ])
    }

    static var synth: SettingsTable<SynthSettings> {
        SettingsTable<SynthSettings>([
            .choice(
                "kind", \.kind,
                "impacts: objects sound as they collide; arrow: silent things fall, bounce, break, spread"),
            .integer("videos", \.videos, in: 1...1_000_000, "videos to make"),
            .number("seconds", \.seconds, in: 1...600, "length of each, in seconds"),
            .integer("width", \.width, in: 32...4096, "pixels, even"),
            .integer("height", \.height, in: 32...4096, "pixels, even"),
            .number("fps", \.fps, in: 1...120, "frames per second"),
            .number("difficulty", \.difficulty, in: 0...1, "0: few objects, plain and loud; 1: many, textured, noisy"),
            .number(
                "min_gap_seconds", \.minGapSeconds, in: 0.15...10,
                "shortest time between two sounds of an object, in seconds"),
            .number("max_gap_seconds", \.maxGapSeconds, in: 0.35...30, "longest such time, at least 0.2 s more"),
            .choices("cue_kinds", \.cueKinds, "kinds of cues to plant, in turn; []: all"),
            .number("cues", \.cues, in: 0...1, "fraction of videos with planted cues (bars, pans, cuts, skew, …)"),
            .number(
                "black_framing", \.blackFraming, in: 0...1,
                "arrow: fraction of videos with black bars in which faint remains creep outwards"),
            .number(
                "camera_motion", \.cameraMotion, in: 0...1,
                "arrow: fraction of videos whose camera zooms in or tilts down, nine in ten of them"),
            .flag("boxes", \.boxes, "write into truth.json where each object is in each frame"),
            .choices(
                "object_kinds", \.objectKinds,
                "kinds of objects that occur; []: all. With fewer, videos look and sound alike"),
            .number(
                "silent_movers", \.silentMovers, in: 0...1,
                "fraction of scenes with one more object, which moves and strikes and makes no sound"),
            .number(
                "unseen_sounds", \.unseenSounds, in: 0...1,
                "fraction of scenes with the sounds of one more object, which is not in the picture"),
        ])
    }
}
