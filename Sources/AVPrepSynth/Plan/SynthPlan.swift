import AVPrepMedia

/// Everything about one synthetic video, before a pixel is drawn: a pure function of the settings and its number.
///
/// Times are seconds on the presentation clock of the file. Places and sizes are pixels of the scene, which is the
/// picture less its black bars, origin top left.
package struct SynthPlan: Sendable, Equatable, Codable {
    /// Mono, samples per second.
    package static let sampleRate = 44_100

    package var number: Int
    package var seconds: Double
    package var width: Int
    package var height: Int
    package var fps: Double
    /// In order of time, without gaps; more than one where cuts are planted.
    package var scenes: [Scene]
    /// Of all scenes; `Event.object` is an index into this.
    package var objects: [Object]
    /// In order of time.
    package var events: [Event]
    package var noise: Noise
    package var cues: [SynthCue]

    /// One stretch `[startSeconds, endSeconds)` without a cut.
    package struct Scene: Sendable, Equatable, Codable {
        package var startSeconds: Double
        package var endSeconds: Double
        package var backdrop: Backdrop
        /// Where objects live: left, top, right, bottom.
        package var stage: SIMD4<Double>
        package var distractors: [Distractor]
    }

    /// The ground of a scene.
    package struct Backdrop: Sendable, Equatable, Codable {
        /// Red, green, blue, 0 … 255, at the top and the bottom of the wall, and of the floor.
        package var top: SIMD3<Float>
        package var bottom: SIMD3<Float>
        package var floor: SIMD3<Float>
        /// Size of the coarsest patches of the texture, in pixels.
        package var patchSize: Double
        /// Deviation of the texture, in grey levels.
        package var contrast: Double
        package var seed: Int
    }

    /// Something that moves smoothly and makes no sound.
    package struct Distractor: Sendable, Equatable, Codable {
        package var colour: SIMD3<Float>
        package var radius: Double
        package var centre: SIMD2<Double>
        /// Amplitude of its swing in each direction, in pixels, and the two frequencies, in Hz.
        package var swing: SIMD2<Double>
        package var frequency: SIMD2<Double>
        package var phase: Double
    }

    /// Something that makes a sound at visible moments.
    package struct Object: Sendable, Equatable, Codable {
        package var kind: SynthKind
        /// Index of its scene.
        package var scene: Int
        package var colour: SIMD3<Float>
        package var radius: Double
        /// Its timbre's frequencies are multiplied by this.
        package var pitch: Double
        /// 0 … 1: how brightly its impacts show.
        package var salience: Double
        /// When it is where: at the moments of its events, and once before the first and after the last of them,
        /// outside of its scene.
        package var stations: [Station]
    }

    /// A moment of an object's path.
    package struct Station: Sendable, Equatable, Codable {
        package var seconds: Double
        package var place: SIMD2<Double>
        /// Whether it sounds here: false for the two outside of the scene.
        package var sounds: Bool
        /// Loudness and force of the impact, 0 … 1.
        package var strength: Double
        /// Height of the arc that begins here, in pixels.
        package var arc: Double
    }

    /// A sudden moment, seen and heard.
    package struct Event: Sendable, Equatable, Codable {
        /// When it is seen.
        package var seconds: Double
        /// When its sound begins.
        package var soundSeconds: Double
        package var object: Int
        package var kind: SynthKind
        /// Where the object is then, in pixels of the stored picture: bars and camera included.
        package var place: SIMD2<Double>
        /// Amplitude of its sound over that of a full one, 0 … 1.
        package var strength: Double
        /// False where a freeze hides it, or the picture has not begun.
        package var visible: Bool
        /// False where a planted silence swallows it, or the sound has not begun or has ended.
        package var audible: Bool
    }

    /// Noise and hum under the sounds.
    package struct Noise: Sendable, Equatable, Codable {
        package var seed: Int
        /// Root mean square, full scale 1.
        package var level: Double
        /// Pole of the low-pass that colours it, 0 (white) … 1.
        package var pole: Double
        package var humHz: Double
        /// Amplitude of the hum, full scale 1.
        package var humLevel: Double
    }
}

extension SynthPlan {
    /// The planted bars; nil without.
    package var bars: SynthCue.BlackBars? {
        cues.lazy.compactMap { if case .blackBars(let bars) = $0 { bars } else { nil } }.first
    }

    /// The planted stretch of silence.
    package var silence: SynthCue.Stretch? {
        cues.lazy.compactMap { if case .silence(let stretch) = $0 { stretch } else { nil } }.first
    }

    /// The planted stretch of frozen picture.
    package var freeze: SynthCue.Stretch? {
        cues.lazy.compactMap { if case .freeze(let stretch) = $0 { stretch } else { nil } }.first
    }

    /// The planted skew.
    package var skew: SynthCue.Skew? {
        cues.lazy.compactMap { if case .skew(let skew) = $0 { skew } else { nil } }.first
    }

    /// How much later than its moment a sound comes, on the presentation clock.
    package var soundDelaySeconds: Double { skew?.mode == .content ? skew?.seconds ?? 0 : 0 }

    /// When the picture begins.
    package var pictureStartSeconds: Double { skew?.mode == .streamStart ? max(0, -(skew?.seconds ?? 0)) : 0 }

    /// When the sound begins.
    package var soundStartSeconds: Double { skew?.mode == .streamStart ? max(0, skew?.seconds ?? 0) : 0 }

    /// The camera at `seconds`: every planted path, one after the other.
    package func camera(at seconds: Double) -> SynthCue.CameraPath.Knot {
        var camera = SynthCue.CameraPath.Knot(seconds: seconds)
        for cue in cues {
            switch cue {
            case .pan(let path), .zoom(let path), .shake(let path):
                let next = path.camera(at: seconds)
                camera.x = camera.x * next.zoom + next.x
                camera.y = camera.y * next.zoom + next.y
                camera.zoom *= next.zoom
            default: break
            }
        }
        return camera
    }

    /// Presentation time of every frame, rising.
    package var frameSeconds: [Double] {
        for case .variableRate(let times) in cues { return times.seconds }
        let start = pictureStartSeconds
        return Rational(frameRate: fps).frameTimes(from: start, to: seconds)
    }

    /// Size of the scene: the picture less its bars.
    package var sceneWidth: Int { width - (bars.map { $0.left + $0.right } ?? 0) }
    package var sceneHeight: Int { height - (bars.map { $0.top + $0.bottom } ?? 0) }
}
