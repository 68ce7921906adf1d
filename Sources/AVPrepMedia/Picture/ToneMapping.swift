import CFFmpeg
import Foundation

/// Maps pictures of high dynamic range or wide gamut to a standard display: BT.709 primaries, BT.1886 gamma, 0…255.
///
/// In linear light, with white at 203 cd/m² (ITU-R BT.2408): transfer function, primaries, tone curve, gamma. The tone
/// curve is a Möbius transform: linear up to `kneeLight`, then bending smoothly so that the stream's peak brightness
/// becomes 1. It is applied to the largest component and scales all three alike, so hues are kept; colours outside the
/// smaller gamut are clipped. All curves are tables, computed once.
struct ToneMapping {
    /// Reference white of the picture, in cd/m²: ITU-R BT.2408-7, table 1.
    static let whiteNits = 203.0
    /// Peak brightness assumed for a PQ stream that does not state it, in cd/m²: the mastering displays of most
    /// productions.
    static let usualPeakNits = 1000.0
    /// Peak of the display assumed for HLG, in cd/m², for which its system gamma is 1.2: ITU-R BT.2100-2, table 5.
    static let hlgPeakNits = 1000.0
    /// The tone curve is linear up to this fraction of white: the usual value of tone-mapping programs for this curve.
    static let kneeLight = 0.3
    /// Gamma of a standard display: ITU-R BT.1886.
    static let screenGamma = 2.4

    /// Linear light of each 12-bit code. Twelve bits of PQ are finer than visible steps (ITU-R BT.2390-11, 5.1).
    private let light: [Float]
    /// Row-major, from the stream's primaries to BT.709's.
    private let primaries: [Float]
    /// HLG's system gamma: a factor of scene luminance.
    private let systemGain: LightTable<Float>?
    private let curve: Curve?
    private let screenCodes: LightTable<UInt8>

    private static let codeBits = 12

    /// The part of the tone curve above the knee, `scale * (x + a) / (x + b)`.
    private struct Curve {
        let knee: Float
        let a: Float
        let b: Float
        let scale: Float

        /// - Parameter peak: the peak brightness relative to white, > 1.
        init(peak: Double) {
            let knee = ToneMapping.kneeLight
            let a = -knee * knee * (peak - 1) / (knee * knee - 2 * knee + peak)
            let b = (knee * knee - 2 * knee * peak + peak) / (peak - 1)
            self.knee = Float(knee)
            self.a = Float(a)
            self.b = Float(b)
            scale = Float((b * b + 2 * b * knee + knee * knee) / (b - a))
        }
    }

    /// - Parameter peakNits: of the stream, where it states it.
    /// - Returns: nil for pictures that a standard display shows unchanged.
    init?(for colour: PictureColour, peakNits: Double?) {
        guard colour.dynamicRange != .standard || colour.isWideGamut else { return nil }
        let codes = 0..<1 << Self.codeBits
        let top = Double(codes.upperBound - 1)
        primaries = Primaries.toBT709(from: colour.primaries).map { Float($0) }
        switch colour.dynamicRange {
        case .standard:
            light = codes.map { Float(pow(Double($0) / top, Self.screenGamma)) }
            systemGain = nil
            curve = nil
        case .pq:
            light = codes.map { Float(Self.pqNits(Double($0) / top) / Self.whiteNits) }
            systemGain = nil
            let peak = Self.peakNits(of: colour, stated: peakNits) ?? Self.usualPeakNits
            curve = peak > Self.whiteNits ? Curve(peak: peak / Self.whiteNits) : nil
        case .hlg:
            light = codes.map { Float(Self.hlgScene(Double($0) / top)) }
            systemGain = LightTable { Float(pow($0, 0.2) * Self.hlgPeakNits / Self.whiteNits) }
            curve = Curve(peak: Self.hlgPeakNits / Self.whiteNits)
        }
        screenCodes = LightTable { UInt8((255 * pow(min(1, $0), 1 / Self.screenGamma)).rounded()) }
    }

    /// The peak brightness of the tone curve; nil for standard dynamic range.
    static func peakNits(of colour: PictureColour, stated: Double?) -> Double? {
        switch colour.dynamicRange {
        case .standard: nil
        // A value beyond PQ's range is damage.
        case .pq: min(max(stated ?? usualPeakNits, whiteNits), 10_000)
        case .hlg: hlgPeakNits
        }
    }

