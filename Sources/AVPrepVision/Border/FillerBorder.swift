package import AVPrepModel

/// Bars that are not black: of one colour, or a blurred and enlarged copy of the picture, as added beside portrait
/// films in a wide frame.
package struct FillerBorder: Sendable, Equatable {
    package enum Kind: String, Sendable, Codable {
        case coloured, blurred
    }

    package var kind: Kind
    /// The bars, in pixels of the probed frames.
    package var margins: CropMargins

    /// Largest deviation, in levels, of a coloured bar's pixel from its colour.
    package static let colourTolerance = 14.0
    /// Smallest fraction of the width or height taken by a filler bar.
    package static let smallestShare = 0.04
    /// Maximum difference between the depths of the two bars, as a fraction of the width or height.
    package static let unevenness = 0.02

    /// Detects bars on two opposite sides; bars on one side only cannot be told from the picture.
    ///
    /// - Parameters:
    ///   - frames: probed RGB frames of one video, all of one shape.
    ///   - border: the detected black border; beside black bars no other kind is looked for.
    package static func detect(in frames: [PixelBuffer], beside border: CropMargins) -> FillerBorder? {
        guard let first = frames.first, first.channels == 3, border == .none else { return nil }
        for isUpright in [true, false] {
            if let margins = coloured(frames, isUpright) { return FillerBorder(kind: .coloured, margins: margins) }
        }
        let planes = frames.map(LevelPlane.init)
        for isUpright in [true, false] {
            guard let depths = BlurredEdges(planes, isUpright: isUpright).bars else { continue }
            return FillerBorder(
                kind: .blurred,
                margins: isUpright
                    ? CropMargins(left: depths.near, right: depths.far)
                    : CropMargins(top: depths.near, bottom: depths.far))
        }
        return nil
    }

    /// Bars of the colour that the two outermost lines on both sides share.
    private static func coloured(_ frames: [PixelBuffer], _ isUpright: Bool) -> CropMargins? {
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
        // Black bars belong to the other detector.
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
