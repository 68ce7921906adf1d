import AVPrepCore
import AVPrepPipeline
import AVPrepSynth
import AVPrepVision
import ArgumentParser
import Foundation

/// How exact and how fast optical flow is, beside OpenCV's.
struct FlowBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flow", abstract: "Measure optical flow on generated pairs with exact truth and on real clips.",
        discussion: """
            Cells are the end-point error in pixels, mean / 95th percentile, over all pixels that stay in the picture, \
            means over the cases of a kind. `warped` is the mean difference, in grey levels, of real pictures from their \
            successors warped back by the flow. Frames a second are from the least CPU time of each pair in several \
            turns, in a sequence: our methods make each picture ready once. opencv-dis is the linked OpenCV; python-… \
            is the one of the Python interpreter. One thread.
            """)

    @Argument(help: "Real clips.")
    var clips: [String] = []

    @Option(help: "Cases of each kind.")
    var cases = 6

    @Option(help: "Pixels a row.")
    var width = 456

    @Option(help: "Rows.")
    var height = 256

    @Option(help: "Turns.")
    var repeats = 5

    @Option(help: "Only candidates whose name begins so; may be given again. python-tvl1 takes up to 20 s a pair.")
    var only: [String] = []

    @Option(help: "The Python interpreter with OpenCV; `none` leaves it out.")
    var python = ".venv/bin/python"

    func run() throws {
        let folder = NSTemporaryDirectory() + "avprep-flow-\(getpid())"
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let pairs = try makePairs()
        for (number, pair) in pairs.enumerated() {
            try pair.from.writeGrey("\(folder)/\(number)-from.pgm")
            try pair.to.writeGrey("\(folder)/\(number)-to.pgm")
        }
        var candidates = FlowCandidate.ours.filter { isWanted($0.name) }
        if python != "none" { candidates += FlowCandidate.pythons.filter { isWanted($0.name) } }
        var seconds = candidates.map { _ in [Double](repeating: .infinity, count: pairs.count) }
        var fields = candidates.map { _ in [FlowField]() }
        for turn in 0..<max(1, repeats) {
            for (index, candidate) in candidates.enumerated() where turn == 0 || !candidate.isSlow {
                let result = try candidate.compute(pairs, folder: folder, python: python)
                seconds[index] = zip(seconds[index], result.seconds).map { min($0, $1) }
                if turn == 0 { fields[index] = result.fields }
            }
        }
        let kinds = FlowCase.Kind.allCases.map(\.rawValue)
        let hasReal = pairs.contains { $0.truth == nil }
        var rows = [["flow \(width) × \(height)", "fps"] + kinds + (hasReal ? ["warped"] : [])]
        for (index, candidate) in candidates.enumerated() {
            let timed = zip(pairs, seconds[index]).filter { $0.0.truth != nil }.map(\.1)
            let mean = timed.reduce(0, +) / Double(max(1, timed.count))
            var row = [candidate.name, String(format: mean < 0.1 ? "%.0f" : "%.2f", 1 / mean)]
            for kind in kinds { row.append(errors(pairs, fields[index], kind)) }
            if hasReal { row.append(warped(pairs, fields[index])) }
            rows.append(row)
        }
        print(TextTable.text(rows))
    }

    private func isWanted(_ name: String) -> Bool { only.isEmpty || only.contains { name.hasPrefix($0) } }

    private func makePairs() throws -> [FlowPair] {
        // Views of pictures about twice their size: each pixel sees the mean of several, as a camera's does.
        var scenes = (0..<4).map { number in
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
            (0..<cases).map { number in
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

    private func warped(_ pairs: [FlowPair], _ fields: [FlowField]) -> String {
        let differences = zip(pairs, fields).compactMap { pair, field in
            pair.truth == nil ? pair.warpingError(field) : nil
        }
        guard !differences.isEmpty else { return "" }
        return String(format: "%.3f", differences.reduce(0, +) / Double(differences.count))
    }
}

/// Two neighbouring pictures, and their flow where it is known.
struct FlowPair {
    let kind: String
    let from: Image8
    let to: Image8
    let truth: [Float]?

    /// Mean absolute difference, in grey levels, of `from` from `to` warped back, where the flow stays in the picture.
    func warpingError(_ field: FlowField) -> Double {
        var (sum, count) = (0.0, 0.0)
        for y in 0..<from.height {
            for x in 0..<from.width {
                let index = 2 * (y * from.width + x)
                let (tx, ty) = (Float(x) + field.vectors[index], Float(y) + field.vectors[index + 1])
                guard tx >= 0, ty >= 0, tx < Float(from.width - 1), ty < Float(from.height - 1) else { continue }
                let (left, top) = (Int(tx), Int(ty))
                let (fx, fy) = (tx - Float(left), ty - Float(top))
                func level(_ x: Int, _ y: Int) -> Float { Float(to.pixels[y * to.width + x]) }
                let above = level(left, top) * (1 - fx) + level(left + 1, top) * fx
                let below = level(left, top + 1) * (1 - fx) + level(left + 1, top + 1) * fx
                let seen = above * (1 - fy) + below * fy
                sum += Double(abs(seen - Float(from.pixels[y * from.width + x])))
                count += 1
            }
        }
        return count > 0 ? sum / count : 0
    }
}

extension Image8 {
    /// The luma of an RGB picture.
    fileprivate func grey() throws -> Image8 {
        let grey = Image8(width: width, height: height, channels: 1)
        try Grey.convert(self, into: grey)
        return grey
    }

    /// Writes a grey picture as a portable graymap.
    fileprivate func writeGrey(_ path: String) throws {
        try AtomicFile.write([UInt8]("P5 \(width) \(height) 255\n".utf8) + pixels, to: path)
    }
}
