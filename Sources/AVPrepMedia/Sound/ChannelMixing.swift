/// How the channels of a sound stream are mixed where the ordinary downmix loses the sound.
package struct ChannelMixing: Sendable, Equatable, Codable {
    package enum Rule: String, Sendable, Codable {
        /// The right channel is the left one with its sign reversed, or nearly so: it is reversed again.
        case rightInverted = "right-inverted"
        /// One channel alone is used, because the others cancel it or the downmix leaves it out.
        case oneChannel = "one-channel"
    }

    package var rule: Rule
    /// The channel that is used alone, counted from 0.
    package var channel: Int?
    /// Level of the ordinary downmix below the loudest channel, in decibels.
    package var lossDecibels: Double

    /// Gains for each output channel and input channel, in the order that libswresample takes.
    ///
    /// - Returns: nil where the rule does not fit this number of channels.
    func gains(channels: Int, outputs: Int) -> [Double]? {
        switch rule {
        case .rightInverted:
            guard channels == 2 else { return nil }
            return outputs == 1 ? [0.5, -0.5] : [1, 0, 0, -1]
        case .oneChannel:
            guard let channel, channel < channels else { return nil }
            let row = (0..<channels).map { $0 == channel ? 1.0 : 0 }
            return Array(repeatElement(row, count: outputs).joined())
        }
    }
}