    /// Maps a picture in `rgb48` to one of the same size in `rgb24`.
    func map(_ source: UnsafePointer<AVFrame>, into target: UnsafePointer<AVFrame>) {
        let width = Int(source.pointee.width)
        guard let from = source.pointee.data.0, let into = target.pointee.data.0 else { return }
        for row in 0..<Int(source.pointee.height) {
            (from + row * Int(source.pointee.linesize.0)).withMemoryRebound(to: UInt16.self, capacity: 3 * width) {
                mapRow($0, into + row * Int(target.pointee.linesize.0), width)
            }
        }
    }

    private func mapRow(_ source: UnsafePointer<UInt16>, _ target: UnsafeMutablePointer<UInt8>, _ width: Int) {
        light.withUnsafeBufferPointer { light in
            primaries.withUnsafeBufferPointer { matrix in
                let shift = UInt16(16 - Self.codeBits)
                for x in stride(from: 0, to: 3 * width, by: 3) {
                    var red = light[Int(source[x] >> shift)]
                    var green = light[Int(source[x + 1] >> shift)]
                    var blue = light[Int(source[x + 2] >> shift)]
                    if let systemGain {
                        // Luminance of BT.2020's primaries, the only ones defined for HLG.
                        let gain = systemGain[0.2627 * red + 0.6780 * green + 0.0593 * blue]
                        (red, green, blue) = (red * gain, green * gain, blue * gain)
                    }
                    (red, green, blue) = (
                        matrix[0] * red + matrix[1] * green + matrix[2] * blue,
                        matrix[3] * red + matrix[4] * green + matrix[5] * blue,
                        matrix[6] * red + matrix[7] * green + matrix[8] * blue
                    )
                    if let curve {
                        let largest = max(red, max(green, blue))
                        if largest > curve.knee {
                            let gain = curve.scale * (largest + curve.a) / ((largest + curve.b) * largest)
                            (red, green, blue) = (red * gain, green * gain, blue * gain)
                        }
                    }
                    target[x] = screenCodes[red]
                    target[x + 1] = screenCodes[green]
                    target[x + 2] = screenCodes[blue]
                }
            }
        }
    }

    /// SMPTE ST 2084's EOTF: cd/m² of a code in `[0, 1]`.
    private static func pqNits(_ code: Double) -> Double {
        let (m1, m2) = (2610.0 / 16384, 2523.0 / 4096 * 128)
        let (c1, c2, c3) = (3424.0 / 4096, 2413.0 / 4096 * 32, 2392.0 / 4096 * 32)
        let power = pow(code, 1 / m2)
        return 10_000 * pow(max(power - c1, 0) / (c2 - c3 * power), 1 / m1)
    }

    /// ITU-R BT.2100-2's inverse HLG OETF: scene light in `[0, 1]` of a code in `[0, 1]`.
    private static func hlgScene(_ code: Double) -> Double {
        let (a, b, c) = (0.17883277, 0.28466892, 0.55991073)
        return code <= 0.5 ? code * code / 3 : (exp((code - c) / a) + b) / 12
    }
}

/// A function of light as a table with steps of equal ratio, like those of vision: 1024 per doubling, over 24 doublings
/// up to 2.
private struct LightTable<Value> {
    private let values: [Value]

    private static var mantissaBits: UInt32 { 10 }
    private static var lowest: Float { 0x1p-23 }

    private static func step(_ light: Float) -> Int { Int(light.bitPattern >> (23 - mantissaBits)) }

    init(_ function: (Double) -> Value) {
        let first = Self.step(Self.lowest)
        values = (first..<Self.step(2)).map { step in
            // The middle of the step; the first stands for everything darker.
            let bits = UInt32(step) << (23 - Self.mantissaBits) | 1 << (22 - Self.mantissaBits)
            return function(step == first ? 0 : Double(Float(bitPattern: bits)))
        }
    }

    /// The value at `light`, clamped to the ends of the table.
    subscript(light: Float) -> Value {
        // NaN: the comparison fails, and the darkest value is taken.
        guard light > Self.lowest else { return values[0] }
        return values[min(Self.step(light) - Self.step(Self.lowest), values.count - 1)]
    }
}
