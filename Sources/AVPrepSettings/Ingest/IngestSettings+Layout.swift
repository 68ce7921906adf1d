package import AVPrepAudio
import AVPrepCore
package import AVPrepModel
package import AVPrepStore
import AVPrepVision

extension IngestSettings {
    /// What prepared files under these settings hold.
    ///
    /// - Parameter transforms: the plans of ``spectrograms``, in order.
    package func layout(_ transforms: [Spectrogram]) -> StoreLayout {
        let codec = video.codec.stored
        let quality = codec == .jpeg ? video.quality : nil
        var layout = StoreLayout(
            fps: video.fps, frameCodec: codec, frameQuality: quality, hasMotion: cameraMotion.enabled,
            spectrograms: transforms.map { transform in
                let kind = transform.settings
                return StoreLayout.Spectrogram(
                    name: kind.name, bins: transform.bins,
                    framesPerSecond: kind.frameRule.framesPerSecond,
                    storedType: kind.storedType == .float16 ? .float16 : .float32, attributes: kind.attributes)
            })
        layout.mayBeStabilised = mayStabilise
        if pcm.sampleRate > 0 {
            layout.pcm = StoreLayout.PCM(sampleRate: pcm.sampleRate, channels: pcm.channels)
        }
        layout.waveforms = waveforms.map {
            StoreLayout.Waveform(name: $0.name, sampleRate: $0.sampleRate, channels: $0.channels)
        }
        if flow.method != .off { layout.flow = flow.layout(fps: video.fps) }
        return layout
    }
}

extension IngestSettings {
    /// What prepared files under these settings say of themselves.
    package var preparedAttributes: [String: AttributeValue] {
        get throws {
            [
                "avprep_version": .string(Version.text),
                "config_json": .string(try CanonicalJSON.encode(ofContent)), "settings_key": .string(try key),
                Self.policyAttribute: .string(try CanonicalJSON.encode(policy)),
            ]
        }
    }

    /// The attribute of prepared files and shards that says by which policy their segments were decided.
    package static let policyAttribute = "policy_json"
}

extension FlowSettings {
    /// What is stored of flow under these settings.
    package func layout(fps: Double) -> StoreLayout.Flow {
        StoreLayout.Flow(
            directions: direction.stored, codec: codec.stored, quality: codec == .jpeg ? quality : nil,
            method: method.rawValue, preset: method.hasPresets ? preset.rawValue : nil,
            bound: codec == .float16 ? FlowHalfFloats.bound : bound, fps: fps,
            quantisation: codec == .float16 ? FlowHalfFloats.rule : FlowQuantiser.rule,
            storedType: codec == .float16 ? .float16 : .uint8, step: step, shortSide: shortSide,
            parameters: parameters)
    }
}

extension FrameSettings.Codec {
    /// How the file calls it.
    package var stored: StoreLayout.PictureCodec {
        switch self {
        case .jpeg: .jpeg
        case .png: .png
        case .raw: .raw
        }
    }
}

extension FlowSettings.Codec {
    /// How pictures of flow are stored: 16-bit floats as they are.
    package var stored: StoreLayout.PictureCodec {
        switch self {
        case .jpeg: .jpeg
        case .png: .png
        case .raw, .float16: .raw
        }
    }
}

extension FlowSettings.Direction {
    /// The directions stored, forward first.
    package var stored: [StoreLayout.FlowDirection] {
        switch self {
        case .forward: [.forward]
        case .backward: [.backward]
        case .both: [.forward, .backward]
        }
    }
}
