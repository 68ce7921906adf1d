import AVPrepCore
import AVPrepMedia
import AVPrepPairs
import AVPrepPipeline
import AVPrepSynth
import AVPrepVision
import ArgumentParser
import Foundation

/// How well near-duplicates are found, among copies whose originals are known.
struct DuplicateBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "duplicates",
        abstract: "Measure how near-duplicates are found among copies that were made for it.",
        discussion: """
            Copies are encoded, decoded and fingerprinted as ingest does it, and all searched at once, so every pair of \
            different originals is a case that must not be found: other practice videos, and other stretches of the same \
            video. Real clips should be of different films.
            """)

    @Argument(help: "Real clips with sound.")
    var clips: [String] = []

    @Option(help: "Practice videos, of two stretches each.")
    var videos = 12

    @Option(help: "Length of a stretch in seconds.")
    var seconds = 6.0

    @Option(help: "Fingerprints made by chance for the measure of scale; 0: none.")
    var scale = 100_000

    func run() throws {
        let folder = NSTemporaryDirectory() + "avprep-duplicates-\(getpid())"
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var copies: [Copy] = []
        let start = ProcessCost.cpuSeconds
        for source in try sources() {
            for kind in DuplicateCase.Kind.allCases {
                let path = "\(folder)/case.mp4"
                try DuplicateCase(kind, of: source, number: 1).write(path)
                copies.append(
                    Copy(source: source.name, kind: kind, fingerprint: try VideoFingerprint.make(of: path)))
            }
        }
        let made = ProcessCost.cpuSeconds
        var search = DuplicateSearch(settings: DuplicateSettings(), mirrorBits: PictureHash.mirrorBits)
        for (number, copy) in copies.enumerated() { search.add(copy.fingerprint, ofVideo: Self.id(number)) }
        let matches = search.matches()
        report(copies, matches)
        print(
            String(
                format: "%d copies made and fingerprinted in %.1f s, searched in %.3f s", copies.count, made - start,
                ProcessCost.cpuSeconds - made))
        if scale > 0 { measureScale(copies.map(\.fingerprint)) }
    }

    private struct Copy {
        let source: String
        let kind: DuplicateCase.Kind
        let fingerprint: VideoFingerprint
    }

    private func sources() throws -> [DuplicateSource] {
        var sources: [DuplicateSource] = []
        for number in 0..<videos {
            sources += DuplicateSource.practice(number: number, width: 320, height: 180, seconds: seconds)
        }
        for clip in clips {
            for place in 0..<2 {
                let start = Double(place) * (seconds + 0.5)
                if let source = try DuplicateSource.real(clip, shortSide: 180, from: start, seconds: seconds) {
                    sources.append(source)
                }
            }
        }
        return sources
    }

    private static func id(_ number: Int) -> String { String(format: "%08d", number) }

    private func report(_ copies: [Copy], _ matches: [DuplicateMatch]) {
        let groups = DuplicateGroups.groups(of: matches)
        func group(_ number: Int) -> String { groups[Self.id(number)] ?? Self.id(number) }
        let originals = Dictionary(
            uniqueKeysWithValues: copies.indices.filter { copies[$0].kind == .original }.map { (copies[$0].source, $0) }
        )
        var rows = [["copy", "cases", "found"]]
        var (cases, found) = (0, 0)
        for kind in DuplicateCase.Kind.allCases where kind != .original {
            let own = copies.indices.filter { copies[$0].kind == kind }
            let hits = own.filter { number in
                originals[copies[number].source].map { group($0) == group(number) } ?? false
            }
            rows.append([kind.rawValue, "\(own.count)", percent(hits.count, own.count)])
            cases += own.count
            found += hits.count
        }
        rows.append(["all", "\(cases)", percent(found, cases)])
        print(TextTable.text(rows))
        let pairs = copies.count * (copies.count - 1) / 2
        let wrong = matches.filter { match in
            guard let first = Int(match.first), let second = Int(match.second) else { return false }
            return copies[first].source != copies[second].source
        }
        print(
            "\(matches.count) pairs of \(pairs) found, \(wrong.count) of them wrong: precision "
                + percent(matches.count - wrong.count, matches.count))
        for match in wrong.prefix(10) {
            guard let first = Int(match.first), let second = Int(match.second) else { continue }
            print("  \(copies[first].source) \(copies[first].kind) and \(copies[second].source): \(match)")
        }
    }

    private func percent(_ part: Int, _ whole: Int) -> String {
        String(format: "%.1f %%", 100 * Double(part) / Double(max(1, whole)))
    }

    /// What searching costs among many: fingerprints as of ten seconds, whose words are drawn from those of real ones.
    private func measureScale(_ models: [VideoFingerprint]) {
        let pictures = models.flatMap(\.pictures)
        let sounds = models.flatMap(\.sounds)
        var random = SeededRandom(seed: 1)
        var search = DuplicateSearch(settings: DuplicateSettings(), mirrorBits: PictureHash.mirrorBits)
        var rows = [["videos", "seconds", "µs a video", "found"]]
        var target = scale / 4
        while target <= scale {
            while search.count < target {
                // Runs of true words under a mask of their own: as frequent as true ones, and related to none.
                let mask = UInt32(truncatingIfNeeded: random.next())
                let turn = random.next() & VideoFingerprint.Picture.plain.weak
                let (first, second) = (
                    random.below(max(1, sounds.count - 80)), random.below(max(1, pictures.count - 20))
                )
                let fingerprint = VideoFingerprint(
                    pictures: pictures[second..<min(pictures.count, second + 20)].map {
                        VideoFingerprint.Picture(bits: $0.bits ^ turn, weak: $0.weak)
                    },
                    sounds: sounds[first..<min(sounds.count, first + 80)].map { $0 == 0 ? 0 : $0 ^ mask })
                search.add(fingerprint, ofVideo: Self.id(search.count))
            }
            let start = ProcessCost.cpuSeconds
            let found = search.matches().count
            let seconds = ProcessCost.cpuSeconds - start
            rows.append([
                "\(target)", String(format: "%.2f", seconds), String(format: "%.1f", seconds / Double(target) * 1e6),
                "\(found)",
            ])
            target *= 2
        }
        print(TextTable.text(rows))
    }
}
