/// A value that is stored beside a dataset, or in a JSON file: a plain string, number or truth value.
package enum AttributeValue: Sendable, Equatable, Codable {
    case string(String)
    case int(Int)
    case double(Double)
    case bool(Bool)

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else {
            self = .string(try container.decode(String.self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .string(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .bool(let value): try container.encode(value)
        }
    }
}

extension SpectrogramSettings {
    /// What is to be known to make the same spectrogram again, in librosa's words; the attributes of the dataset.
    ///
    /// The mel words (`n_mels`, `fmin`, `fmax`, `htk`, `norm`) are there for the kind `mel` only.
    package var attributes: [String: AttributeValue] {
        var attributes: [String: AttributeValue] = [
            "kind": .string(kind.rawValue),
            "sr": .int(sampleRate),
            "n_fft": .int(fftLength),
            "win_length": .int(windowLength),
            "hop_length": .int(hopLength),
            "window": .string(window.rawValue),
            "center": .bool(false),
            "power": .int(power),
            "log": .string(logarithm.rawValue),
            "floor": .double(floor),
            "first_sample": .string(Self.frameRule),
        ]
        if kind == .mel {
            attributes["n_mels"] = .int(melBands)
            attributes["fmin"] = .double(minFrequencyHz)
            attributes["fmax"] = .double(highestFrequencyHz)
            attributes["htk"] = .bool(melScale == .htk)
            attributes["norm"] = .string(melNorm.rawValue)
        }
        return attributes
    }

    /// Where a frame lies in time, in words.
    package static let frameRule =
        "frame i is made of samples [i*hop_length, i*hop_length + win_length); past the last sample there are zeros"

    /// Values a frame has: mel bands, or Fourier bins.
    package var bins: Int { kind == .mel ? melBands : fftLength / 2 + 1 }

    /// Frames that `samples` samples give: one for each whole hop.
    package func frameCount(samples: Int) -> Int { samples / hopLength }
}
