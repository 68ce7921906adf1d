package import AVPrepModel

/// The border detected at the four sides of a video's picture.
package struct BorderDetection: Sendable, Equatable {
    /// Margins to crop, in pixels of the probed frames, including the settings' margin. Zero where no border was found.
    package var margins: CropMargins
    /// Whether all probed frames are dark: a border cannot be detected then, and none is reported.
    package var isDark: Bool
    package var top: Side
    package var bottom: Side
    package var left: Side
    package var right: Side

    /// One side of the picture.
    package struct Side: Sendable, Equatable {
        /// Rows or columns of border, without the margin; 0 for none.
        package var depth: Int
        /// Mean level of the border, or of the outermost rows where there is no border, 0...255.
        package var level: Double
        /// How much brighter the picture is just inside the border's edge, 0...255, in the brightest probed frame.
        package var contrast: Double
        /// Fraction of the side's length along which the edge was detected, 0...1. 0 where no border was found.
        package var confidence: Double

        /// No border.
        static let none = Side(depth: 0, level: 0, contrast: 0, confidence: 0)
    }

    /// No border, and no measurements.
    static func none(isDark: Bool) -> BorderDetection {
        BorderDetection(margins: .none, isDark: isDark, top: .none, bottom: .none, left: .none, right: .none)
    }
}

/// Detects black borders: bars above and below (letterbox), left and right (pillarbox), or all around (windowbox).
///
/// A network trained on pictures with black borders can learn the codec's artefacts at the black edge instead of the
/// direction of time: on UCF101 they alone raise the arrow-of-time accuracy from 90 to 98 % (Wei et al., CVPR 2018).
package enum BlackBorder {
    /// Largest fraction of the picture's width or height that one side's border may take. A portrait film in a 16:9
    /// frame has 34 % on either side.
    static let largestShare = 0.42
    /// Smallest fraction of the width and of the height that must remain.
    static let smallestRest = 0.25
    /// Smallest fraction of the area that must remain: a lamp in the dark is not a picture inside a border.
    static let smallestRestOfArea = 0.2

    /// - Parameters:
    ///   - frames: probed frames of one video, evenly spread, all of one shape; RGB or grey. An empty list gives no
    ///     border.
    ///   - settings: method, threshold and margin.
    package static func detect(in frames: [PixelBuffer], settings: BorderSettings) -> BorderDetection {
        guard let first = frames.first, settings.method != .off else { return .none(isDark: false) }
        precondition(frames.allSatisfy { $0.hasShape(of: first) }, "probed frames must have one shape")
        var detection =
            switch settings.method {
            case .off: BorderDetection.none(isDark: false)
            case .robust: RobustBorder.detect(in: frames.map(LevelPlane.init), threshold: settings.threshold)
            case .aot: MeanLevelBorder.detect(in: frames, threshold: settings.aotThreshold)
            }
        refuseTooMuch(&detection, width: first.width, height: first.height)
        func margin(_ side: BorderDetection.Side) -> Int { side.depth > 0 ? side.depth + max(0, settings.margin) : 0 }
        detection.margins = CropMargins(
            top: margin(detection.top), bottom: margin(detection.bottom), left: margin(detection.left),
            right: margin(detection.right))
        return detection
    }

    /// Whether two bars would leave too little of a width or height.
    static func isTooMuch(_ first: Int, _ second: Int, of size: Int) -> Bool {
        let limit = Int(Double(size) * largestShare)
        return first > limit || second > limit || Double(size - first - second) < Double(size) * smallestRest
    }

    /// Removes borders that would leave too little of the picture.
    static func refuseTooMuch(_ detection: inout BorderDetection, width: Int, height: Int) {
        if isTooMuch(detection.top.depth, detection.bottom.depth, of: height) {
            detection.top.withdraw()
            detection.bottom.withdraw()
        }
        if isTooMuch(detection.left.depth, detection.right.depth, of: width) {
            detection.left.withdraw()
            detection.right.withdraw()
        }
        let restOfWidth = width - detection.left.depth - detection.right.depth
        let restOfHeight = height - detection.top.depth - detection.bottom.depth
        if Double(restOfWidth * restOfHeight) < smallestRestOfArea * Double(width * height) {
            detection.top.withdraw()
            detection.bottom.withdraw()
            detection.left.withdraw()
            detection.right.withdraw()
        }
    }
}

extension BorderDetection.Side {
    /// Keeps the measurements but reports no border.
    mutating func withdraw() {
        depth = 0
        confidence = 0
    }
}
