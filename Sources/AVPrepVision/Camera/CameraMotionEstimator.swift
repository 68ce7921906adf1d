package import AVPrepModel
import Foundation

/// Estimates how the camera moves through one segment. One estimator per thread; its buffers are reused.
///
/// Frames are matched to the segment's central frame (index `count / 2`), outwards from it, each starting from the
/// position of the previous one. Where the camera has moved so far that too few of the central frame's corners are
/// still in view, the last matched frame becomes the new key frame and homographies are multiplied, so that a pan of
/// ten seconds is measured to its end. Where the camera moved too far between two estimated frames, frames between them
/// are used.
///
/// The same pictures give the same numbers: RANSAC's random numbers have a fixed seed.
package final class CameraMotionEstimator {
    /// A frame with fewer inliers than this fraction of the key frame's corners becomes the new key frame.
    private static let smallestKeptShare = 0.4
    /// So does one whose scale or rotation has changed by more than this: patches are tracked without scaling or
    /// rotating them.
    private static let largestGrowth = 1.08
    private static let largestTurn = 6 * Double.pi / 180

    let settings: CameraMotionSettings
    let fps: Double
    let width: Int
    let height: Int
    private let tracker: CornerTracker
    private let trackingWidth: Int
    private let trackingHeight: Int
    private var idlePictures: [TrackedPicture] = []
    private let scaler = AreaScaler()

    /// - Parameters:
    ///   - settings: every n-th frame (n ≥ 1) is estimated.
    ///   - fps: frames per second, > 0.
    ///   - width: pixels per row of all frames.
    ///   - height: rows of all frames.
    package init(settings: CameraMotionSettings, fps: Double, width: Int, height: Int) {
        precondition(
            settings.everyNthFrame >= 1 && fps > 0, "invalid frame interval \(settings.everyNthFrame) or rate \(fps)")
        self.settings = settings
        self.fps = fps
        self.width = width
        self.height = height
        (trackingWidth, trackingHeight) = Self.trackingSize(settings, width: width, height: height)
        tracker = CornerTracker(settings: settings, width: trackingWidth, height: trackingHeight)
    }

    /// The size at which frames are tracked, in pixels: the shorter side is scaled down to that of the settings.
    package static func trackingSize(_ settings: CameraMotionSettings, width: Int, height: Int) -> (
        width: Int, height: Int
    ) {
        let scale = min(1, Double(settings.trackingSize) / Double(min(width, height)))
        return (max(1, Int((Double(width) * scale).rounded())), max(1, Int((Double(height) * scale).rounded())))
    }

    /// Whether a homography is estimated at frame `index` of `count`: at every n-th frame from the first, and at the
    /// central one.
    package func isEstimated(_ index: Int, of count: Int) -> Bool {
        settings.enabled && (index % settings.everyNthFrame == 0 || index == count / 2)
    }

    /// The camera's motion at every frame of a segment.
    ///
    /// Pan, tilt, zoom and roll are those of the camera since the previous estimated frame (the first takes the values
    /// of the second): pan > 0 when the camera turns right, so that the image moves left; tilt > 0 when it turns down;
    /// zoom > 0 when the image grows; roll > 0 when the camera turns clockwise, so that the image turns
    /// counterclockwise.
    ///
    /// - Parameter greys: the segment's frames, one channel, in order, without a cut.
    /// - Returns: one value per frame. ``FrameMotion/unknown`` where no homography was requested or none could be
    ///   estimated.
    package func estimate(greys: [PixelBuffer]) throws -> [FrameMotion] {
        for grey in greys {
            precondition(
                grey.channels == 1 && grey.width == width && grey.height == height, "the frame has another shape")
        }
        return try estimate(count: greys.count) { index, small in
            if small.hasShape(of: greys[index]) {
                small.copyPixels(from: greys[index])
            } else {
                try scaler.scale(greys[index], into: small)
            }
        }
    }

    /// The same for frames that are not all in memory.
    ///
    /// - Parameters:
    ///   - count: number of frames.
    ///   - load: fills the picture with the frame of a number, in grey at ``trackingSize(_:width:height:)``. Called in no
    ///     order, and for some frames several times.
    package func estimate(count: Int, _ load: (_ frame: Int, _ small: PixelBuffer) throws -> Void) throws
        -> [FrameMotion]
    {
        var motions = Array(repeating: FrameMotion.unknown, count: count)
        guard settings.enabled, count > 0 else { return motions }
        let centre = count / 2
        var found: [Int: Found] = [:]
        let wanted = (0..<count).filter { isEstimated($0, of: count) && $0 != centre }
        for direction in [wanted.filter { $0 > centre }, wanted.filter { $0 < centre }.reversed()] {
            var chain = Chain(key: try picture(centre, load), keyIndex: centre)
            chain.keyCornerCount = try tracker.cornerCount(of: chain.key)
            found[centre] = Found(toCentre: .identity, inlierCount: chain.keyCornerCount, error: 0)
            for index in direction { found[index] = try follow(&chain, to: index, load) }
            idlePictures.append(chain.key)
        }
        fill(&motions, from: found)
        return motions
    }

    private typealias Load = (Int, PixelBuffer) throws -> Void

    // MARK: - Tracking

    /// The position of one frame, in pixels of the tracked pictures.
    private struct Found {
        var toCentre: Homography
        var inlierCount: Int
        var error: Double
    }

    /// The state of tracking in one direction.
    private struct Chain {
        var key: TrackedPicture
        var keyIndex: Int
        var keyCornerCount = 0
        var keyToCentre = Homography.identity
        /// The last matched frame, and where points of the key frame lie in it.
        var lastIndex: Int
        var keyToLast = Homography.identity
        /// Distance in frames from the last match to the one before it, and where the earlier one's points lie in the
        /// last.
        var stepLength = 0
        var step = Homography.identity

        init(key: TrackedPicture, keyIndex: Int) {
            self.key = key
            self.keyIndex = keyIndex
            lastIndex = keyIndex
        }

        /// Makes `picture`, the frame `index` with the given position, the new key frame.
        mutating func replaceKey(by picture: TrackedPicture, index: Int, toCentre: Homography, cornerCount: Int) {
            key = picture
            keyIndex = index
            keyToCentre = toCentre
            keyCornerCount = cornerCount
            lastIndex = index
            keyToLast = .identity
        }

        /// Records the last step: from the last matched frame to frame `index`, in which the key frame's points lie at
        /// `keyToOther`.
        mutating func noteStep(to index: Int, keyToOther: Homography) {
            guard let lastToKey = keyToLast.inverse else { return }
            stepLength = index - lastIndex
            step = keyToOther * lastToKey
        }

        /// Predicted positions of the key frame's points in frame `index`: unchanged, or moved on by the last step.
        func guesses(for index: Int) -> [Homography] {
            guard stepLength != 0, step != .identity else { return [keyToLast] }
            let steps = (index - lastIndex) / stepLength
            guard steps > 0, steps <= 4, steps * stepLength == index - lastIndex else { return [keyToLast] }
            return [(0..<steps).reduce(keyToLast) { place, _ in step * place }, keyToLast]
        }
    }

    /// Matches frame `target` to the key frame; failing that, to the last matched frame; failing that, by way of the
    /// frame half-way. If there is a frame half-way, it is preferred to an unconvincing match.
    private func follow(_ chain: inout Chain, to target: Int, _ load: Load) throws -> Found? {
        let picture = try picture(target, load)
        let gap = target - chain.lastIndex
        // After an unmatched frame the motion is unknown; half the distance is as hopeless as the whole.
        let canHalve = abs(gap) > 1 && abs(gap) <= settings.everyNthFrame
        if let found = try matchToKey(&chain, picture, index: target, convincingly: canHalve) { return found }
        if chain.lastIndex != chain.keyIndex, let toKey = chain.keyToLast.inverse {
            let last = try self.picture(chain.lastIndex, load)
            idlePictures.append(chain.key)
            chain.replaceKey(
                by: last, index: chain.lastIndex, toCentre: chain.keyToCentre * toKey,
                cornerCount: try tracker.cornerCount(of: last))
            if let found = try matchToKey(&chain, picture, index: target, convincingly: canHalve) { return found }
        }
        if canHalve {
            if try follow(&chain, to: chain.lastIndex + gap / 2, load) != nil {
                idlePictures.append(picture)
                return try follow(&chain, to: target, load)
            }
            if let found = try matchToKey(&chain, picture, index: target, convincingly: false) { return found }
        }
        idlePictures.append(picture)
        return nil
    }

    /// Matches `picture` to the key frame and adds it to the chain. Keeps the picture unless it returns nil.
    private func matchToKey(
        _ chain: inout Chain, _ picture: TrackedPicture, index: Int, convincingly: Bool
    ) throws(VisionError) -> Found? {
        guard let match = try tracker.match(key: chain.key, other: picture, guesses: chain.guesses(for: index)),
            match.isConvincing || !convincingly, let toOther = match.toKey.inverse
        else { return nil }
        let toCentre = chain.keyToCentre * match.toKey
        chain.noteStep(to: index, keyToOther: toOther)
        if isFarFromKey(match, cornerCount: chain.keyCornerCount) {
            idlePictures.append(chain.key)
            chain.replaceKey(
                by: picture, index: index, toCentre: toCentre, cornerCount: try tracker.cornerCount(of: picture))
        } else {
            idlePictures.append(picture)
            chain.lastIndex = index
            chain.keyToLast = toOther
        }
        return Found(toCentre: toCentre, inlierCount: match.inlierCount, error: match.error)
    }

    /// Whether a frame shares so little with the key frame that it should replace it.
    private func isFarFromKey(_ match: CornerTracker.Match, cornerCount: Int) -> Bool {
        let middle = Point(Double(trackingWidth - 1), Double(trackingHeight - 1)) / 2
        let motion = match.toKey.localMotion(at: middle)
        return Double(match.inlierCount) < Self.smallestKeptShare * Double(cornerCount)
            || abs(log(motion.scale)) > log(Self.largestGrowth) || abs(motion.rotation) > Self.largestTurn
    }

    private func picture(_ index: Int, _ load: Load) throws -> TrackedPicture {
        let picture = try idlePictures.popLast() ?? TrackedPicture(width: trackingWidth, height: trackingHeight)
        try picture.load { try load(index, $0) }
        return picture
    }

    // MARK: - From homographies to motion

    private func fill(_ motions: inout [FrameMotion], from found: [Int: Found]) {
        let scale = Point(Double(trackingWidth) / Double(width), Double(trackingHeight) / Double(height))
        // Pixel (x, y) of a frame is at ((x + ½) · scale − ½, …) in its small copy.
        let toSmall = Homography(
            SIMD3(scale.x, 0, 0.5 * scale.x - 0.5), SIMD3(0, scale.y, 0.5 * scale.y - 0.5), SIMD3(0, 0, 1))
        let toLarge = Homography(
            SIMD3(1 / scale.x, 0, 0.5 / scale.x - 0.5), SIMD3(0, 1 / scale.y, 0.5 / scale.y - 0.5), SIMD3(0, 0, 1))
        for (index, place) in found {
            motions[index].homography = (toLarge * place.toCentre * toSmall).elements.map { Float($0) }
            motions[index].inlierCount = Int32(place.inlierCount)
            motions[index].error = Float(place.error / (scale.x * scale.y))
        }
        motions.fillRates(fps: fps, width: width, height: height)
    }
}

