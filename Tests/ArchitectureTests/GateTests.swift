import TestSupport
import Testing

@Suite struct GateTests {
    @Test func inTheGateAMissingOutsiderIsNoReasonToSkip() {
        #expect(Gate.runs(true, isStrict: false) && Gate.runs(true, isStrict: true))
        #expect(!Gate.runs(false, isStrict: false))
        #expect(Gate.runs(false, isStrict: true))
        #expect(Gate.isStrict(["CI": "true"]) && !Gate.isStrict([:]) && !Gate.isStrict(["CI": ""]))
    }

    @Test func everyOutsiderIsAskedForThroughTheGate() {
        #expect(Oracle.isAvailable == Gate.runs(Oracle.python != nil))
        #expect(Products.hasEngine == Gate.runs(Products.engine != nil))
        #expect(Products.hasFFmpeg == Gate.runs(Products.ffmpeg != nil))
    }
}
