import AVPrepCore

extension FeatureFile {
    /// Bytes of features in memory at once.
    private static let pieceBytes = 8 << 20

    /// Writes the same as a `.npz` file, which numpy reads without pickle: `features`, `item`, `start`, `end`, a row a clip, and
    /// of the items `id`, `path`, `label`, `fold` and `recording`, a text each; `provenance`, a text.
    ///
    /// - Throws: ``StoreError`` where the features cannot be read, ``Failure`` where the file cannot be written; nothing is
    ///   left then.
    package func writeNumPy(to path: String) throws {
        try AtomicFile.write(to: path) { temporary in
            let archive = try NumPyArchive(path: temporary, shown: path)
            try archive.add("features", .float32, shape: [clips.count, dimensions]) { write in
                let rows = max(1, Self.pieceBytes / (4 * dimensions))
                for start in stride(from: 0, to: clips.count, by: rows) {
                    try features(of: start..<min(start + rows, clips.count)).withUnsafeBytes { try write($0) }
                }
            }
            try archive.add("item", .int32, clips.map(\.item))
            try archive.add("start", .float64, clips.map(\.start))
            try archive.add("end", .float64, clips.map(\.end))
            try archive.add("id", items.map(\.id))
            try archive.add("path", items.map(\.path))
            try archive.add("label", items.map(\.label))
            try archive.add("fold", items.map(\.fold))
            try archive.add("recording", items.map(\.recording))
            try archive.add("provenance", [provenance])
            try archive.finish()
        }
    }
}
