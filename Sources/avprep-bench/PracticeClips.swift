import AVPrepSynth

/// Clips for benchmarks that are given none.
enum PracticeClips {
    /// - Returns: the paths of four clips of six seconds in a new folder there.
    static func make(in folder: String) throws -> [String] {
        var synth = SynthSettings()
        synth.videos = 4
        synth.seconds = 6
        synth.width = 640
        synth.height = 360
        let truth = try SynthCorpus.make(synth, in: folder + "/clips", workers: 2)
        return truth.videos.map { "\(folder)/clips/\($0.file)" }
    }
}
