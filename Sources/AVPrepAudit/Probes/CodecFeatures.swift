import Foundation

/// What `codec` sees: how many bytes pictures take, how sharp they are, how their still parts pulse, and how far the spectrum of
/// the sound's video reaches.
///
/// Of a clip's direction it sees only the pulse of parts that stand still, and so show nothing but the codec: what moves
/// changes bytes and sharpness too, and may well tell the arrow of time.
enum CodecFeatures {
    /// Share by which sharpness has to change.
    private static let floor: Float = 0.01

    static func direction(_ measures: PictureMeasures, backwards: Bool) -> [Float] {
        let pulse = pulse(measures, backwards: backwards)
        return [pulse.growth, pulse.suddenness, pulse.deviation, measures.stillSharpness.isEmpty ? 0 : 1]
    }

    /// - Parameter soundQuality: ``SoundMeasures/quality`` as all clips of the sound's video have it on average: of a clip alone
    ///   it would tell what happens in it, which a network is to learn.
    static func pair(_ picture: PictureMeasures, soundQuality: [Float], backwards: Bool) -> [Float] {
        let bytes = Series(picture.logBytes, floor: floor)
        let sharpness = Series(picture.sharpness, floor: floor).mean
        let detail = bytes.mean - 0.5 * log(max(0.01, sharpness))
        return [bytes.mean, bytes.deviation, sharpness, detail] + soundQuality
            + direction(picture, backwards: backwards)
    }

    /// Sharpness of still parts, as shares of its mean.
    private static func pulse(_ measures: PictureMeasures, backwards: Bool) -> Series {
        let sharpness = measures.stillSharpness
        let mean = max(0.5, Series(sharpness, floor: 0).mean)
        let shares = sharpness.map { $0 / mean }
        return Series(backwards ? shares.reversed() : shares, floor: floor)
    }
}
