/// The practice corpus that `avprep synth` makes.
package struct SynthSettings: Sendable, Equatable, Codable {
    /// Videos to make.
    package var videos = 60
    /// Length of each, in seconds.
    package var seconds = 8.0
    package var width = 160
    package var height = 120
    package var fps = 25.0
    /// Everything is determined by this.
    package var seed: UInt64 = 1
    /// 0: few objects on plain ground, loud. 1: many, textured, noisy, quiet.
    package var difficulty = 0.3
    /// Plants cues (black bars, pan, zoom, shake, cuts, skew, silence, freeze, variable rate) in a share of the videos.
    package var cues = 0.0

    package init() {}
}
