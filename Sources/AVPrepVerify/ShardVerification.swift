import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepShard
import AVPrepStore
import Foundation

/// Compares one shard and its pair file with the index.
struct ShardVerification: Sendable {
    let name: String
    let path: String
    let split: Split
    private(set) var findings: [VerifyReport.Finding] = []
    /// Whether the shard could be opened; if not, only the findings are meaningful.
    private(set) var isReadable = false
    private(set) var videos: Set<String> = []
    /// One video of each group of near-duplicates in the shard, by the group's name.
    private(set) var groups: [String: String] = [:]
    private(set) var segments = 0
    /// Number of segments of each video in the shard.
    private(set) var segmentCounts: [String: Int] = [:]
    private(set) var pairs = 0
    private(set) var bytesRead = 0

    /// Number of faulty pairs listed individually for each set.
    private static let shownPairs = 3
    private static let packAgain = "remove it and run avprep shard, which packs it again from the prepared files"
    private static let drawAgain = "avprep shard draws its pairs again"

    /// - Throws: `CancellationError`.
    init(
        _ shard: ShardIndex.Shard, of shards: ShardSet, isQuick: Bool, cancellation: Cancellation
    ) throws {
        name = shard.name
        let path = "\(shards.folder)/\(shard.name)"
        self.path = path
        split = shard.split
        // A file that differs from the one written is not opened: HDF5 trusts its input too much.
        guard
            try compareBytes(
                path, size: shard.bytes, digest: shard.sha256, isQuick, cancellation, remedy: Self.packAgain)
        else { return }
        // In quick mode the structure's checksum replaces the file's.
        if isQuick, let structure = shard.structure {
            guard let matches = read(path, remedy: Self.packAgain, { try structure.matches(path) }) else { return }
            guard matches else {
                add(.changed, path, "the SHA-256 of its structure differs from the index", Self.packAgain)
                return
            }
        }
        guard let reader = read(path, remedy: Self.packAgain, { try ShardReader(shard, in: shards.folder) }),
            read(path, remedy: Self.packAgain, { try reader.store.refuseNewerSettings() }) != nil
        else { return }
        isReadable = true
        segments = reader.segments.count
        videos = Set(reader.segments.map(\.segment.videoID))
        // A video without duplicates is a group under its own id; others packed with that group id belong to it.
        for stored in reader.segments where !stored.groupID.isEmpty {
            groups[stored.groupID] = min(groups[stored.groupID] ?? stored.segment.videoID, stored.segment.videoID)
        }
        for stored in reader.segments { segmentCounts[stored.segment.videoID, default: 0] += 1 }
        compare(reader, with: shard, shards.index)
        try verifyPairs(of: reader, shards, isQuick, cancellation)
    }

    // MARK: - Media

