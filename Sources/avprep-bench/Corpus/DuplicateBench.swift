import AVPrepCases
import AVPrepCore
import AVPrepDuplicates
import AVPrepIngest
import AVPrepModel
import AVPrepPairs
import AVPrepVision
import AVPrepWorkspace
import ArgumentParser
import Foundation
import Synchronization

/// The quality of near-duplicate detection, among copies with known originals.
struct DuplicateBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "duplicates",
        abstract: "Measure near-duplicate detection among generated copies.",
        discussion: """
            Copies are encoded, decoded and fingerprinted as in ingest, and all are searched at once. Excerpts of \
            one recording that overlap in time are near-duplicates; excerpts that do not are other moments of the \
            same scene, and must not be found, nor must excerpts of other recordings. Real clips must be disjoint: \
            of two copies of one film, or a film and a part of it, give only one.
            """)

    @Argument(help: "Real clips with audio.")
    var clips: [String] = []

    @Option(help: "Practice videos, of two excerpts each.")
    var videos = 16

    @Option(help: "Number of the first practice video: other numbers, other videos.")
    var first = 0

    @Option(help: "Seed of the modifications of the copies.")
    var seed = 1

    @Option(help: "Length of an excerpt in seconds.")
    var seconds = 6.0

    @Option(help: "Number of random fingerprints for the scaling measurement; 0 skips it.")
    var scale = 230_000

    func run() throws {
        let folder = NSTemporaryDirectory() + "avprep-duplicates-\(getpid())"
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let start = ProcessCost.cpuSeconds
        let copies = try copies(in: folder)
        let made = ProcessCost.cpuSeconds
        var search = DuplicateSearch(settings: DuplicateSettings(), mirrorBits: PictureHash.mirrorBits)
        for (number, copy) in copies.enumerated() { search.add(copy.fingerprint, ofVideo: Self.id(number)) }
        let matches = search.matches()
        let searched = ProcessCost.cpuSeconds
        print(report(copies, matches))
        print(
            String(
                format: "%d files made and fingerprinted in %.1f s, searched in %.3f s", copies.count, made - start,
                searched - made))
        if scale > 0 { print(try DuplicateScale(models: copies.map(\.fingerprint)).table(upTo: scale)) }
    }

    // MARK: - Copies

    private struct Copy: Sendable {
        let source: String
        let recording: String
        let kind: DuplicateCase.Kind
        let fingerprint: VideoFingerprint
    }

    /// The sources of a recording, made on demand: their pictures are large.
    private enum Recording: Sendable {
        case practice(Int)
        case clip(String)
    }

    private func copies(in folder: String) throws -> [Copy] {
        let recordings = (first..<first + videos).map(Recording.practice) + clips.map(Recording.clip)
        let copies = Mutex([Int: [Copy]]())
        try WorkerPool.run(Array(recordings.enumerated()), workers: ProcessInfo.processInfo.activeProcessorCount) {
            number, recording in
            let own = try sources(recording).flatMap { source in
                try DuplicateCase.Kind.allCases.compactMap { kind -> Copy? in
                    guard let copy = DuplicateCase(kind, of: source, number: seed) else { return nil }
                    let path = "\(folder)/\(number).mp4"
                    try copy.write(path)
                    return Copy(
                        source: source.name, recording: source.recording, kind: kind,
                        fingerprint: try VideoFingerprint.make(of: path))
                }
            }
            copies.withLock { $0[number] = own }
        }
        return copies.withLock { copies in recordings.indices.flatMap { copies[$0] ?? [] } }
    }

    private func sources(_ recording: Recording) throws -> [DuplicateSource] {
        switch recording {
        case .practice(let number):
            DuplicateSource.practice(number: number, width: 320, height: 180, seconds: seconds)
        case .clip(let path): try DuplicateSource.real(path, shortSide: 180, seconds: seconds)
        }
    }

    // MARK: - Results

    private static func id(_ number: Int) -> String { String(format: "%08d", number) }

    private func report(_ copies: [Copy], _ matches: [DuplicateMatch]) -> String {
        let groups = VideoLinks(duplicates: matches).groups()
        func group(_ number: Int) -> String { groups[Self.id(number)] ?? Self.id(number) }
        let originals = Dictionary(
            uniqueKeysWithValues: copies.indices.filter { copies[$0].kind == .original }.map { (copies[$0].source, $0) }
        )
        var rows = [["copy", "cases", "in the original's group"]]
        var (cases, found) = (0, 0)
        for kind in DuplicateCase.Kind.allCases where kind != .original {
            let own = copies.indices.filter { copies[$0].kind == kind }
            let hits = own.count { number in
                originals[copies[number].source].map { group($0) == group(number) } ?? false
            }
            rows.append([kind.rawValue, "\(own.count)", percent(hits, own.count)])
            cases += own.count
            found += hits
        }
        rows.append(["all: recall", "\(cases)", percent(found, cases)])
        let pairs = matches.compactMap { match in
            Int(match.first).flatMap { first in Int(match.second).map { (copies[first], copies[$0], match) } }
        }
        let wrong = pairs.filter { $0.0.source != $0.1.source }
        let sameScene = wrong.count { $0.0.recording == $0.1.recording }
        // Ordered pairs: each is counted twice.
        func ordered(_ key: (Copy) -> String) -> Int {
            Dictionary(grouping: copies, by: key).values.reduce(0) { $0 + $1.count * $1.count }
        }
        let scenes = (ordered(\.recording) - ordered(\.source)) / 2
        let strangers = (copies.count * copies.count - ordered(\.recording)) / 2
        let negatives = [
            ["pairs that are not duplicates", "cases", "found"],
            ["other moments of the same scene", "\(scenes)", "\(sameScene)"],
            ["other recordings", "\(strangers)", "\(wrong.count - sameScene)"],
        ]
        let precision =
            "\(pairs.count) pairs found, \(wrong.count) of them wrong: precision "
            + percent(pairs.count - wrong.count, pairs.count)
        let examples = wrong.prefix(10).map { "  \($0.source) \($0.kind) and \($1.source) \($1.kind): \($2)" }
        return ([TextTable.text(rows), TextTable.text(negatives), precision] + examples).joined(separator: "\n")
    }

    private func percent(_ part: Int, _ whole: Int) -> String {
        String(format: "%.1f %%", 100 * Double(part) / Double(max(1, whole)))
    }
}
