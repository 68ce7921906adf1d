import AVPrepCore
import AVPrepCorpus
import AVPrepStore
import Foundation

/// The rows of a manifest with their rows of a features file.
struct FoldedClips {
    let file: FeatureFile
    /// Item of the file by row of the manifest; nil where there is none.
    let items: [Int?]
    /// The clips of each item of the file.
    let clips: [[Int]]
    /// Rows of the manifest, and items of the file, that have no part in it, by reason.
    private(set) var leftOut: [String: Int] = [:]

    /// - Parameter name: of the file in reasons: `the features`.
    init(_ manifest: FoldManifest, _ file: FeatureFile, name: String) {
        self.file = file
        var clips = [[Int]](repeating: [], count: file.items.count)
        for (row, clip) in file.clips.enumerated() { clips[Int(clip.item)].append(row) }
        self.clips = clips
        var byName: [[UInt8]: [Int]] = [:]
        let parts = file.items.map { Self.parts(of: $0.path) }
        for (item, part) in parts.enumerated() { byName[part.last ?? [], default: []].append(item) }
        var used: Set<Int> = []
        var reasons: [String: Int] = [:]
        items = manifest.rows.map { row in
            let own = Self.parts(of: row.path)
            var candidates = byName[own.last ?? []] ?? []
            if candidates.count > 1 {
                // Of files with one name, that with the most folders in common, from the file on.
                let shared = candidates.map { Self.shared(parts[$0], own) }
                let most = shared.max() ?? 0
                candidates = zip(candidates, shared).filter { $0.1 == most }.map(\.0)
            }
            guard let item = candidates.first else {
                reasons["not in \(name)", default: 0] += 1
                return nil
            }
            if candidates.count > 1 || !used.insert(item).inserted {
                reasons["its name is that of several in \(name)", default: 0] += 1
                return nil
            }
            if clips[item].isEmpty {
                reasons["without a clip in \(name)", default: 0] += 1
                return nil
            }
            return item
        }
        let unlisted = file.items.count - used.count
        if unlisted > 0 { reasons["in \(name), not in the manifest", default: 0] += unlisted }
        leftOut = reasons
    }

    private static func parts(of path: String) -> [[UInt8]] {
        path.utf8.split(separator: UInt8(ascii: "/")).map(Array.init).filter { $0 != [0x2E] }
    }

    private static func shared(_ first: [[UInt8]], _ second: [[UInt8]]) -> Int {
        zip(first.reversed(), second.reversed()).prefix { $0 == $1 }.count
    }

    /// Reads the features of some rows of the manifest, clip by clip, in their order.
    ///
    /// - Returns: them, and which rows each has.
    /// - Throws: ``Failure`` for numbers that are none, and for more than memory holds.
    func matrix(of rows: [Int]) throws -> (matrix: ClipMatrix, spans: [Range<Int>]) {
        let count = rows.reduce(0) { $0 + (items[$1].map { clips[$0].count } ?? 0) }
        let needed = ClipMatrix.bytes(rows: count, dimensions: file.dimensions)
        if let available = AvailableMemory.now(), needed > available.bytes {
            throw Failure(
                "\(file.path): \(count) clips of \(file.dimensions) numbers take \(needed.byteText), and "
                    + "\(available.bytes.byteText) are left of \(available.limit); pool the features more, or take fewer clips",
                exitStatus: .badInput)
        }
        var features: [Float] = []
        features.reserveCapacity(count * file.dimensions)
        var spans: [Range<Int>] = []
        var filled = 0
        for row in rows {
            guard let item = items[row] else { preconditionFailure("a row without features") }
            let own = clips[item]
            for clip in own {
                let values = try file.features(of: clip..<clip + 1)
                guard values.allSatisfy(\.isFinite) else {
                    throw Failure(
                        "\(file.path): the features of \(file.items[item].path) at \(file.clips[clip].start.shortText) s "
                            + "are not all finite numbers; make the file again, and look at its network's weights",
                        exitStatus: .badInput)
                }
                features += values
            }
            spans.append(filled..<filled + own.count)
            filled += own.count
        }
        return (ClipMatrix(features, dimensions: file.dimensions), spans)
    }
}
