package import AVPrepModel
import COpenCV

/// Removes the camera's motion from a segment: every frame is warped to the central one, and all are cropped to the
/// largest upright rectangle visible in every one of them, as in the Arrow of Time paper.
///
/// Outlier homographies are removed first, short gaps are interpolated, and the path is smoothed
/// (``StabiliserSettings``). Shake is removed only when ``CameraMotionSettings/everyNthFrame`` is 1: between estimated
/// frames the path is linear.
package struct Stabiliser: Sendable {
    /// Why a segment cannot be stabilised.
    package enum Discard: Equatable, Sendable, CustomStringConvertible {
        /// Homographies are missing over this many consecutive frames.
        case motionUnknown(frames: Int)
        /// The homography of this frame has too few matches, or too large an error.
        case motionDoubtful(frame: Int)
        /// The shorter side, in pixels, of the region visible in all frames.
        case commonAreaTooSmall(side: Int)

        package var description: String {
            switch self {
            case .motionUnknown(let frames): "the camera's motion is unknown over \(frames) frames"
            case .motionDoubtful(let frame): "frame \(frame) has too few or too inaccurate matches"
            case .commonAreaTooSmall(let side): "the region visible in all frames is only \(side) pixels high or wide"
            }
        }
    }

    /// How the frames of one segment are warped and cropped.
    package struct Plan: Sendable {
        /// Margins cropped from the central frame, in pixels.
        package let crop: CropMargins
        /// Size of the output frames: of the cropped region, or scaled from it.
        package let width: Int
        package let height: Int
        /// Number of frames whose homography was an outlier.
        package let rejected: Int
        /// Maps pixels of the stabilised frame to those of the frame itself.
        fileprivate let toFrame: [Homography]

        /// Maps pixels of a stabilised frame to the source frame `index`.
        package func source(at index: Int) -> Homography { toFrame[index] }

        /// The same plan for output frames with this shorter side, in pixels.
        package func scaled(shortSide: Int) -> Plan {
            let side = min(width, height)
            func length(_ old: Int) -> Int { max(1, (old * shortSide + side / 2) / side) }
            let (newWidth, newHeight) = (length(width), length(height))
            let (x, y) = (Double(width) / Double(newWidth), Double(height) / Double(newHeight))
            // Areas of pixels are preserved, not their centres: (x + ½) · scale − ½.
            let scale = Homography(SIMD3(x, 0, (x - 1) / 2), SIMD3(0, y, (y - 1) / 2), SIMD3(0, 0, 1))
            return Plan(
                crop: crop, width: newWidth, height: newHeight, rejected: rejected, toFrame: toFrame.map { $0 * scale })
        }
    }

    private let settings: StabiliserSettings
    let fps: Double
    private let width: Int
    private let height: Int

    /// - Parameters:
    ///   - fps: frames per second, > 0.
    ///   - width: pixels per row of all frames.
    ///   - height: rows of all frames.
    package init(settings: StabiliserSettings, fps: Double, width: Int, height: Int) {
        precondition(
            fps > 0 && width > 1 && height > 1, "cannot stabilise frames of \(width) × \(height) at \(fps) fps")
        self.settings = settings
        self.fps = fps
        self.width = width
        self.height = height
    }

    /// Plans how a segment's frames are warped and cropped, or gives the reason why it is discarded.
    ///
    /// - Parameter motions: one value per frame, from ``CameraMotionEstimator/estimate(greys:)``.
    package func plan(for motions: [FrameMotion]) -> Result<Plan, DiscardError> {
        if let frame = motions.firstIndex(where: { !settings.accepts($0) }) {
            return .failure(DiscardError(reason: .motionDoubtful(frame: frame)))
        }
        var path = CornerPath(motions, width: width, height: height)
        let rejected = path.rejectOutliers(least: settings.outlier)
        let gap = path.fillGaps()
        guard Double(gap) <= settings.longestGap * fps, !motions.isEmpty else {
            return .failure(DiscardError(reason: .motionUnknown(frames: gap)))
        }
        path.smooth(noise: settings.noise)
        let toCentre = motions.indices.compactMap { path.homography(at: $0) }
        let back = toCentre.compactMap(\.inverse)
        guard back.count == motions.count else {
            return .failure(DiscardError(reason: .motionUnknown(frames: motions.count - back.count)))
        }
        let area = CommonArea(toCentre, width: width, height: height).largestRectangle
        let side = min(area.columns.count, area.rows.count)
        guard Double(side) >= settings.smallestShare * Double(min(width, height)) else {
            return .failure(DiscardError(reason: .commonAreaTooSmall(side: side)))
        }
        let (left, top) = (area.columns.lowerBound, area.rows.lowerBound)
        let place = Homography(SIMD3(1, 0, Double(left)), SIMD3(0, 1, Double(top)), SIMD3(0, 0, 1))
        return .success(
            Plan(
                crop: CropMargins(
                    top: top, bottom: height - area.rows.upperBound, left: left,
                    right: width - area.columns.upperBound),
                width: area.columns.count, height: area.rows.count, rejected: rejected,
                toFrame: back.map { $0 * place }))
    }

    /// ``Discard`` as an error.
    package struct DiscardError: Error, Equatable {
        package let reason: Discard
    }

    /// Warps one frame.
    ///
    /// - Parameters:
    ///   - frame: the segment's frame `index`; 1 or 3 channels.
    ///   - stabilised: of the plan's size, with the same number of channels.
    package func warp(_ frame: PixelBuffer, index: Int, by plan: Plan, into stabilised: PixelBuffer) throws(VisionError)
    {
        precondition(
            frame.width == width && frame.height == height && stabilised.width == plan.width
                && stabilised.height == plan.height && frame.channels == stabilised.channels,
            "the frame has another shape"
        )
        try VisionError.check(
            copencv_warp(
                frame.openCV, plan.toFrame[index].elements, stabilised.pixels.baseAddress, Int32(plan.width),
                Int32(plan.height)), "warp a frame")
    }
}

