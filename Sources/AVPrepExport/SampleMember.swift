import AVPrepModel
package import AVPrepStore

/// One member that every sample of an export has: all samples have the same ones, which is what the readers of tar samples
/// ask for.
package struct SampleMember: Sendable, Equatable {
    /// What the member's name is after the sample's key: `frames.npy`.
    package let ending: String
    /// What it holds, for people.
    package let summary: String
    /// Its type in the words of Hugging Face's `datasets`: what a `.npy` array reads as.
    package let feature: Feature

    package enum Feature: Sendable, Equatable {
        case description
        case bytes
        /// An array: the elements' type, and the number of axes.
        case array(String, axes: Int)
    }

    /// The columns of `KEY.motion_rates.npy`, as the format names them.
    package static let motionRates = ["inlier_count", "error", "pan", "tilt", "zoom", "roll"]

    /// The members of each sample, in the order in which they are written.
    package static func all(of layout: StoreLayout, _ parts: Set<SegmentSample.Part>) -> [SampleMember] {
        var members = [
            SampleMember(
                ending: "json", summary: "source, start, size, flags and what was measured", feature: .description)
        ]
        if parts.contains(.frames) {
            let rate = "\(layout.fps) frames per second"
            members += pictures(
                "frames", layout.frameCodec, rate, raw: "uint8 [frame, y, x, RGB], \(rate)", type: "uint8", axes: 4)
        }
        if parts.contains(.pcm), let pcm = layout.pcm {
            members.append(wave("wav", sampleRate: pcm.sampleRate, channels: pcm.channels))
        }
        if parts.contains(.waveforms) {
            members += layout.waveforms.map {
                wave("\($0.name).wav", sampleRate: $0.sampleRate, channels: $0.channels)
            }
        }
        if parts.contains(.spectrograms) {
            members += layout.spectrograms.map { kind in
                SampleMember(
                    ending: "\(kind.name).npy",
                    summary:
                        "\(kind.storedType.rawValue) [frame, \(kind.bins)], \(kind.framesPerSecond) frames per second",
                    feature: .array(kind.storedType.rawValue, axes: 2))
            }
        }
        if parts.contains(.flow), let flow = layout.flow {
            let type = (flow.storedType ?? .uint8).rawValue
            let what = "optical flow (\(flow.method)), x above y, \(flow.quantisation)"
            for direction in flow.directions {
                members += pictures(
                    "flow_\(direction.rawValue)", flow.codec, what, raw: "\(type) [pair of frames, y, x], \(what)",
                    type: type, axes: 3)
            }
        }
        if parts.contains(.motion), layout.hasMotion {
            members.append(
                SampleMember(
                    ending: "motion.npy", summary: "homographies to the central frame, float32 [frame, 3, 3]",
                    feature: .array("float32", axes: 3)))
            members.append(
                SampleMember(
                    ending: "motion_rates.npy",
                    summary: "float32 [frame, \(motionRates.joined(separator: ", "))], pixels and degrees per second",
                    feature: .array("float32", axes: 2)))
        }
        return members
    }

    /// Its type as lines of a dataset card's `features`.
    var featureLines: [String] {
        switch feature {
        case .description: return SampleDescription.features(indent: "  ")
        case .bytes: return ["  - name: \(ending)", "    dtype: binary"]
        case .array(let type, let axes):
            let lists = (1..<axes).map { String(repeating: "  ", count: $0 + 1) + "list:" }
            return ["  - name: \(ending)"] + lists + [String(repeating: "  ", count: axes + 1) + "list: \(type)"]
        }
    }

    /// A column of texts beside the members.
    static func text(_ name: String) -> [String] { ["  - name: \(name)", "    dtype: string"] }

    /// The members of a sequence of pictures: encoded ones lie one after another in one array of bytes, with a second array
    /// that says where each begins and where the last one ends.
    private static func pictures(
        _ name: String, _ codec: StoreLayout.PictureCodec, _ what: String, raw: String, type: String, axes: Int
    ) -> [SampleMember] {
        guard codec != .raw else {
            return [SampleMember(ending: "\(name).npy", summary: raw, feature: .array(type, axes: axes))]
        }
        return [
            SampleMember(
                ending: "\(name).npy", summary: "\(codec.rawValue.uppercased()) files, one after another: \(what)",
                feature: .array("uint8", axes: 1)),
            SampleMember(
                ending: "\(name)_offsets.npy", summary: "where each of them begins, and where the last one ends",
                feature: .array("int64", axes: 1)),
        ]
    }

    private static func wave(_ ending: String, sampleRate: Int, channels: Int) -> SampleMember {
        let sound = channels == 1 ? "mono" : channels == 2 ? "stereo" : "\(channels) channels"
        return SampleMember(ending: ending, summary: "\(sampleRate) samples a second, \(sound)", feature: .bytes)
    }
}
