import AVPrepMedia
import AVPrepSynth
import Testing

@Suite struct FrameRateTests {
    @Test(arguments: [
        (25.0, Rational(25)), (29.97, Rational(30000, 1001)), (23.976, Rational(24000, 1001)),
        (59.94, Rational(60000, 1001)), (24.0, Rational(24)), (12.5, Rational(12500, 1000)),
    ])
    func decimalsMeanTheRatesOfBroadcasting(fps: Double, rate: Rational) {
        #expect(Rational(frameRate: fps) == rate)
    }

    @Test func framesLieAtTheirTimesBeforeTheEnd() {
        #expect(Rational(25).frameTimes(from: 0, to: 8).count == 200)
        let times = Rational(30000, 1001).frameTimes(from: 0.5, to: 10)
        #expect(times[0] == 0.5 && times.last! < 10)  // not empty
        #expect(abs(times[30] - 0.5 - 1.001) < 1e-12)
        #expect(Rational(25).frameTimes(from: 3, to: 3).isEmpty)
    }
}
