import AVPrepCore
import Foundation
import TestSupport
import Testing

/// A corpus as cron finds it, week after week: a few weeks here, half a year in `make half-year`.
@Suite struct HalfYearTests {
    @Test func eachWeekCountsAddUpAndWhatStaysKeepsItsPairs() throws {
        let environment = ProcessInfo.processInfo.environment
        let weeks = environment["AVPREP_WEEKS"].flatMap { Int($0) } ?? 4
        let seed = environment["AVPREP_SEED"].flatMap { UInt64($0) } ?? 1
        try withTemporaryFolder { folder in
            var year = try SimulatedYear(folder, weeks: weeks, seed: seed)
            for week in 0..<weeks { try year.live(week) }
            try year.compareWithScratch(in: folder)
        }
    }
}

/// One corpus over the weeks, and what happened to it.
private struct SimulatedYear {
    private let corpus: CommandCorpus
    private let weeks: Int
    private let seed: UInt64
    private var random: SeededRandom
    /// Files that have not come yet.
    private var pool: [String]
    private var serial = 0
    private var log: [String] = []
    private var forgotten: [String] = []
    /// How long a refresh takes, in milliseconds.
    private var length = 500.0

    /// What a shard set says of itself, and its pairs.
    private struct Snapshot {
        /// SHA-256 of shards and of pair files, by name.
        var files: [String: String] = [:]
        var vanished: Set<String> = []
        /// The videos that the pairs of each shard use.
        var videos: [String: Set<String>] = [:]
        /// Pairs without the names of sources.
        var pairs: [String] = []
        var contentKeys: [String] = []
        /// Pairs that are not in sync, by what they are of, with the two videos and how often they are there.
        var negatives: [String: (videos: Set<String>, count: Int)] = [:]
    }

    private struct Index: Decodable {
        struct Shard: Decodable { let name, sha256, content_key: String }
        struct Set: Decodable { let name: String }
        let shards: [Shard]
        let pair_sets: [Set]
        let pair_files: [String: String]
        let vanished_videos: [String]
    }

    init(_ folder: String, weeks: Int, seed: UInt64) throws {
        (self.weeks, self.seed) = (weeks, seed)
        random = SeededRandom(seed: seed, for: "half-year")
        corpus = try CommandCorpus(folder, videos: 8 + 2 * weeks)
        pool = try FileManager.default.contentsOfDirectory(atPath: corpus.folder + "/videos")
            .filter { $0.hasSuffix(".mp4") }.sorted()
        try FileManager.default.moveItem(atPath: corpus.folder + "/videos", toPath: corpus.folder + "/pool")
        for name in ["disk", "mount"] {
            try FileManager.default.createDirectory(
                atPath: "\(corpus.folder)/\(name)", withIntermediateDirectories: true)
        }
        let settings = CommandCorpus.pipeline + "\ncorpus: {paths: [disk, mount]}\n"
        try Data(settings.utf8).write(to: URL(fileURLWithPath: corpus.folder + "/avprep.yaml"))
        for _ in 0..<8 { try add() }
    }

    // MARK: - What happens

    private mutating func note(_ text: String) { log.append(text) }

    private func files(_ place: String? = nil) throws -> [String] {
        try (place.map { [$0] } ?? ["disk", "mount"]).flatMap { place in
            try FileManager.default.contentsOfDirectory(atPath: "\(corpus.folder)/\(place)").sorted()
                .map { "\(place)/\($0)" }
        }
    }

    private mutating func anyFile() throws -> String? {
        let files = try files().filter { !forgotten.contains($0) }
        return files.isEmpty ? nil : files[random.below(files.count)]
    }

    private mutating func add() throws {
        guard !pool.isEmpty else { return }
        serial += 1
        let name = "\(random.below(2) == 0 ? "disk" : "mount")/clip-\(serial).mp4"
        try FileManager.default.moveItem(
            atPath: "\(corpus.folder)/pool/\(pool.removeFirst())", toPath: "\(corpus.folder)/\(name)")
        note("add \(name)")
    }

