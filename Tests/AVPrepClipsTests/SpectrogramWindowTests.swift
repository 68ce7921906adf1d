import AVPrepModel
import AVPrepStore
import Testing

@testable import AVPrepClips

@Suite struct SpectrogramWindowTests {
    private func kind(_ framesPerSecond: Double = 100, _ attributes: [String: AttributeValue] = [:])
        -> StoreLayout.Spectrogram
    {
        StoreLayout.Spectrogram(
            name: "mel", bins: 40, framesPerSecond: framesPerSecond, storedType: .float32, attributes: attributes)
    }

    @Test func aClipHasTheSameNumberOfRowsWhereverItBegins() {
        for k in 0..<200 {
            let window = SpectrogramWindow(
                of: kind(), start: Double(k) * 0.0437, seconds: 1, available: 1001)
            #expect(window?.count == 100)
            #expect(window?.stored == 100)
            #expect(abs(Double(window?.first ?? -1) / 100 - Double(k) * 0.0437) <= 0.005 + 1e-9)
        }
    }

    /// The kind's own words decide how many rows a second has: the papers' counts.
    @Test func aClipHasTheRowsThatItsKindSays() {
        func words(_ sampleRate: Int, _ window: Int, _ hop: Int, center: Bool, padEnd: Bool?) -> StoreLayout.Spectrogram
        {
            var attributes: [String: AttributeValue] = [
                "sr": .int(sampleRate), "win_length": .int(window), "hop_length": .int(hop), "center": .bool(center),
            ]
            attributes["pad_end"] = padEnd.map { .bool($0) }
            return kind(Double(sampleRate) / Double(hop), attributes)
        }
        #expect(words(16_000, 320, 160, center: false, padEnd: true).clipRows(seconds: 1) == 100)
        #expect(words(48_000, 480, 240, center: false, padEnd: false).clipRows(seconds: 1) == 199)
        #expect(words(48_000, 512, 242, center: false, padEnd: false).clipRows(seconds: 1) == 197)
        #expect(words(48_000, 2048, 242, center: true, padEnd: nil).clipRows(seconds: 1) == 199)
        #expect(words(48_000, 480, 240, center: false, padEnd: false).clipRows(seconds: 0.001) == 1)
        #expect(kind(200).clipRows(seconds: 1) == 200)
        // The last second of ten, to the row: nothing is repeated.
        let l3 = words(48_000, 480, 240, center: false, padEnd: false)
        #expect(SpectrogramWindow(of: l3, start: 9, seconds: 1, available: 1999)?.stored == 199)
    }

    /// 10 s with 20 ms windows every 10 ms, unpadded: 999 rows; the last clip wants rows 900 to 999.
    @Test func aTailOneWindowShortRepeatsItsLastRow() {
        let window = SpectrogramWindow(of: kind(), start: 9, seconds: 1, available: 999)
        #expect(window?.first == 900)
        #expect(window?.stored == 99)
        #expect(SpectrogramWindow(of: kind(), start: 9, seconds: 1, available: 993)?.stored == 93)
        #expect(SpectrogramWindow(of: kind(), start: 9, seconds: 1, available: 992) == nil)
    }

    @Test func placesOutsideTheSegmentAreRefused() {
        for start in [-0.1, 10, .infinity, .nan, 1e300] {
            #expect(SpectrogramWindow(of: kind(), start: start, seconds: 1, available: 1000) == nil)
        }
        #expect(SpectrogramWindow(of: kind(), start: 0, seconds: 1, available: 0) == nil)
    }
}
