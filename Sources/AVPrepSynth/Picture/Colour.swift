import Foundation

/// Colours as red, green, blue, 0 … 255.
enum Colour {
    static let white = SIMD3<Float>(255, 255, 255)

    /// - Parameters:
    ///   - hue: degrees on the colour circle, any number.
    ///   - saturation: 0 … 1.
    ///   - value: 0 … 1.
    static func fromHue(_ hue: Double, saturation: Double, value: Double) -> SIMD3<Float> {
        func channel(_ offset: Double) -> Float {
            let turn = (offset + hue / 60).truncatingRemainder(dividingBy: 6)
            let k = turn < 0 ? turn + 6 : turn
            return Float(255 * (value - value * saturation * max(0, min(k, 4 - k, 1))))
        }
        return SIMD3(channel(5), channel(3), channel(1))
    }

    /// `first` where `share` is 0, `second` where it is 1.
    @inline(__always)
    static func mix(_ first: SIMD3<Float>, _ second: SIMD3<Float>, _ share: Float) -> SIMD3<Float> {
        first + (second - first) * share
    }
}
