import AVPrepCore
import AVPrepModel
import AVPrepStore
import AVPrepWorkspace
import Foundation

/// The files of an embedding: what is there of them, and how they are written from the parts of the items.
struct EmbedOutput {
    let path: String
    let npz: String?
    let provenance: EmbedProvenance
    /// Stands for settings, weights and items.
    let key: String
    /// Stands for the items' files as they are.
    let sources: String
    private let overwrites: Bool

    init(_ request: EmbedStage.Request, provenance: EmbedProvenance, key: String, sources: String) {
        (path, npz, overwrites) = (request.output, request.npz, request.overwrites)
        (self.provenance, self.key, self.sources) = (provenance, key, sources)
    }

    /// What an earlier call has written of the same; nil where it is to be made.
    ///
    /// - Throws: ``Failure`` for a file that is there and was made of something else.
    func existing() throws -> EmbedReport? {
        let folder = (path as NSString).deletingLastPathComponent
        AtomicFile.removeLitter(in: folder.isEmpty ? "." : folder)
        if overwrites { return nil }
        guard try ExistingFile.isThere(path) else {
            if let npz, try ExistingFile.isThere(npz) { throw isThere(npz, "") }
            return nil
        }
        let file: FeatureFile
        do {
            file = try FeatureFile(path: path)
        } catch let error as StoreError where error.code == .foreign {
            throw isThere(path, " and is no features file")
        }
        guard file.attributes[EmbedStage.Attribute.key]?.text == key else {
            throw isThere(path, ", made of other files or with other weights or settings")
        }
        guard file.attributes[EmbedStage.Attribute.sources]?.text == sources else {
            throw isThere(path, ", and some of its files have changed since")
        }
        var report = EmbedReport(file, provenance)
        report.wasThere = true
        return try export(file, report)
    }

    private func isThere(_ path: String, _ what: String) -> Failure {
        Failure(
            "\(path) is there already\(what); give --overwrite, or another file with --out or --npz",
            exitStatus: .badInput)
    }

    private func export(_ file: FeatureFile, _ report: EmbedReport) throws -> EmbedReport {
        var report = report
        if let npz {
            try file.writeNumPy(to: npz)
            report.npz = npz
        }
        return report
    }

    /// Puts all parts together, in the order of the items.
    func write(_ items: EmbedItems, _ parts: FeatureParts) throws -> EmbedReport {
        var writer: FeatureFileWriter?
        var failed: [(path: String, reason: String)] = []
        var padded = 0
        for (number, entry) in items.entries.enumerated() {
            guard let (part, features) = try parts.load(number, of: entry) else {
                throw Failure(
                    "\(entry.item.path) or \(parts.folder)/\(number) changed while it was needed; repeat the command")
            }
            if let failure = part.failure {
                failed.append((entry.item.path, failure))
                continue
            }
            let spans = stride(from: 0, to: part.spans.count, by: 2).map {
                (start: part.spans[$0], end: part.spans[$0 + 1])
            }
            let open = try writer ?? FeatureFileWriter(path: path, dimensions: part.dimensions)
            writer = open
            var item = entry.item
            item.id = part.id
            try open.append(item, spans: spans, features: features)
            padded += part.isPadded ? 1 : 0
        }
        guard let writer else {
            let reason = failed.first.map { ": \($0.reason)" } ?? ""
            parts.remove()
            throw Failure(
                "none of \(items.entries.count) files can be embedded\(reason)", exitStatus: .badInput)
        }
        try writer.finish(
            provenance: try CanonicalJSON.encode(provenance),
            attributes: [
                EmbedStage.Attribute.key: .string(key), EmbedStage.Attribute.sources: .string(sources),
                EmbedStage.Attribute.padded: .int(padded),
            ], failed: failed)
        let file = try FeatureFile(path: path)
        let report = try export(file, EmbedReport(file, provenance))
        parts.remove()
        return report
    }
}
