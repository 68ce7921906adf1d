import Testing

@testable import AVPrepTraining

@Suite struct SpectrogramWindowTests {
    @Test func aClipHasTheSameNumberOfRowsWhereverItBegins() {
        for k in 0..<200 {
            let window = SpectrogramWindow(
                start: Double(k) * 0.0437, seconds: 1, framesPerSecond: 100, available: 1001)
            #expect(window?.count == 100)
            #expect(window?.stored == 100)
            #expect(abs(Double(window?.first ?? -1) / 100 - Double(k) * 0.0437) <= 0.005 + 1e-9)
        }
        #expect(SpectrogramWindow.rowCount(seconds: 1, framesPerSecond: 48_000.0 / 240) == 200)
    }

    /// 10 s with 20 ms windows every 10 ms, unpadded: 999 rows; the last clip wants rows 900 to 999.
    @Test func aTailOneWindowShortRepeatsItsLastRow() {
        let window = SpectrogramWindow(start: 9, seconds: 1, framesPerSecond: 100, available: 999)
        #expect(window?.first == 900)
        #expect(window?.stored == 99)
        #expect(SpectrogramWindow(start: 9, seconds: 1, framesPerSecond: 100, available: 993)?.stored == 93)
        #expect(SpectrogramWindow(start: 9, seconds: 1, framesPerSecond: 100, available: 992) == nil)
    }

    @Test func placesOutsideTheSegmentAreRefused() {
        for start in [-0.1, 10, .infinity, .nan, 1e300] {
            #expect(SpectrogramWindow(start: start, seconds: 1, framesPerSecond: 100, available: 1000) == nil)
        }
        #expect(SpectrogramWindow(start: 0, seconds: 1, framesPerSecond: 100, available: 0) == nil)
    }
}
