import AVPrepCore
import AVPrepCorpus
import AVPrepStore
import Foundation

extension FoldedClips {
    /// Rows whose features are those of a row in another fold, bit for bit, with that row: a sound that is there under two
    /// names is learnt, and tested. Features without any variation, as of silence, do not count.
    func twins(of rows: [Int], _ manifest: FoldManifest) -> [(String, String)] {
        var seen: [String: Int] = [:]
        var found: [(String, String)] = []
        for row in rows {
            guard let item = items[row] else { continue }
            let digest = SHA256()
            var isConstant = true
            for clip in clips[item] {
                guard let values = try? file.features(of: clip..<clip + 1) else { continue }
                isConstant = isConstant && values.allSatisfy { $0 == values[0] }
                values.withUnsafeBytes { digest.update($0) }
            }
            if isConstant { continue }
            let key = digest.finish().hex
            if let other = seen[key] {
                if manifest.rows[other].fold != manifest.rows[row].fold {
                    found.append((manifest.rows[other].path, manifest.rows[row].path))
                }
            } else {
                seen[key] = row
            }
        }
        return found
    }
}
