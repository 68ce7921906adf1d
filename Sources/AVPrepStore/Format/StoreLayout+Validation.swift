import AVPrepModel

extension StoreLayout {
    /// What is wrong with this layout, or nil: a layout may come from a file.
    var fault: String? {
        func isRate(_ value: Double) -> Bool { value.isFinite && value > 0 && value <= 1e6 }
        func isQuality(_ quality: Int?, for codec: PictureCodec) -> Bool {
            quality.map { codec == .jpeg && (1...100).contains($0) } ?? true
        }
        if !isRate(fps) { return "fps is \(fps)" }
        if !isQuality(frameQuality, for: frameCodec) { return "the frames' quality is not one" }
        if let flow {
            if flow.directions.isEmpty || Set(flow.directions).count != flow.directions.count {
                return "the flow's directions are \(flow.directions.map(\.rawValue))"
            }
            if !isRate(flow.fps) || !isRate(flow.bound) { return "the flow's fps or bound is not a positive number" }
            if !isQuality(flow.quality, for: flow.codec) { return "the flow's quality is not one" }
            if flow.storedType == .float16, flow.codec != .raw { return "the flow's 16-bit floats are not raw" }
            if !(1...1_000_000).contains(flow.step ?? 1) || !(0...1 << 16).contains(flow.shortSide ?? 0) {
                return "the flow's step or short side is out of range"
            }
        }
        if mayBeStabilised, !hasMotion { return "segments are stabilised without camera motion" }
        if let pcm, !(1...1_000_000).contains(pcm.sampleRate) || !(1...64).contains(pcm.channels) {
            return "pcm has \(pcm.channels) channels at \(pcm.sampleRate) Hz"
        }
        for waveform in waveforms {
            if !StoredName.isTrackName(waveform.name) { return "a waveform cannot be called \"\(waveform.name)\"" }
            if !(1...1_000_000).contains(waveform.sampleRate) || !(1...64).contains(waveform.channels) {
                return "waveform \(waveform.name) has \(waveform.channels) channels at \(waveform.sampleRate) Hz"
            }
        }
        for spectrogram in spectrograms {
            if !StoredName.isTrackName(spectrogram.name) {
                return "a spectrogram cannot be called \"\(spectrogram.name)\""
            }
            if !(1...1 << 20).contains(spectrogram.bins) || !isRate(spectrogram.framesPerSecond) {
                return "spectrogram \(spectrogram.name) has \(spectrogram.bins) bins at "
                    + "\(spectrogram.framesPerSecond) frames a second"
            }
            // What the lengths of clips are worked out from.
            for name in ["sr", "hop_length", "win_length", "n_fft"] {
                guard let number = spectrogram.attributes[name]?.number else { continue }
                if !(0...1e6).contains(number) { return "spectrogram \(spectrogram.name) has the \(name) \(number)" }
            }
        }
        let names = spectrograms.map(\.name) + waveforms.map(\.name)
        if Set(names).count != names.count { return "two datasets of sound have one name" }
        return nil
    }

    /// In which words two layouts differ, for the message that refuses to mix them.
    func difference(from other: StoreLayout) -> String? {
        if fps != other.fps { return "fps \(fps) and \(other.fps)" }
        if frameCodec != other.frameCodec || frameQuality != other.frameQuality {
            return "another codec or quality of frames"
        }
        if flow != other.flow { return "other optical flow settings" }
        if hasMotion != other.hasMotion { return "camera motion in one of them" }
        if mayBeStabilised != other.mayBeStabilised { return "stabilised segments in one of them" }
        if pcm != other.pcm { return "another sample rate or number of channels" }
        if waveforms != other.waveforms { return "other waveforms" }
        if spectrograms.map(\.name) != other.spectrograms.map(\.name) {
            return "spectrograms \(spectrograms.map(\.name)) and \(other.spectrograms.map(\.name))"
        }
        if let pair = zip(spectrograms, other.spectrograms).first(where: { $0 != $1 }) {
            return "other settings of spectrogram \(pair.0.name)"
        }
        return nil
    }
}
