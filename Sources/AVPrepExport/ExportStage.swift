import AVPrepCore
import AVPrepShard
import AVPrepStore
package import AVPrepWorkspace
import Foundation
import Synchronization

/// What others read a data set as.
package enum ExportFormat: String, Sendable, Codable, CaseIterable {
    /// One tar a shard, one sample a segment.
    case webdataset
    /// The same tars in a folder that the Hugging Face hub and `datasets` understand, with a dataset card.
    case huggingFace = "huggingface"
}

/// What to export, and how.
package struct ExportRequest: Sendable {
    package var format = ExportFormat.webdataset
    package var parts = Set(SegmentSample.Part.allCases)
    /// The dataset card's licence, in the hub's words (`cc-by-4.0`, `mit`, …).
    package var license = "unknown"
    /// The dataset card's title.
    package var title = "An avprep data set"

    package init() {}
}

/// Shards → WebDataset tars, pair tables as CSV, and a dataset card.
package enum ExportStage {
    /// Exports into `folder`: tars, pair sets as CSV, what spectrograms are normalised with (`normalization.json`). Tars
    /// that are there already for the same shards are kept.
    ///
    /// - Throws: `StoreError`, ``Failure`` when the disk refuses or the folder holds something else; `CancellationError`.
    package static func run(
        _ workspace: Workspace, _ context: StageContext, _ request: ExportRequest, to folder: String
    ) throws -> ExportReport {
        let index = try ShardIndex.load(workspace.shards)
        let data = request.format == .huggingFace ? "\(folder)/data" : folder
        try refuseForeign(folder)
        for path in [folder, data, "\(folder)/pairs"] {
            try AtomicFile.makeFolder(path)
            AtomicFile.removeLitter(in: path)
        }
        let manifest = try ExportManifest(folder: folder)
        let progress = ProgressReporter("export", unit: "shards", style: context.progress)
        let done = Mutex(0)
        try WorkerPool.run(
            index.shards, workers: workspace.workers, isCancelled: { context.cancellation.isCancelled }
        ) { shard in
            let name = String(shard.name.dropLast(".h5".count)) + ".tar"
            let key = try CanonicalJSON.key(of: [shard.sha256, layoutVersion] + request.parts.map(\.rawValue).sorted())
            let path = "\(data)/\(name)"
            if !manifest.holds(name, key: key, path: path) {
                let reader = try index.reader(of: shard, in: workspace.shards)
                try write(reader, request.parts, to: path, context.cancellation)
                try manifest.enter(name, key: key, path: path)
            }
            progress.update(
                done: done.withLock { done in
                    done += 1
                    return done
                }, total: index.shards.count)
        }
        progress.finish()
        var pairs: [String: Int] = [:]
        for set in index.pairSets {
            pairs[set.name] = try PairSetStage.export(set.name, of: workspace, to: "\(folder)/pairs/\(set.name).csv")
        }
        if let normalization = index.normalization, request.parts.contains(.spectrograms) {
            let text = try CanonicalJSON.encode(normalization, pretty: true) + "\n"
            try AtomicFile.write(Data(text.utf8), to: "\(folder)/normalization.json")
        }
        try removeStale(index, in: data, folder)
        if request.format == .huggingFace {
            let card = try DatasetCard(index: index, workspace: workspace, request: request)
            try AtomicFile.write(Data(card.text.utf8), to: "\(folder)/README.md")
        }
        return ExportReport(
            folder: folder, format: request.format, shards: index.shards.count,
            segments: index.shards.reduce(0) { $0 + $1.segments }, pairs: pairs)
    }

    /// Another one when the members of a sample change, so that tars of an earlier avprep are written again.
    private static let layoutVersion = "2"

    /// A folder with something else in it is not for us to fill.
    private static func refuseForeign(_ folder: String) throws {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        if !names.isEmpty, !names.contains(ExportManifest.fileName) {
            throw Failure(
                "\(folder) holds other files; give an empty folder, or one of an earlier export", exitStatus: .usage)
        }
    }

    private static func removeStale(_ index: ShardIndex, in data: String, _ folder: String) throws {
        let tars = Set(index.shards.map { String($0.name.dropLast(".h5".count)) + ".tar" })
        for name in try FileManager.default.contentsOfDirectory(atPath: data)
        where name.hasSuffix(".tar") && !tars.contains(name) { unlink("\(data)/\(name)") }
        let tables = Set(index.pairSets.map { $0.name + ".csv" })
        for name in try FileManager.default.contentsOfDirectory(atPath: "\(folder)/pairs")
        where name.hasSuffix(".csv") && !tables.contains(name) { unlink("\(folder)/pairs/\(name)") }
    }

    private static func write(
        _ reader: StoreReader, _ parts: Set<SegmentSample.Part>, to path: String, _ cancellation: Cancellation
    ) throws {
        var buffer: [UInt8] = []
        try AtomicFile.write(to: path) { temporary in
            let tar = try TarWriter(path: temporary)
            for segment in reader.segments {
                try cancellation.check()
                try SegmentSample.write(segment, of: reader, parts: parts, to: tar, buffer: &buffer)
            }
            try tar.finish()
        }
    }
}

/// Which tars of an export are whole, and of what: `export.json`.
private final class ExportManifest: Sendable {
    static let fileName = "export.json"

    private struct Entry: Codable {
        let key: String
        let bytes: Int
    }

    private let path: String
    private let entries: Mutex<[String: Entry]>

    init(folder: String) throws {
        path = "\(folder)/\(Self.fileName)"
        var known: [String: Entry] = [:]
        if let data = FileManager.default.contents(atPath: path) {
            do {
                known = try StoredJSON.decode(StoredTable<Entry>.self, from: data).entries
            } catch StoredJSONError.newer(let what) {
                throw Failure(
                    "\(path) was written by a newer avprep: this one does not know \(what); export with the avprep that "
                        + "wrote it, or give another folder", exitStatus: .badInput)
            } catch {
                // What is damaged is written again, with the tars that it named.
            }
        }
        entries = Mutex(known)
        try save(known)
    }

    func holds(_ name: String, key: String, path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0, let entry = entries.withLock({ $0[name] }) else { return false }
        return entry.key == key && entry.bytes == Int(status.st_size)
    }

    func enter(_ name: String, key: String, path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Failure("cannot read \(path): \(systemError())") }
        try entries.withLock { entries in
            entries[name] = Entry(key: key, bytes: Int(status.st_size))
            try save(entries)
        }
    }

    private func save(_ entries: [String: Entry]) throws {
        try AtomicFile.write(Data((try CanonicalJSON.encode(StoredTable(entries), pretty: true) + "\n").utf8), to: path)
    }
}

/// What an export holds.
package struct ExportReport: Sendable, Codable {
    package let folder: String
    package let format: ExportFormat
    package let shards: Int
    package let segments: Int
    /// Pairs by set.
    package let pairs: [String: Int]

    package var text: String {
        let sets = pairs.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value) pairs)" }.joined(separator: ", ")
        return """
            \(segments) segments in \(shards) tars, pair sets \(sets.isEmpty ? "none" : sets), in \(folder)
            read them: webdataset.WebDataset("\(folder)\(format == .huggingFace ? "/data" : "")/train-{00000..\(last)}.tar")\
            \(format == .huggingFace ? ", or datasets.load_dataset(\"\(folder)\")" : "")
            """
    }

    private var last: String {
        let digits = String(max(0, shards - 1))
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}