extension [FrameMotion] {
    /// Sets pan, tilt, zoom and roll of every known frame from the homographies to the central frame: relative to the
    /// previous known frame; the first takes the values of the second.
    ///
    /// - Parameters:
    ///   - width: of the frames, in pixels.
    ///   - height: of the frames.
    mutating func fillRates(fps: Double, width: Int, height: Int) {
        let middle = Point(Double(width - 1), Double(height - 1)) / 2
        let known = indices.filter { self[$0].isKnown }
        var before: (index: Int, toCentre: Homography)?
        for index in known {
            let toCentre = Homography(elements: self[index].homography.map(Double.init))
            if let before, let fromCentre = before.toCentre.inverse {
                let motion = (fromCentre * toCentre).localMotion(at: middle)
                let perSecond = fps / Double(index - before.index)
                self[index].pan = Float(motion.shift.x * perSecond)
                self[index].tilt = Float(motion.shift.y * perSecond)
                self[index].zoom = Float(-log(motion.scale) * perSecond)
                self[index].roll = Float(motion.rotation * 180 / .pi * perSecond)
            }
            before = (index, toCentre)
        }
        if known.count > 1 {
            let (first, second) = (known[0], known[1])
            self[first].pan = self[second].pan
            self[first].tilt = self[second].tilt
            self[first].zoom = self[second].zoom
            self[first].roll = self[second].roll
        }
    }
}
