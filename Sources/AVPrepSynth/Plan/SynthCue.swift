/// The kinds of cue that can be planted.
package enum SynthCueKind: String, Sendable, Codable, CaseIterable {
    case blackBars = "black-bars"
    case pan
    case zoom
    case shake
    case cut
    case skew
    case silence
    case freeze
    case variableRate = "variable-rate"
}

/// A cue planted in a video, with its exact values. In JSON an object whose `cue` is the kind, with the values beside
/// it.
///
/// All times are seconds on the presentation clock of the file.
package enum SynthCue: Sendable, Equatable, Codable {
    /// Dark bars over the edges; the scene is as large as the area they leave free.
    case blackBars(BlackBars)
    /// The camera pans to and fro at constant speed.
    case pan(CameraPath)
    /// The camera zooms in and out at a constant rate.
    case zoom(CameraPath)
    /// The camera shakes.
    case shake(CameraPath)
    /// Another scene begins at each of these times.
    case cut(Cut)
    /// Video and audio start at different times, or one lags behind the other.
    case skew(Skew)
    /// Digital silence.
    case silence(Stretch)
    /// The picture is frozen as at the start of the interval; the audio continues.
    case freeze(Stretch)
    /// Frames have irregular times.
    case variableRate(FrameTimes)

    /// Bars in pixels of the stored picture.
    package struct BlackBars: Sendable, Equatable, Codable {
        package var top: Int
        package var bottom: Int
        package var left: Int
        package var right: Int
        /// Red, green and blue of the bars, 0 … 16: not always quite black.
        package var level: Int
        /// Speed outwards, in pixels a second, of faint dark remains of the picture in the bars; nil: there are none.
        package var creep: Double?

        package init(
            top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0, level: Int = 0, creep: Double? = nil
        ) {
            self.top = top
            self.bottom = bottom
            self.left = left
            self.right = right
            self.level = level
            self.creep = creep
        }
    }

    /// The camera's path as knots in order of time: constant before the first and after the last, linear between. A
    /// scene point s appears at `centre + zoom · (s − centre) + (x, y)`.
    package struct CameraPath: Sendable, Equatable, Codable {
        /// The camera at one moment.
        package struct Knot: Sendable, Equatable, Codable {
            package var seconds: Double
            /// Displacement of the picture in pixels, to the right and down.
            package var x: Double
            package var y: Double
            /// Magnification; 1 is none.
            package var zoom: Double

            package init(seconds: Double, x: Double = 0, y: Double = 0, zoom: Double = 1) {
                self.seconds = seconds
                self.x = x
                self.y = y
                self.zoom = zoom
            }
        }

        package var knots: [Knot]

        package init(knots: [Knot]) { self.knots = knots }

        /// The camera at `seconds`, by linear interpolation; at rest without knots.
        package func camera(at seconds: Double) -> Knot {
            guard let first = knots.first, let last = knots.last else { return Knot(seconds: seconds) }
            if seconds <= first.seconds { return first }
            if seconds >= last.seconds { return last }
            var low = 0
            var high = knots.count - 1
            while high - low > 1 {
                let middle = (low + high) / 2
                if knots[middle].seconds <= seconds { low = middle } else { high = middle }
            }
            let (a, b) = (knots[low], knots[high])
            let share = (seconds - a.seconds) / (b.seconds - a.seconds)
            return Knot(
                seconds: seconds, x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share,
                zoom: a.zoom + (b.zoom - a.zoom) * share)
        }
    }

    package struct Cut: Sendable, Equatable, Codable {
        /// Rising.
        package var seconds: [Double]

        package init(seconds: [Double]) { self.seconds = seconds }
    }

    package struct Skew: Sendable, Equatable, Codable {
        package enum Mode: String, Sendable, Codable {
            /// The later stream starts that much after the other; their content is in sync on the clock.
            case streamStart = "stream-start"
            /// Both start together, and the audio lags behind its video by that much.
            case content
        }

        package var mode: Mode
        /// Positive: the audio is later. Negative: the video is.
        package var seconds: Double

        package init(mode: Mode, seconds: Double) {
            self.mode = mode
            self.seconds = seconds
        }
    }

    /// The half-open interval `[startSeconds, endSeconds)`.
    package struct Stretch: Sendable, Equatable, Codable {
        package var startSeconds: Double
        package var endSeconds: Double

        package init(startSeconds: Double, endSeconds: Double) {
            self.startSeconds = startSeconds
            self.endSeconds = endSeconds
        }

        package func contains(_ seconds: Double) -> Bool { seconds >= startSeconds && seconds < endSeconds }
    }

    package struct FrameTimes: Sendable, Equatable, Codable {
        /// Presentation time of every frame, rising, whole milliseconds.
        package var seconds: [Double]

        package init(seconds: [Double]) { self.seconds = seconds }
    }

    package var kind: SynthCueKind {
        switch self {
        case .blackBars: .blackBars
        case .pan: .pan
        case .zoom: .zoom
        case .shake: .shake
        case .cut: .cut
        case .skew: .skew
        case .silence: .silence
        case .freeze: .freeze
        case .variableRate: .variableRate
        }
    }

    private enum CodingKeys: String, CodingKey { case cue }

    package init(from decoder: any Decoder) throws {
        switch try decoder.container(keyedBy: CodingKeys.self).decode(SynthCueKind.self, forKey: .cue) {
        case .blackBars: self = .blackBars(try BlackBars(from: decoder))
        case .pan: self = .pan(try CameraPath(from: decoder))
        case .zoom: self = .zoom(try CameraPath(from: decoder))
        case .shake: self = .shake(try CameraPath(from: decoder))
        case .cut: self = .cut(try Cut(from: decoder))
        case .skew: self = .skew(try Skew(from: decoder))
        case .silence: self = .silence(try Stretch(from: decoder))
        case .freeze: self = .freeze(try Stretch(from: decoder))
        case .variableRate: self = .variableRate(try FrameTimes(from: decoder))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .cue)
        switch self {
        case .blackBars(let values): try values.encode(to: encoder)
        case .pan(let values), .zoom(let values), .shake(let values): try values.encode(to: encoder)
        case .cut(let values): try values.encode(to: encoder)
        case .skew(let values): try values.encode(to: encoder)
        case .silence(let values), .freeze(let values): try values.encode(to: encoder)
        case .variableRate(let values): try values.encode(to: encoder)
        }
    }
}
