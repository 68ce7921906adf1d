package import AVPrepModel

extension CameraMotionEstimator {
    /// Window over which velocities are averaged, in seconds: longer than a shake, shorter than a pan.
    private static let averagedSeconds = 1.0
    /// Fraction of the examined frames that must have a homography.
    package static let smallestKnownShare = 0.8
    /// Minimum median number of inliers.
    package static let fewestInliers = 12.0
    /// Fraction of the frames that must coincide with the central frame for a static camera; the rest count as
    /// outliers.
    private static let staticShare = 0.9

    /// The camera motion flags of one segment by the thresholds of the settings: those of ``finding(for:)``.
    ///
    /// - Parameter motions: one value per frame, from ``estimate(greys:)``.
    package func flags(for motions: [FrameMotion]) -> SegmentFlags { finding(for: motions).flags }

    /// The camera motion flags of one segment by the thresholds of the settings, and the measures they were decided by.
    ///
    /// - pan, tilt, zoom, roll: the velocity, averaged over a second, exceeds the threshold somewhere;
    /// - shake: the median deviation of the velocity from that average exceeds the threshold;
    /// - staticCamera: the picture is nowhere displaced by more than the tolerance;
    /// - motionUnreliable: homographies are missing or have few inliers; then no other flag is decided.
    ///
    /// - Parameter motions: one value per frame, from ``estimate(greys:)``.
    /// - Returns: the measures have the thresholds' units (picture widths where those do); empty without examined
    ///   frames.
    package func finding(for motions: [FrameMotion]) -> (flags: SegmentFlags, measures: [SegmentMeasure: Float]) {
        let wanted = motions.indices.filter { isEstimated($0, of: motions.count) }
        guard !wanted.isEmpty else { return ([], [:]) }
        let known = wanted.filter { motions[$0].isKnown }
        let inlierCounts = known.filter { $0 != motions.count / 2 }.map { Double(motions[$0].inlierCount) }
        let pictureWidth = Double(width)
        let path = Path(motions, known, fps: fps)
        func greatest(_ part: KeyPath<SIMD4<Double>, Double>) -> Double {
            path.greatestMean(of: part, over: Self.averagedSeconds)
        }
        var measures: [SegmentMeasure: Float] = [
            .motionKnownShare: Float(Double(known.count) / Double(wanted.count)),
            .panSpeed: Float(greatest(\.x) / pictureWidth), .tiltSpeed: Float(greatest(\.y) / pictureWidth),
            .zoomSpeed: Float(greatest(\.z)), .rollSpeed: Float(greatest(\.w)),
            .shakeAmount: Float(path.medianShake(over: Self.averagedSeconds) / pictureWidth),
        ]
        // In a segment of one frame, that frame is the central frame itself.
        if wanted.count > 1 { measures[.motionInliers] = Float(inlierCounts.median) }
        let shifts = known.map { meanShift(motions[$0]) / pictureWidth }.sorted()
        if !shifts.isEmpty {
            measures[.cameraDrift] = Float(shifts[Int((Self.staticShare * Double(shifts.count)).rounded(.up)) - 1])
        }
        func exceeds(_ measure: SegmentMeasure, _ threshold: Double) -> Bool {
            measures[measure].map { Double($0) > threshold } ?? false
        }
        func isBelow(_ measure: SegmentMeasure, _ threshold: Double) -> Bool {
            measures[measure].map { Double($0) < threshold } ?? false
        }
        if isBelow(.motionKnownShare, Self.smallestKnownShare) || isBelow(.motionInliers, Self.fewestInliers) {
            return (.motionUnreliable, measures)
        }
        var flags = SegmentFlags()
        if exceeds(.panSpeed, settings.panThreshold) { flags.insert(.pan) }
        if exceeds(.tiltSpeed, settings.panThreshold) { flags.insert(.tilt) }
        if exceeds(.zoomSpeed, settings.zoomThreshold) { flags.insert(.zoom) }
        if exceeds(.rollSpeed, settings.rollThreshold) { flags.insert(.roll) }
        if exceeds(.shakeAmount, settings.shakeThreshold) { flags.insert(.shake) }
        if let drift = measures[.cameraDrift], Double(drift) <= settings.staticTolerance {
            flags.insert(.staticCamera)
        }
        return (flags, measures)
    }

    /// Mean displacement by the homography, in pixels, over a grid of nine points. Not only the corners: few inliers
    /// lie beyond them, and a homography is least accurate there.
    private func meanShift(_ motion: FrameMotion) -> Double {
        let homography = Homography(elements: motion.homography.map(Double.init))
        var sum = 0.0
        for row in 0..<3 {
            for column in 0..<3 {
                let point = Point(Double(width) * (Double(column) + 0.5), Double(height) * (Double(row) + 0.5)) / 3
                let shift = homography.apply(point) - point
                sum += (shift * shift).sum().squareRoot()
            }
        }
        return sum / 9
    }

    /// The camera's path through a segment: for each known frame, its time and the accumulated pan (x), tilt (y), zoom
    /// (z) and roll (w) since the first.
    private struct Path {
        private(set) var seconds: [Double] = []
        private(set) var place: [SIMD4<Double>] = []

        init(_ motions: [FrameMotion], _ known: [Int], fps: Double) {
            for index in known {
                let motion = motions[index]
                let time = Double(index) / fps
                let velocity = SIMD4(
                    Double(motion.pan), Double(motion.tilt), Double(motion.zoom), Double(motion.roll))
                let before = place.last ?? .zero
                place.append(before + velocity * (time - (seconds.last ?? time)))
                seconds.append(time)
            }
        }

        /// The greatest absolute mean velocity over any `window` of seconds, or over the whole where that is shorter.
        /// Shake cancels out.
        func greatestMean(of part: KeyPath<SIMD4<Double>, Double>, over window: Double) -> Double {
            guard let first = seconds.first, let last = seconds.last, last > first else { return 0 }
            let length = min(window, last - first)
            var greatest = 0.0
            var end = 0
            for start in seconds.indices {
                while end < seconds.count, seconds[end] - seconds[start] < length - 1e-9 { end += 1 }
                guard end < seconds.count else { break }
                let mean = (place[end] - place[start])[keyPath: part] / (seconds[end] - seconds[start])
                greatest = max(greatest, abs(mean))
            }
            return greatest
        }

        /// The median over the steps of the deviation of the picture centre's velocity from its mean over the
        /// surrounding `window` seconds, in pixels per second.
        func medianShake(over window: Double) -> Double {
            guard seconds.count > 3 else { return 0 }
            var shakes: [Double] = []
            for step in 1..<seconds.count {
                let time = (seconds[step - 1] + seconds[step]) / 2
                let first = seconds.firstIndex { $0 >= time - window / 2 - 1e-9 } ?? 0
                let last = seconds.lastIndex { $0 <= time + window / 2 + 1e-9 } ?? seconds.count - 1
                guard last > first else { continue }
                let mean = (place[last] - place[first]) / (seconds[last] - seconds[first])
                let velocity = (place[step] - place[step - 1]) / (seconds[step] - seconds[step - 1])
                let rest = velocity - mean
                shakes.append((rest.x * rest.x + rest.y * rest.y).squareRoot())
            }
            return shakes.median
        }
    }
}