/// The part of the central frame that every warped frame covers.
struct CommonArea {
    /// For each row, the pixels `first...last` inside; empty where `last < first`.
    private var first: [Double]
    private var last: [Double]

    /// - Parameter homographies: from each frame to the central one.
    init(_ homographies: [Homography], width: Int, height: Int) {
        first = Array(repeating: 0, count: height)
        last = Array(repeating: Double(width - 1), count: height)
        let rectangle = [
            Point(0, 0), Point(Double(width - 1), 0), Point(Double(width - 1), Double(height - 1)),
            Point(0, Double(height - 1)),
        ]
        for homography in homographies {
            let corners = rectangle.map(homography.apply)
            for (a, b) in zip(corners, corners.dropFirst() + corners.prefix(1)) { cut(from: a, to: b) }
        }
    }

    /// Removes what lies to the left of the edge from `a` to `b`; the inside is on its right, since y points down.
    private mutating func cut(from a: Point, to b: Point) {
        let direction = b - a
        for row in first.indices {
            // direction.x · (y − a.y) − direction.y · (x − a.x) ≥ 0; a thousandth of a pixel is negligible.
            let here = direction.x * (Double(row) - a.y)
            if abs(direction.y) < 1e-9 {
                if here < -1e-3 * abs(direction.x) { last[row] = -1 }
                continue
            }
            let limit = a.x + here / direction.y
            if direction.y > 0 {
                last[row] = min(last[row], limit + 1e-3)
            } else {
                first[row] = max(first[row], limit - 1e-3)
            }
        }
    }

    /// The largest upright rectangle inside. The area is convex, so the narrower of two rows is narrower than all rows
    /// between them.
    ///
    /// - Complexity: the square of the number of rows.
    var largestRectangle: (columns: Range<Int>, rows: Range<Int>) {
        let bounds = zip(first, last).map { (Int($0.rounded(.up)), Int($1.rounded(.down)) + 1) }
        var best = (columns: 0..<0, rows: 0..<0)
        for top in bounds.indices where bounds[top].1 > bounds[top].0 {
            for bottom in top..<bounds.count {
                let left = max(bounds[top].0, bounds[bottom].0)
                let right = min(bounds[top].1, bounds[bottom].1)
                guard right > left else { continue }
                if (right - left) * (bottom + 1 - top) > best.columns.count * best.rows.count {
                    best = (left..<right, top..<bottom + 1)
                }
            }
        }
        return best
    }
}