    private mutating func change(_ kind: Int) throws {
        guard let file = try anyFile() else { return }
        let path = "\(corpus.folder)/\(file)"
        switch kind {
        case 0:
            guard !pool.isEmpty else { return }
            note("replace \(file)")
            try Data(contentsOf: URL(fileURLWithPath: "\(corpus.folder)/pool/\(pool.removeFirst())"))
                .write(to: URL(fileURLWithPath: path))
        case 1:
            serial += 1
            let name = "\(file.hasPrefix("disk") ? "disk" : "mount")/renamed-\(serial).mp4"
            note("rename \(file) \(name)")
            try FileManager.default.moveItem(atPath: path, toPath: "\(corpus.folder)/\(name)")
        case 2:
            note("truncate \(file)")
            let content = try Data(contentsOf: URL(fileURLWithPath: path))
            try content.prefix(content.count * 2 / 3).write(to: URL(fileURLWithPath: path))
        case 3:
            guard try files(file.hasPrefix("disk") ? "disk" : "mount").count > 3 else { return }
            note("remove \(file)")
            try FileManager.default.removeItem(atPath: path)
        default:
            // A clock that jumps: times of 1970, of before, and of the next century.
            let times: [Double] = [0, -31_536_000, 4_102_444_800, 1.5]
            let time = times[random.below(times.count)]
            note("time \(file) \(time)")
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: time)], ofItemAtPath: path)
        }
    }

    mutating func live(_ week: Int) throws {
        note("week \(week)")
        let before = week == 0 ? Snapshot() : try snapshot()
        if week > 0 {
            for _ in 0..<1 + random.below(2) { try add() }
            // Each kind has its week, and others come as they like.
            try change((week - 1) % 5)
            try change(random.below(5))
        }
        if week == weeks / 2 { try loseMount() }
        if week == weeks - 1 { try forget() }
        // Killed at a random moment, now and then; the next one goes on.
        for _ in 0..<random.below(3) {
            let delay = Int(random.uniform(0...length))
            if try corpus.kill(["refresh", "-q"], afterMilliseconds: delay) { note("killed after \(delay) ms") }
        }
        try refresh(isColliding: week % 2 == 1)
        try check(before)
    }

    /// A mount that is not there: its empty folder stops the refresh, and nothing is taken for gone.
    private mutating func loseMount() throws {
        note("the mount is gone")
        let path = corpus.folder + "/mount"
        try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let refused = try corpus.run(["refresh", "-q"])
        expect(
            refused.status == 65, "a refresh without the mount ends with \(refused.status): \(refused.standardError)")
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
    }

    private mutating func forget() throws {
        guard let file = try anyFile() else { return }
        note("forget \(file)")
        let result = try corpus.run(["forget", "-q", file])
        expect(result.status == 0, "forget ends with \(result.status): \(result.standardError)")
        forgotten.append(file)
    }

    private mutating func refresh(isColliding: Bool) throws {
        let start = ContinuousClock.now
        let second: Process? = isColliding ? try begin(["refresh", "-q"]) : nil
        var result = try corpus.run(["refresh", "-q"])
        second?.waitUntilExit()
        if let second {
            let statuses = [result.status, second.terminationStatus]
            note("two at once: \(statuses)")
            expect(statuses.allSatisfy { [0, 2, 75].contains($0) }, "two refreshes at once end with \(statuses)")
            expect(statuses.contains { $0 != 75 }, "of two refreshes at once none did anything")
            if result.status == 75 { result = try corpus.run(["refresh", "-q"]) }
        }
        length = (ContinuousClock.now - start) / .milliseconds(1)
        expect([0, 2].contains(result.status), "refresh ends with \(result.status): \(result.standardError)")
    }

    private func begin(_ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Products.avprep)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: corpus.folder)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    // MARK: - What must hold

    private func expect(_ isTrue: Bool, _ text: @autoclosure () -> String) {
        guard !isTrue else { return }
        Issue.record("AVPREP_SEED=\(seed) AVPREP_WEEKS=\(weeks): \(text())\n\(log.joined(separator: "\n"))")
    }

    private func check(_ before: Snapshot) throws {
        let counts = try corpus.run(["status", "--check"])
        expect(counts.status == 0, "status --check: \(counts.standardOutput) \(counts.standardError)")
        let verify = try corpus.run(["verify", "-q", "--forgotten"])
        expect(verify.status == 0, "verify: \(verify.standardOutput) \(verify.standardError)")
        let litter = try corpus.litter()
        expect(litter == "", "litter: \(litter)")
        let after = try snapshot()
        let moved = before.vanished.symmetricDifference(after.vanished)
        for (shard, digest) in before.files where !shard.hasSuffix(".pairs.h5") && after.files[shard] != nil {
            expect(after.files[shard] == digest, "\(shard) changed")
            let used = (before.videos[shard] ?? []).union(after.videos[shard] ?? [])
            guard used.isDisjoint(with: moved) else { continue }
            let pairs = shard.dropLast(3) + ".pairs.h5"
            // One that gives no pairs, too short for instance, may come or go as well: the shard names it.
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(corpus.folder)/shards/\(shard)"))
            guard !moved.contains(where: { bytes.range(of: Data($0.utf8)) != nil }) else { continue }
            expect(
                after.files[String(pairs)] == before.files[String(pairs)],
                "the pairs of \(shard) changed; of others \(moved.sorted()) came or went")
        }
        checkNegatives(before, after)
        // A second one has nothing to do.
        let again = try corpus.run(["refresh", "-q"])
        expect(again.status == 0, "a second refresh ends with \(again.status): \(again.standardError)")
        expect(try snapshot().files == after.files, "a second refresh changed files")
    }

    /// Of two videos that stay in one shard no negative goes, whatever else went: positives may go with their negatives. (When
    /// a video comes back, what was drawn in its place goes; and one quad in a thousand is not known again.)
    private func checkNegatives(_ before: Snapshot, _ after: Snapshot) {
        guard before.vanished.isSubset(of: after.vanished) else { return }
        let staying = before.negatives.filter { pair in
            before.videos.values.contains { pair.value.videos.isSubset(of: $0) }
                && after.videos.values.contains { pair.value.videos.isSubset(of: $0) }
        }
        let lost = staying.filter { after.negatives[$0.key]?.count ?? 0 < $0.value.count }.keys.sorted()
        expect(
            lost.count * 100 <= staying.count,
            "\(lost.count) of \(staying.count) negatives of what stays are gone: \(lost.prefix(3))")
    }

    private func snapshot(_ folder: String? = nil) throws -> Snapshot {
        let folder = folder ?? corpus.folder
        let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/shards/index.json"))
        let index = try JSONDecoder().decode(Index.self, from: data)
        var found = Snapshot()
        found.vanished = Set(index.vanished_videos)
        found.contentKeys = index.shards.map { "\($0.name) \($0.content_key)" }
        for shard in index.shards {
            found.files[shard.name] = try SHA256.digest(ofFile: "\(folder)/shards/\(shard.name)").hex
        }
        for name in index.pair_files.keys {
            found.files[name] = try SHA256.digest(ofFile: "\(folder)/shards/\(name)").hex
        }
        for set in index.pair_sets {
            let rows = try Command.run(Products.avprep, ["pairs", "export", set.name], in: folder).standardOutput
            for row in rows.split(whereSeparator: \.isNewline).dropFirst() {
                let cells = row.split(separator: ",", omittingEmptySubsequences: false)
                let (picture, sound) = (cells[5], cells[9])
                for segment in [picture, sound] {
                    found.videos[String(cells[1]), default: []].insert(String(segment.prefix(32)))
                }
                if cells[3] != "positive" {
                    let name = ([Substring(set.name)] + [3, 5, 6, 9, 12].map { cells[$0] }).joined(separator: " ")
                    let videos = Set([picture, sound].map { String($0.prefix(32)) })
                    found.negatives[name] = (videos, (found.negatives[name]?.count ?? 0) + 1)
                }
                found.pairs.append(
                    ([Substring(set.name)] + cells[0...6] + cells[8...10] + cells[12...]).joined(separator: ","))
            }
        }
        return found
    }

    /// The same videos in a new workspace: the same shards, pair by pair. (Names of files that were renamed are those they
    /// had when they were prepared, so the bytes may differ in them.)
    func compareWithScratch(in folder: String) throws {
        let compact = try corpus.run(["shard", "-q", "--compact"])
        expect(compact.status == 0, "shard --compact: \(compact.standardError)")
        let scratch = folder + "/scratch"
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        for name in ["avprep.yaml", "disk", "mount"] {
            try FileManager.default.copyItem(atPath: "\(corpus.folder)/\(name)", toPath: "\(scratch)/\(name)")
        }
        for file in forgotten { try FileManager.default.removeItem(atPath: "\(scratch)/\(file)") }
        for command in ["ingest", "shard"] {
            let result = try Command.run(Products.avprep, [command, "-q"], in: scratch)
            expect([0, 2].contains(result.status), "\(command) from scratch: \(result.standardError)")
        }
        let (old, new) = try (snapshot(), snapshot(scratch))
        expect(old.contentKeys == new.contentKeys, "\(old.contentKeys) \(new.contentKeys)")
        expect(old.pairs == new.pairs, "the pairs differ from those made from scratch")
    }
}
