package import AVPrepCore

/// Bars that are not black: of one colour, or a blurred and enlarged copy of the picture, as portrait films get beside
/// them in a broad frame.
package struct FillerBorder: Sendable, Equatable {
    package enum Kind: String, Sendable, Codable {
        case coloured, blurred
    }

    package var kind: Kind
    /// The bars, in pixels of the probed frames.
    package var margins: CropMargins

    /// Largest difference, in levels, of a coloured bar's pixel from its colour.
    static let colourTolerance = 14.0
    /// Smallest share of the width or height that a filler bar takes.
    static let smallestShare = 0.04
    /// Sharpness of a blurred bar, as a share of the picture's, at most.
    static let blurredSharpness = 0.4
    /// Sharpness of a picture, in levels, below which nothing is told about its bars.
    static let smallestSharpness = 1.2
    /// How many times larger than beside it the step at a blurred bar's edge is, at least.
    static let smallestStep = 2.0
    /// Share of the side along which that step is seen, at least.
    static let stepShare = 0.6
    /// Lines by which the two bars may differ, as a share of the width or height.
    static let unevenness = 0.02

    /// Finds bars on two opposite sides; bars on one side alone are part of the picture for all that can be seen.
    ///
    /// - Parameters:
    ///   - frames: probed RGB frames of one video, all of one shape.
    ///   - border: the black framing that was found; beside black bars none of other kinds is looked for.
    package static func detect(in frames: [Image8], beside border: CropMargins) -> FillerBorder? {
        guard let first = frames.first, first.channels == 3, border == .none else { return nil }
        for isUpright in [true, false] {
            if let margins = coloured(frames, isUpright) { return FillerBorder(kind: .coloured, margins: margins) }
        }
        let planes = frames.map(LevelPlane.init)
        for isUpright in [true, false] {
            let profile = SharpnessProfile(planes, isUpright: isUpright)
            if let depths = profile.bars {
                let margins =
                    isUpright
                    ? CropMargins(left: depths.near, right: depths.far)
                    : CropMargins(top: depths.near, bottom: depths.far)
                return FillerBorder(kind: .blurred, margins: margins)
            }
        }
        return nil
    }

    /// Bars of the colour that the two outermost lines on both sides have.
    private static func coloured(_ frames: [Image8], _ isUpright: Bool) -> CropMargins? {
        let (width, height) = (frames[0].width, frames[0].height)
        guard width >= 16, height >= 16 else { return nil }
        var samples: [[Double]] = [[], [], []]
        for frame in frames {
            for position in stride(from: 0, to: isUpright ? height : width, by: 4) {
                for line in [0, 1, (isUpright ? width : height) - 2, (isUpright ? width : height) - 1] {
                    let pixel = isUpright ? position * width + line : line * width + position
                    for channel in 0..<3 { samples[channel].append(Double(frame.pixels[3 * pixel + channel])) }
                }
            }
        }
        let colour = samples.map { Int($0.median) }
        // Black bars are the other detector's.
        guard (colour.max() ?? 0) > 40 else { return nil }
        let distances = frames.map { LevelPlane($0, distanceFrom: colour) }
        let found = RobustBorder.detect(in: distances, threshold: colourTolerance)
        let (near, far, size) =
            isUpright ? (found.left.depth, found.right.depth, width) : (found.top.depth, found.bottom.depth, height)
        guard near > 0, far > 0, Double(min(near, far)) >= smallestShare * Double(size),
            abs(near - far) <= max(2, Int(unevenness * Double(size)))
        else { return nil }
        return isUpright ? CropMargins(left: near, right: far) : CropMargins(top: near, bottom: far)
    }
}

/// How sharp the picture is along lines, and how large the steps from line to line are: bars that are out of focus stand
/// out, and so does their edge.
private struct SharpnessProfile {
    private let lineCount: Int
    private let bandCount = 16
    /// Mean second difference along each line, in levels.
    private var sharpness: [Double]
    /// `[line, band]`: mean difference from the line before, in levels.
    private var steps: [Double]

    /// - Parameter isUpright: lines are columns, and bars left and right.
    init(_ planes: [LevelPlane], isUpright: Bool) {
        let (width, height) = (planes[0].width, planes[0].height)
        lineCount = isUpright ? width : height
        let length = isUpright ? height : width
        sharpness = Array(repeating: 0, count: lineCount)
        steps = Array(repeating: 0, count: lineCount * bandCount)
        guard length > 2 * bandCount else { return }
        let (lineStep, alongStep) = isUpright ? (1, width) : (width, 1)
        for plane in planes {
            plane.levels.withUnsafeBufferPointer { levels in
                for position in 1..<length - 1 {
                    let band = position * bandCount / length
                    for line in 0..<lineCount {
                        let pixel = line * lineStep + position * alongStep
                        let here = Int(levels[pixel])
                        let bend = Int(levels[pixel - alongStep]) + Int(levels[pixel + alongStep]) - 2 * here
                        sharpness[line] += Double(abs(bend))
                        if line > 0 {
                            steps[line * bandCount + band] += Double(abs(here - Int(levels[pixel - lineStep])))
                        }
                    }
                }
            }
        }
        let count = Double(planes.count * (length - 2))
        for line in 0..<lineCount { sharpness[line] /= count }
        for cell in steps.indices { steps[cell] *= Double(bandCount) / count }
    }

    /// Two blurred bars of about the same depth.
    var bars: (near: Int, far: Int)? {
        let size = Double(lineCount)
        let middle = sharpness[lineCount * 2 / 5..<max(lineCount * 2 / 5 + 1, lineCount * 3 / 5)]
        let inside = Array(middle).median
        guard inside >= FillerBorder.smallestSharpness else { return nil }
        let limit = FillerBorder.blurredSharpness * inside
        func depth(isFar: Bool) -> Int? {
            func line(_ depth: Int) -> Int { isFar ? lineCount - 1 - depth : depth }
            let most = Int(BlackBorder.largestShare * size)
            let least = Int(FillerBorder.smallestShare * size)
            guard least < most else { return nil }
            // The line between two that belong to the step from one to the other.
            return (max(4, least)..<most).filter { depth in
                let outer = (0..<depth).map { sharpness[line($0)] }
                let inner = (depth + 1..<depth + 1 + max(4, lineCount / 20)).map { sharpness[line($0)] }
                return outer.median <= limit && inner.median > limit
                    && stepShare(isFar ? lineCount - depth : depth) >= FillerBorder.stepShare
            }.max { stepHeight(isFar ? lineCount - $0 : $0) < stepHeight(isFar ? lineCount - $1 : $1) }
        }
        guard let near = depth(isFar: false), let far = depth(isFar: true),
            abs(near - far) <= max(2, Int(FillerBorder.unevenness * size))
        else { return nil }
        return (near, far)
    }

    /// The share of bands in which the step to a line stands out.
    private func stepShare(_ line: Int) -> Double {
        Double(
            (0..<bandCount).count { band in
                let here = steps[line * bandCount + band]
                let beside = neighbours(line).map { steps[$0 * bandCount + band] }.median
                return here >= 2 && here >= FillerBorder.smallestStep * beside
            }) / Double(bandCount)
    }

    private func stepHeight(_ line: Int) -> Double {
        steps[line * bandCount..<(line + 1) * bandCount].reduce(0, +)
    }

    private func neighbours(_ line: Int) -> [Int] {
        (3...8).flatMap { [line - $0, line + $0] }.filter { $0 > 0 && $0 < lineCount }
    }
}
