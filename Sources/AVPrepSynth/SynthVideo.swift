import AVPrepCore
import Foundation

/// Draws the plan of one video.
package enum SynthVideo {
    /// The plan of video `number` of a corpus.
    ///
    /// Pure: the same for the same settings and number, whatever else is made. Each part has its own random stream, so
    /// that planting a cue changes the rest as little as possible.
    ///
    /// - Parameters:
    ///   - settings: valid ones.
    ///   - number: from 0.
    ///   - cues: replace the cues planted by the settings; at most one of a kind.
    package static func plan(_ settings: SynthSettings, number: Int, cues: [SynthCue]? = nil) -> SynthPlan {
        precondition(number >= 0, "the video number must not be negative: \(number)")
        let name = "synth/\(number)/"
        var plan = SynthPlan(
            number: number, seconds: settings.seconds, width: settings.width, height: settings.height,
            fps: settings.fps, scenes: [], objects: [], events: [],
            noise: noise(settings, SeededRandom(seed: settings.seed, for: name + "noise")), cues: [])
        plan.cues =
            cues
            ?? (settings.kind == .arrow
                ? ArrowPlanner(settings: settings, number: number).cues
                : CuePlanner(settings: settings).cues(ofVideo: number))
        var planner = ScenePlanner(settings: settings, plan: plan, name: name)
        return planner.finished()
    }

    private static func noise(_ settings: SynthSettings, _ random: SeededRandom) -> SynthPlan.Noise {
        var random = random
        // From a full sound's peak to the noise's root mean square: 50 dB at difficulty 0, 18 dB at 1.
        let level = Timbre.peak * pow(10, (-50 + 32 * settings.difficulty) / 20)
        return SynthPlan.Noise(
            seed: random.planSeed(), level: level * random.uniform(0.7...1.3), pole: random.uniform(0.2...0.95),
            humHz: random.uniform(45...130), humLevel: level * random.uniform(0...1))
    }
}

extension SeededRandom {
    /// A seed below 2^53, which JSON's numbers carry exactly.
    mutating func planSeed() -> Int { Int(next() >> 11) }

    /// True with this probability.
    package mutating func happens(_ probability: Double) -> Bool { unit() < probability }
}
