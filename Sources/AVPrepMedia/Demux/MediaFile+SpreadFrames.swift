import AVPrepModel
import CFFmpeg

extension MediaFile {
    package func spreadFrames(count: Int) throws -> [SpreadFrame] {
        precondition(count > 0, "the number of pictures must be positive")
        guard let geometry, let video = info.video else {
            throw MediaError(.unsupported, "\(path) has no video stream")
        }
        let reader = SpreadReader(geometry: geometry, path: path)
        if info.range != nil {
            let (start, end) = (info.commonStartSeconds, info.rangeEndSeconds ?? .infinity)
            let pictures = try takePictures()
            // Key frames before the range may show another scene.
            try pictures.advance(to: start)
            return try reader.byReadingAll(pictures, count: count, before: end)
        }
        if let seconds = video.durationSeconds ?? info.durationSeconds {
            let found = try reader.bySeeking(
                takePictures(), start: video.startSeconds, seconds: seconds, count: count)
            // Too few: the video is short, cannot be sought in, or its stated duration is wrong.
            if found.count == count { return found }
        }
        return try reader.byReadingAll(takePictures(), count: count)
    }
}

/// Size of the pictures returned by ``MediaSource/spreadFrames(count:)`` for a video of the given display size.
package struct SpreadShape: Sendable, Equatable {
    package let width: Int
    package let height: Int
    /// Display pixels per picture pixel, in each direction.
    package let scale: Int

    /// Pictures whose short side is at most this many pixels are not scaled down: enough to locate a border to the
    /// pixel, at a twentieth of the work of 4K.
    private static let largestShortSide = 540
    /// The same for the long side, so that a few dozen pictures of any aspect ratio fit into memory.
    private static let largestLongSide = 8 * 540

    package init(displayWidth: Int, displayHeight: Int) {
        func factor(_ side: Int, _ largest: Int) -> Int { (side + largest - 1) / largest }
        scale = max(
            1, factor(min(displayWidth, displayHeight), Self.largestShortSide),
            factor(max(displayWidth, displayHeight), Self.largestLongSide))
        width = max(1, displayWidth / scale)
        height = max(1, displayHeight / scale)
    }
}

/// Extracts a few pictures spread over a video.
private final class SpreadReader {
    private let geometry: PictureGeometry
    private let scale: Int
    private let scaler: PictureScaler

    init(geometry: PictureGeometry, path: String) {
        self.geometry = geometry
        let shape = SpreadShape(displayWidth: geometry.displayWidth, displayHeight: geometry.displayHeight)
        scale = shape.scale
        // Plain block averages: a sharper filter would ring at the edges that are to be detected.
        scaler = PictureScaler(
            width: shape.width, height: shape.height, crop: .none, geometry: geometry, filter: SWS_AREA, path: path)
    }

    /// Seeks to the middle of each of `count` equal parts and takes the key frame before it. If that key frame was
    /// already taken, decodes on to the middle itself: however rare key frames are, no picture is decoded twice.
    ///
    /// A failed seek skips only its own picture.
    func bySeeking(_ pictures: VideoTrack, start: Double, seconds: Double, count: Int) throws -> [SpreadFrame] {
        var found: [SpreadFrame] = []
        for part in 0..<count {
            let time = start + seconds * (Double(part) + 0.5) / Double(count)
            let last = found.last?.seconds ?? -.infinity
            if let keyFrame = pictures.keyFrame(before: time), keyFrame <= last {
                try pictures.skim(to: time)
            } else {
                guard try pictures.seek(to: time), try pictures.step() else { continue }
                if let first = pictures.currentSpan?.start, first <= last { try pictures.skim(to: time) }
            }
            guard let shown = pictures.currentSpan, shown.start > last else { continue }
            found.append(try take(pictures))
        }
        return found
    }

    /// Decodes all pictures. Their number is known only at the end: every other kept picture is dropped whenever there
    /// are twice as many as requested.
    ///
    /// - Parameter end: pictures from this time on are left alone.
    func byReadingAll(_ pictures: VideoTrack, count: Int, before end: Double = .infinity) throws -> [SpreadFrame] {
        var kept: [SpreadFrame] = []
        var stride = 1
        var number = 0
        // A picture that is shown already, when a range begins, is of it.
        while try pictures.currentNumber > 0 && number == 0 || pictures.step() {
            defer { number += 1 }
            guard pictures.currentSpan.map({ $0.start < end }) ?? true else { break }
            guard number % stride == 0 else { continue }
            kept.append(try take(pictures))
            guard kept.count == 2 * count else { continue }
            kept = kept.indices.filter { $0 % 2 == 0 }.map { kept[$0] }
            stride *= 2
        }
        guard kept.count > count else { return kept }
        return (0..<count).map { kept[(2 * $0 + 1) * kept.count / (2 * count)] }
    }

    private func take(_ pictures: VideoTrack) throws -> SpreadFrame {
        let picture = PixelBuffer(width: scaler.width, height: scaler.height, channels: 3)
        try scaler.scale(pictures.current, into: picture)
        return SpreadFrame(picture: picture, seconds: pictures.currentSpan?.start ?? 0, scale: scale)
    }
}
