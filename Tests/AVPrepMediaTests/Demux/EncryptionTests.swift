import AVPrepMedia
import Foundation
import TestSupport
import Testing

/// Encrypted streams are said to be encrypted, whatever else could be made of their bytes.
@Suite(.enabled(if: Gate.runs(Products.hasFFmpeg), "needs the ffmpeg program")) struct EncryptionTests {
    private static let clip =
        "-f lavfi -i testsrc2=s=64x48:r=25:d=2 -f lavfi -i sine=d=2 -c:v libx264 -preset ultrafast -c:a aac"
    private static let key =
        "-encryption_scheme cenc-aes-ctr -encryption_key 76a6c65c5ea762046bd749a2e632ccbb "
        + "-encryption_kid a7e61c373e219033c21091fa607bf3b8"

    private func bytes(_ words: String, _ path: String) throws -> [UInt8] {
        try FFmpegProgram.run(words + " {}", file: path)
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    private func code(_ path: String) throws -> (MediaError.Code?, String) {
        do {
            let request = DecodeRequest(fps: 25, shortSide: nil, audio: [AudioFormat(sampleRate: 16_000, channels: 1)])
            _ = try MediaFile(path: path).decode(request, to: Recorder(request))
            return (nil, "")
        } catch let error as MediaError {
            return (error.code, error.description)
        }
    }

    @Test(arguments: ["", " -movflags frag_keyframe+empty_moov"]) func commonEncryptionIsNamed(options: String) throws {
        try withTemporaryFolder { folder in
            let path = folder + "/clip.mp4"
            _ = try bytes("\(Self.clip) \(Self.key)\(options)", path)
            let (code, text) = try code(path)
            #expect(code == .encrypted)
            #expect(text.contains("cenc") && text.contains(path), "\(text)")
        }
    }

    /// iTunes' own sample entries; and sound alone that is encrypted, beside a picture in the clear.
    @Test(arguments: [("avc1", "drmi", "drmi"), ("mp4a", "drms", "drms"), ("mp4a", "enca", "enca")])
    func protectedSampleEntriesAreEncrypted(old: String, new: String, named: String) throws {
        try withTemporaryFolder { folder in
            let path = folder + "/clip.mp4"
            _ = try bytes(Self.clip, path)
            try MovieFile.rename(old, to: new, in: path)
            let (code, text) = try code(path)
            #expect(code == .encrypted, "\(text)")
            #expect(text.contains(named), "\(text)")
        }
    }

    /// Most packets of both elementary streams carry the bits of scrambling, as broadcasts behind a subscription do.
    @Test func aScrambledBroadcastIsEncrypted() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/clip.ts"
            var stream = try bytes(Self.clip, path)
            for place in stride(from: 0, to: stream.count, by: 188) {
                let identifier = Int(stream[place + 1] & 0x1F) << 8 | Int(stream[place + 2])
                guard identifier == 0x100 || identifier == 0x101, place > stream.count / 5 else { continue }
                stream[place + 3] |= 0x80
            }
            try Data(stream).write(to: URL(fileURLWithPath: path))
            #expect(try code(path).0 == .encrypted)
        }
    }

    /// Sound in the clear is taken where other sound is encrypted.
    @Test func aTrackInTheClearIsPreferred() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/clip.mp4"
            _ = try bytes(
                "-f lavfi -i testsrc2=s=64x48:r=25:d=2 -f lavfi -i sine=d=2 -f lavfi -i sine=f=880:d=2 -map 0 -map 1 -map 2 "
                    + "-c:v libx264 -preset ultrafast -c:a aac", path)
            try MovieFile.rename("mp4a", to: "enca", in: path)
            let info = try MediaFile(path: path).info
            #expect(info.audio?.index == 2)
            #expect(info.leftOut?.map(\.reason) == [.encrypted])
            #expect(try code(path).0 == nil)
        }
    }
}