    /// - Returns: whether the file is unchanged, as far as it was checked.
    private mutating func compareBytes(
        _ path: String, size: Int?, digest: String, _ isQuick: Bool, _ cancellation: Cancellation, remedy: String
    ) throws -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let isGone = errno == ENOENT
            add(
                isGone ? .missing : .unreadable, path,
                "it \(isGone ? "does not exist" : "cannot be examined") (\(systemError()))",
                isGone ? remedy : VerifyReport.makeReadable)
            return false
        }
        if let size, Int(status.st_size) != size {
            add(.changed, path, "it has \(status.st_size) bytes, not \(size)", remedy)
            return false
        }
        if isQuick, size != nil { return true }
        do {
            let found = try SHA256.digest(ofFile: path) { cancellation.isCancelled }
            bytesRead += Int(status.st_size)
            if found.hex == digest.lowercased() { return true }
            add(.changed, path, "its SHA-256 is \(found.hex), not \(digest)", remedy)
        } catch let failure as ReadFailure {
            add(.unreadable, path, failure.description, VerifyReport.makeReadable)
        }
        return false
    }

    private mutating func compare(_ reader: ShardReader, with shard: ShardIndex.Shard, _ index: ShardIndex) {
        if reader.layout != index.layout {
            add(.counts, path, "its layout differs from the index", "avprep shard --compact packs all shards alike")
        }
        let frames = reader.segments.reduce(0) { $0 + $1.frames.count }
        let found = (segments, videos.count, frames)
        if found != (shard.segments, shard.videos, shard.frames) {
            add(
                .counts, path,
                "it holds \(found.0) segments of \(found.1) videos with \(found.2) frames, but the index says "
                    + "\(shard.segments), \(shard.videos), \(shard.frames)", "avprep shard writes the index again")
        }
        if (reader.attributes["content_key"]?.text ?? "") != shard.contentKey {
            add(
                .changed, path, "its content_key differs from the index",
                "avprep shard resumes an interrupted run")
        }
        let link = "\(PairFile.name(forShard: shard.name)):/pairs"
        if reader.store.pairsLink != link {
            add(
                .damaged, path, "its /pairs links to \(reader.store.pairsLink ?? "no other file"), not to \(link)",
                Self.packAgain)
        }
        let dropped = reader.segments.count(where: \.segment.decision.isDropped)
        if dropped > 0 {
            add(
                .counts, path, "\(dropped) of its segments are dropped by the policy it was packed with",
                Self.packAgain)
        }
        let others = reader.segments.count { $0.split != split }
        if others > 0 {
            add(.leak, path, "\(others) of its segments are not marked \(split.rawValue)", Self.packAgain)
        }
    }

    // MARK: - Pairs

    private mutating func verifyPairs(
        of reader: ShardReader, _ shards: ShardSet, _ isQuick: Bool, _ cancellation: Cancellation
    ) throws {
        let index = shards.index
        let pairPath = shards.pairPath(of: reader.entry)
        guard let digest = index.pairFiles[PairFile.name(forShard: name)] else {
            return add(.index, pairPath, "the index does not name it", Self.drawAgain)
        }
        // Pair files are small, so they are read even in quick mode.
        guard try compareBytes(pairPath, size: nil, digest: digest, isQuick, cancellation, remedy: Self.drawAgain)
        else { return }
        guard let sets = read(pairPath, remedy: Self.drawAgain, { try shards.storedPairSets(of: reader.entry) }) else {
            return
        }
        let known = Set(index.pairSets.map(\.name))
        let sources = reader.pairSources
        for set in sets {
            try cancellation.check()
            pairs += set.pairs.count
            if !known.contains(set.name) {
                add(.index, pairPath, "the index does not name its set \(set.name)", Self.drawAgain)
            }
            verify(set, sources, reader, Set(index.vanishedVideos), pairPath)
        }
        for set in index.pairSets where !sets.contains(where: { $0.name == set.name }) {
            guard
                let definition = try? PairSetDefinition(set.attributes, of: set.name, in: ShardIndex.fileName),
                definition.splits.contains(split),
                (set.counts[split.rawValue] ?? [:]).values.reduce(0, +) > 0,
                index.shards.count(where: { $0.split == split }) == 1
            else { continue }
            add(.pairs, pairPath, "it lacks the set \(set.name)", Self.drawAgain)
        }
    }

    private mutating func verify(
        _ set: PairSet, _ sources: [PairSource], _ reader: ShardReader, _ vanished: Set<String>,
        _ pairPath: String
    ) {
        do {
            try reader.check(set)
        } catch {
            return add(.pairs, pairPath, "\(error)", Self.drawAgain)
        }
        let definition: PairSetDefinition
        do {
            try set.attributes.refuseNewerPairSet(set.name, of: pairPath)
            definition = try PairSetDefinition(set.attributes, of: set.name, in: pairPath)
        } catch let error as StoreError where error.code == .newerFormat {
            return add(.newer, pairPath, "\(error)", VerifyReport.Finding.useNewer)
        } catch {
            return add(
                .pairs, pairPath,
                "set \(set.name) does not say how it was drawn, in words that this avprep reads: \(error)",
                "avprep pairs remove \(set.name) removes it; avprep shard leaves it as it is")
        }
        let rules = PairRules(definition)
        var counts: [PairKind: Int] = [:]
        var faults = 0
        for (row, pair) in set.pairs.enumerated() {
            counts[pair.kind, default: 0] += 1
            let (picture, sound) = (sources[Int(pair.videoSegment)], sources[Int(pair.audioSegment)])
            let fault =
                vanished.contains(picture.videoID) || vanished.contains(sound.videoID)
                ? "its video was removed from the corpus" : rules.fault(in: pair, picture: picture, sound: sound)
            guard let fault else { continue }
            faults += 1
            if faults <= Self.shownPairs {
                add(.pairs, pairPath, "pair \(row) of \(set.name): \(fault)", Self.drawAgain)
            }
        }
        if faults > Self.shownPairs {
            add(.pairs, pairPath, "\(faults) pairs of \(set.name) are wrong", Self.drawAgain)
        }
        if let fault = rules.fault(inCounts: counts) {
            add(.pairs, pairPath, "set \(set.name): \(fault)", Self.drawAgain)
        }
    }

    // MARK: - Findings

    private mutating func read<Value>(_ path: String, remedy: String, _ body: () throws -> Value) -> Value? {
        do {
            return try body()
        } catch let error as StoreError where error.code == .newerFormat {
            add(.newer, path, "\(error)", VerifyReport.Finding.useNewer)
            return nil
        } catch let error as StoreError where error.code == .unreadable {
            add(.unreadable, path, "\(error)", VerifyReport.makeReadable)
            return nil
        } catch {
            // Missing files have been reported already.
            if FileManager.default.fileExists(atPath: path) { add(.damaged, path, "\(error)", remedy) }
            return nil
        }
    }

    private mutating func add(_ code: VerifyReport.Finding.Code, _ file: String, _ detail: String, _ remedy: String) {
        findings.append(VerifyReport.Finding(code, file, detail, remedy: remedy))
    }
}
