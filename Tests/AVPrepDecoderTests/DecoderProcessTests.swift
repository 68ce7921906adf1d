import AVPrepCore
import AVPrepDecoder
import AVPrepMedia
import Foundation
import TestSupport
import Testing

/// What comes out of another process is what comes out of this one.
@Suite struct DecoderProcessTests {
    @Test func aPassDeliversTheSameBytesAsInThisProcess() throws {
        try withVideo { path in try expectSame(path, on: DecoderHost()) }
    }

    @Test(.enabled(if: SharedData.isAvailable, "the real clips are not beside the repository"))
    func realClipsDeliverTheSameBytesAsInThisProcess() throws {
        let host = try DecoderHost()
        for path in SharedData.files(in: "real-av").prefix(2) { try expectSame(path, on: host) }
    }

    private func expectSame(_ path: String, on host: DecoderHost) throws {
        let inside = try MediaFile(path: path)
        let outside = try DecoderProcess(path: path, on: host)
        #expect(inside.info == outside.info)
        let crop = CropMargins(top: 4, bottom: 0, left: 2, right: 8)
        #expect(inside.outputSize(crop: crop, shortSide: 64)! == outside.outputSize(crop: crop, shortSide: 64)!)
        let pairs = zip(try inside.spreadFrames(count: 5), try outside.spreadFrames(count: 5))
        for (one, other) in pairs {
            #expect(one.seconds == other.seconds && one.scale == other.scale)
            #expect(one.picture.pixels.elementsEqual(other.picture.pixels))
        }
        var request = wholePass
        request.crop = crop
        let expected = PassRecord(formats: request.audio.count)
        let found = PassRecord(formats: request.audio.count)
        let summary = try inside.decode(request, to: expected)
        #expect(try outside.decode(request, to: found) == summary)
        #expect(summary.frameCount > 20 && found.frames.count == summary.frameCount)
        #expect(found == expected, "\(path)")
        #expect(outside.finish() > 0)
    }
}
