import AVPrepMedia

/// The complete description of a synthetic video before rendering: a pure function of the settings and its number.
///
/// Times are seconds on the presentation clock of the file. Positions and sizes are pixels of the scene, which is the
/// picture without its black bars, origin top left.
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
    /// Of an `arrow` corpus.
    package var things: [Thing] = []

    /// An interval `[startSeconds, endSeconds)` without a cut.
    package struct Scene: Sendable, Equatable, Codable {
        package var startSeconds: Double
        package var endSeconds: Double
        package var backdrop: Backdrop
        /// Region of the objects: left, top, right, bottom.
        package var stage: SIMD4<Double>
        package var distractors: [Distractor]
    }

    /// The background of a scene.
    package struct Backdrop: Sendable, Equatable, Codable {
        /// Red, green, blue, 0 … 255, at the top and the bottom of the wall, and of the floor.
        package var top: SIMD3<Float>
        package var bottom: SIMD3<Float>
        package var floor: SIMD3<Float>
        /// Size of the coarsest patches of the texture, in pixels.
        package var patchSize: Double
        /// Standard deviation of the texture, in grey levels.
        package var contrast: Double
        package var seed: Int
    }

    /// A silent, smoothly moving object.
    package struct Distractor: Sendable, Equatable, Codable {
        package var colour: SIMD3<Float>
        package var radius: Double
        package var centre: SIMD2<Double>
        /// Amplitude of its swing in each direction, in pixels, and the two frequencies, in Hz.
        package var swing: SIMD2<Double>
        package var frequency: SIMD2<Double>
        package var phase: Double
    }

    /// An object that makes sounds at visible moments.
    package struct Object: Sendable, Equatable, Codable {
        package var kind: SynthKind
        /// Index of its scene.
        package var scene: Int
        package var colour: SIMD3<Float>
        package var radius: Double
        /// Factor on the frequencies of its timbre.
        package var pitch: Double
        /// 0 … 1: how bright its impacts are.
        package var salience: Double
        /// Its positions over time: at its events, and once before the first and after the last of them, outside of its
        /// scene.
        package var stations: [Station]
        /// Whether its impacts make sounds.
        package var isHeard = true
        /// Whether it is in the picture.
        package var isSeen = true
    }

    /// A moment of an object's path.
    package struct Station: Sendable, Equatable, Codable {
        package var seconds: Double
        package var place: SIMD2<Double>
        /// Whether it makes a sound here: false for the two stations outside of the scene.
        package var sounds: Bool
        /// Loudness and force of the impact, 0 … 1.
        package var strength: Double
        /// Height of the arc that starts here, in pixels.
        package var arc: Double
    }

    /// A sudden event, visible and audible.
    package struct Event: Sendable, Equatable, Codable {
        /// When it is seen.
        package var seconds: Double
        /// When its sound starts.
        package var soundSeconds: Double
        package var object: Int
        package var kind: SynthKind
        /// Where its impact shows then, in pixels of the stored picture: including bars and camera.
        package var place: SIMD2<Double>
        /// Amplitude of its sound relative to a full one, 0 … 1.
        package var strength: Double
        /// Around the object then, of a hammer around its head, in pixels of the stored picture, of what its bars leave free:
        /// left, top, right, bottom. Nil where it does not show, and in a truth file of before.
        package var box: SIMD4<Double>?
        /// False where a freeze hides it, before the video starts, or where its object is not in the picture.
        package var visible: Bool
        /// False within a planted silence, outside of the audio, or where its object makes no sounds.
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
    /// The planted bars; nil if none.
    package var bars: SynthCue.BlackBars? {
        cues.lazy.compactMap { if case .blackBars(let bars) = $0 { bars } else { nil } }.first
    }

    /// The interval of a planted silence.
    package var silence: SynthCue.Stretch? {
        cues.lazy.compactMap { if case .silence(let stretch) = $0 { stretch } else { nil } }.first
    }

    /// The interval of a planted freeze.
    package var freeze: SynthCue.Stretch? {
        cues.lazy.compactMap { if case .freeze(let stretch) = $0 { stretch } else { nil } }.first
    }

    /// The planted skew.
    package var skew: SynthCue.Skew? {
        cues.lazy.compactMap { if case .skew(let skew) = $0 { skew } else { nil } }.first
    }

    /// Delay of an event's sound, on the presentation clock.
    package var soundDelaySeconds: Double { skew?.mode == .content ? skew?.seconds ?? 0 : 0 }

    /// When the video starts.
    package var pictureStartSeconds: Double { skew?.mode == .streamStart ? max(0, -(skew?.seconds ?? 0)) : 0 }

    /// When the audio starts.
    package var soundStartSeconds: Double { skew?.mode == .streamStart ? max(0, skew?.seconds ?? 0) : 0 }

    /// The camera at `seconds`: the composition of all planted paths.
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

    /// The position of a scene point in the stored picture.
    package func shown(_ place: SIMD2<Double>, at seconds: Double) -> SIMD2<Double> {
        let camera = camera(at: seconds)
        let centre = SIMD2(Double(sceneWidth), Double(sceneHeight)) / 2
        let corner = SIMD2(Double(bars?.left ?? 0), Double(bars?.top ?? 0))
        return centre + camera.zoom * (place - centre) + SIMD2(camera.x, camera.y) + corner
    }

    /// Presentation time of every frame, rising.
    package var frameSeconds: [Double] {
        for case .variableRate(let times) in cues { return times.seconds }
        let start = pictureStartSeconds
        return Rational(frameRate: fps).frameTimes(from: start, to: seconds)
    }

    /// Size of the scene: the picture without its bars.
    package var sceneWidth: Int { width - (bars.map { $0.left + $0.right } ?? 0) }
    package var sceneHeight: Int { height - (bars.map { $0.top + $0.bottom } ?? 0) }
}
