import AVPrepCases
import AVPrepCore
import AVPrepVision
import AVPrepWorkspace
import ArgumentParser
import Foundation

/// The accuracy and speed of optical flow, compared with OpenCV's.
struct FlowBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flow", abstract: "Measure optical flow on generated pairs with exact truth and on real clips.",
        discussion: """
            Cells are the end-point error in pixels, mean / 95th percentile, over all pixels that stay in the \
            picture, averaged over the cases of a kind. `warped` is the mean difference, in grey levels, between \
            pictures and their successors warped back by the flow, over the pixels at which every candidate's flow \
            stays in the picture: for the generated pairs without noise and changes of light, where the row `truth` \
            gives the residual of the exact flow, and for the real clips. Frames per second are from the minimum \
            CPU time of each pair over the turns, in a sequence: our methods prepare each picture once. opencv-dis \
            is the linked OpenCV; python-… is that of the Python interpreter, python-tvl1 opencv-contrib's, which \
            takes up to 20 seconds per pair. One thread.

            The methods' parameters were chosen on cases below 1000, without wave and crowd.

            With --pairs, pictures and their true flow come from files: PNG, PGM or PPM, and Middlebury's .flo or KITTI's \
            16-bit PNG. Errors are then over all pixels of which the flow is known, means over the pairs; outliers are \
            wrong by more than 3 pixels and 5 %.

                avprep-bench flow --pairs frame10.png frame11.png flow10.flo
                avprep-bench flow --json --pairs list.txt     # three paths a line, relative to the list
            """)

    @Argument(help: "Real clips.")
    var clips: [String] = []

    @Option(help: "Cases of each kind.")
    var cases = 6

    @Option(help: "Number of the first case, and of the first painted scene.")
    var first = 1000

    @Option(help: "Pixels per row.")
    var width = 456

    @Option(help: "Rows.")
    var height = 256

    @Option(help: "Number of turns.")
    var repeats = 5

    @Option(help: "Only candidates whose name starts with this; may be given several times.")
    var only: [String] = []

    @Option(help: "The Python interpreter with OpenCV; `none` omits it.")
    var python = ".venv/bin/python"

    @Option(
        name: .customLong("pairs"), parsing: .upToNextOption,
        help: "Files instead of generated cases: picture, next picture and true flow of each pair; or one list of them."
    )
    var pairFiles: [String] = []

    @Flag(help: "With --pairs: the result as JSON, with each pair's own numbers.")
    var json = false

    func validate() throws {
        if json, pairFiles.isEmpty { throw ValidationError("--json belongs to --pairs.") }
        if !pairFiles.isEmpty, !clips.isEmpty { throw ValidationError("--pairs needs no clips.") }
    }

    func run() throws {
        var candidates = FlowCandidate.ours.filter { isWanted($0.name) }
        if python != "none" { candidates += FlowCandidate.pythons.filter { isWanted($0.name) } }
        guard pairFiles.isEmpty else {
            let bench = FlowFileBench(
                files: try FlowFileBench.files(pairFiles), candidates: candidates, repeats: repeats, python: python)
            print(try bench.report(json: json))
            return
        }
        let folder = NSTemporaryDirectory() + "avprep-flow-\(getpid())"
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let pairs = try makePairs()
        for (number, pair) in pairs.enumerated() {
            try pair.from.writeGrey("\(folder)/\(number)-from.pgm")
            try pair.to.writeGrey("\(folder)/\(number)-to.pgm")
        }
        var seconds = candidates.map { _ in [Double](repeating: .infinity, count: pairs.count) }
        var fields = candidates.map { _ in [FlowField]() }
        for turn in 0..<max(1, repeats) {
            for (index, candidate) in candidates.enumerated() where turn == 0 || !candidate.isSlow {
                let result = try candidate.compute(pairs, folder: folder, python: python)
                seconds[index] = zip(seconds[index], result.seconds).map { min($0, $1) }
                if turn == 0 { fields[index] = result.fields }
                FileHandle.standardError.write(Data("turn \(turn + 1): \(candidate.name)\n".utf8))
            }
        }
        // The masks use the exact flow where it is known, and the first candidate's elsewhere.
        let truths = pairs.enumerated().map { number, pair in
            pair.truth.map { FlowField(width: width, height: height, vectors: $0) } ?? fields[0][number]
        }
        let masks = pairs.indices.map { number in
            fields.map { $0[number] }.reduce(pairs[number].inside(truths[number])) { mask, field in
                zip(mask, pairs[number].inside(field)).map { $0 && $1 }
            }
        }
        let kinds = FlowCase.Kind.allCases.map(\.rawValue)
        let hasReal = pairs.contains { $0.truth == nil }
        var rows = [
            ["flow \(width) × \(height)", "fps"] + kinds + ["warped"] + (hasReal ? ["warped, real"] : []),
            ["truth", ""] + kinds.map { _ in "" } + [warped(pairs, truths, masks, real: false)]
                + (hasReal ? [""] : []),
        ]
        for (index, candidate) in candidates.enumerated() {
            let timed = zip(pairs, seconds[index]).filter { $0.0.truth != nil }.map(\.1)
            let mean = timed.reduce(0, +) / Double(max(1, timed.count))
            var row = [candidate.name, String(format: mean < 0.1 ? "%.0f" : "%.2f", 1 / mean)]
            for kind in kinds { row.append(errors(pairs, fields[index], kind)) }
            row.append(warped(pairs, fields[index], masks, real: false))
            if hasReal { row.append(warped(pairs, fields[index], masks, real: true)) }
            rows.append(row)
        }
        print(TextTable.text(rows))
    }

    private func isWanted(_ name: String) -> Bool { only.isEmpty || only.contains { name.hasPrefix($0) } }

    private func makePairs() throws -> [FlowPair] {
        // Views of pictures about twice their size: each pixel averages several, like a camera's.
        var scenes = (first..<first + 4).map { number in
            CaseScene.painted(
                "flow-\(number)", width: 2 * width, height: 2 * height, frames: 1, seed: UInt64(number))
        }
        var real: [FlowPair] = []
        for clip in clips {
            let large = try CaseScene.real(clip, shortSide: 2 * height, fps: 25, from: 1, to: 1.05)
            if !large.frames.isEmpty { scenes.append(large) }
            let moving = try CaseScene.real(clip, shortSide: height, fps: 25, from: 1, to: 1.12)
            for (from, to) in zip(moving.frames, moving.frames.dropFirst()) {
                real.append(FlowPair(kind: "warped", from: try from.grey(), to: try to.grey(), truth: nil))
            }
        }
        let generated = FlowCase.Kind.allCases.flatMap { kind in
            (first..<first + cases).map { number in
                let test = FlowCase(kind, number: number, scenes: scenes, width: width, height: height)
                return FlowPair(kind: kind.rawValue, from: test.from, to: test.to, truth: test.truth)
            }
        }
        return generated + real
    }

    private func errors(_ pairs: [FlowPair], _ fields: [FlowField], _ kind: String) -> String {
        let scores = zip(pairs, fields).compactMap { pair, field in
            pair.kind == kind ? pair.truth.map { FlowScore(field, truth: $0) } : nil
        }
        guard !scores.isEmpty else { return "" }
        let count = Double(scores.count)
        return String(
            format: "%.3f / %.2f", scores.reduce(0) { $0 + $1.mean } / count,
            scores.reduce(0) { $0 + $1.percentile95 } / count)
    }

    private func warped(_ pairs: [FlowPair], _ fields: [FlowField], _ masks: [[Bool]], real: Bool) -> String {
        let changing = [FlowCase.Kind.noise, .light].map(\.rawValue)
        let differences = pairs.indices.compactMap { number in
            let pair = pairs[number]
            let counts = real ? pair.truth == nil : pair.truth != nil && !changing.contains(pair.kind)
            return counts ? pair.warpingError(fields[number], over: masks[number]) : nil
        }
        guard !differences.isEmpty else { return "" }
        return String(format: "%.3f", differences.reduce(0, +) / Double(differences.count))
    }
}
