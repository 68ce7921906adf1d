import AVPrepCore
import AVPrepDuplicates
import AVPrepModel
import AVPrepVision
import AVPrepWorkspace
import Foundation

/// The cost of the near-duplicate search among many videos, with generated fingerprints.
struct DuplicateScale {
    let models: [VideoFingerprint]

    /// Length of each, in seconds.
    private static let seconds = 10
    /// Fraction of the bits that are inverted.
    private static let turned = 0.35

    /// Time and memory at a quarter, a half and all of `count`.
    func table(upTo count: Int) throws -> String {
        var random = SeededRandom(seed: 1)
        var rows = [["videos of \(Self.seconds) s", "search", "µs per video", "found", "peak"]]
        for target in [count / 4, count / 2, count] {
            var search = DuplicateSearch(settings: DuplicateSettings(), mirrorBits: PictureHash.mirrorBits)
            for number in 0..<target { search.add(fingerprint(&random), ofVideo: String(format: "%08d", number)) }
            let start = ProcessCost.cpuSeconds
            let found = search.matches().count
            let seconds = ProcessCost.cpuSeconds - start
            var usage = rusage()
            getrusage(RUSAGE_SELF.rawValue, &usage)
            rows.append([
                "\(target)", String(format: "%.1f s", seconds),
                String(format: "%.1f", seconds / Double(max(1, target)) * 1e6), "\(found)",
                "\(usage.ru_maxrss / 1024) MiB",
            ])
        }
        return TextTable.text(rows)
    }

    /// Excerpts of models with a third of the bits inverted, different bits for each: words as unevenly distributed as
    /// real ones, and no two videos with more in common than by accident.
    private func fingerprint(_ random: inout SeededRandom) -> VideoFingerprint {
        func turn(_ bits: Int) -> UInt64 {
            (0..<bits).reduce(0) { $0 | (random.unit() < Self.turned ? 1 << UInt64($1) : 0) }
        }
        var fingerprint = VideoFingerprint()
        while fingerprint.pictures.count < Self.seconds * VideoFingerprint.pictureRate {
            let model = models[random.below(models.count)]
            let (picture, sound) = (turn(VideoFingerprint.Picture.bitCount), UInt32(turn(32)))
            fingerprint.pictures += model.pictures.map {
                VideoFingerprint.Picture(bits: $0.bits ^ picture, weak: $0.weak)
            }
            fingerprint.sounds += model.sounds.map { $0 == 0 ? 0 : $0 ^ sound }
        }
        return fingerprint
    }
}
