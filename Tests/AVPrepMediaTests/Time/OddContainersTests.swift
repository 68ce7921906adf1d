import AVPrepMedia
import Foundation
import TestSupport
import Testing

/// Containers as other programs write them: AVI with MP3, headers that state a rate the audio does not have, clocks that
/// count from 1970.
@Suite(.enabled(if: Products.hasFFmpeg, "needs the ffmpeg program")) struct OddContainersTests {
    /// LAME's delay and that of the decoder, in seconds: AVI cannot state it, so it is part of the audio.
    private static let delayOfMP3 = (576.0 + 529) / 48_000

    /// Writes pictures and sound of a clip apart, and puts them together as an editor does: both from 0.
    ///
    /// - Parameters:
    ///   - sound: options of ffmpeg's for the sound.
    ///   - copy: options of ffmpeg's for the AVI.
    private func writeAVI(
        _ folder: String, video: ClockCase.VideoCodec, sound: String, copy: String = "", seconds: Double = 4
    ) throws -> (clip: ClockClip, path: String) {
        let item = ClockCase(
            rate: Rational(25), container: .avi, video: video, audio: .pcm,
            starts: ClockCase.Starts(picture: 0, sound: 0))
        let clip = ClockClip(item, seconds: seconds, seed: 21)
        try clip.write(to: "\(folder)/pcm.avi")
        try FFmpegProgram.run("-i \(folder)/pcm.avi -vn \(sound) {}", file: "\(folder)/sound.mp3")
        let path = "\(folder)/clip.avi"
        try FFmpegProgram.run(
            "-i \(folder)/pcm.avi -i \(folder)/sound.mp3 -map 0:v -map 1:a -c copy \(copy) {}", file: path)
        return (clip, path)
    }

    private func expectTogether(_ clip: ClockClip, _ path: String, delay: Double, _ name: Comment) throws {
        let seen = try ClockReading.own(path)
        #expect(seen.clicks.count == clip.moments.count && seen.flashes.count == seen.clicks.count, name)
        for (flash, click) in zip(seen.flashes, seen.clicks) {
            #expect(abs(flash - 0.5 / ClockReading.fps + delay - click) <= 0.5 / ClockReading.fps + 0.003, name)
        }
    }

    /// As the clips of UCF101: XviD and MP3 in AVI. With and without B-frames, packed and plain, and other codecs.
    @Test(arguments: [ClockCase.VideoCodec.xvid, .xvidPacked, .mpeg4, .mpeg4B, .h264, .h264B])
    func aviWithMP3IsInSync(video: ClockCase.VideoCodec) throws {
        try withTemporaryFolder { folder in
            let (clip, path) = try writeAVI(folder, video: video, sound: "-c:a libmp3lame -b:a 128k")
            try expectTogether(clip, path, delay: Self.delayOfMP3, "\(video)")
            let (_, unpacked) = try writeAVI(
                folder, video: video, sound: "-c:a libmp3lame -b:a 128k",
                copy: video == .xvidPacked ? "-bsf:v mpeg4_unpack_bframes" : "")
            try expectTogether(clip, unpacked, delay: Self.delayOfMP3, "\(video), unpacked")
        }
    }

    /// A header that states the mean rate of audio whose rate varies.
    @Test func variableAudioUnderAConstantHeaderIsContinuous() throws {
        try withTemporaryFolder { folder in
            let (clip, path) = try writeAVI(
                folder, video: .mpeg4, sound: "-af volume=0.9 -c:a libmp3lame -q:a 5", seconds: 12)
            var file = try VideoForWindowsFile(path: path)
            let sound = try #require(file.streams.first { !$0.isVideo })
            let bytes = file.chunks.filter { !file.streams[$0.stream].isVideo }.reduce(0) { $0 + $1.range.count }
            file.set(sound.header + 20, to: 1)
            file.set(sound.header + 24, to: bytes / 12)
            file.set(sound.header + 44, to: 1)
            file.set(sound.format + 8, to: bytes / 12)
            file.set(sound.format + 12, to: 1, bytes: 2)
            try file.write(to: path)
            let request = DecodeRequest(fps: 25, shortSide: nil, audio: [AudioFormat(sampleRate: 48_000, channels: 1)])
            let recorder = Recorder(request)
            let summary = try MediaFile(path: path).decode(request, to: recorder)
            #expect(summary.longestAudioGapSeconds == 0 && summary.patchedAudioSeconds == nil, "\(summary)")
            #expect(summary.clockDriftPPM == nil && summary.discontinuities == 0)
            try expectTogether(clip, path, delay: Self.delayOfMP3, "variable rate")
        }
    }

    /// Live recorders count from 1970, in any container and at any tick.
    @Test(
        arguments: ["mp4", "mkv"],
        [0.0, 1_700_000_000, 3_800_000_000])
    func clocksMayCountFrom1970(container: String, from: Double) throws {
        try withTemporaryFolder { folder in
            let clip = ClockClip(
                ClockCase(
                    rate: Rational(30), container: .mkv, video: .h264B, audio: .aac,
                    starts: ClockCase.Starts(picture: 0.1, sound: 0.46)), seconds: 3, seed: 8)
            try clip.write(to: "\(folder)/clip.mkv")
            let path = "\(folder)/late.\(container)"
            if container == "mp4" {
                try FFmpegProgram.run(
                    "-i \(folder)/clip.mkv -c copy -movflags +frag_keyframe+delay_moov+default_base_moof "
                        + "-video_track_timescale 1000000 {}", file: path)
                var file = try MovieFile(path: path)
                file.delayFragments(by: from)
                try file.write(to: path)
            } else {
                try FFmpegProgram.run(
                    "-i \(folder)/clip.mkv -c copy -output_ts_offset \(Int(from)) -avoid_negative_ts disabled {}",
                    file: path)
            }
            let info = try MediaFile(path: path).info
            let before = try MediaFile(path: "\(folder)/clip.mkv").info
            let skew = try #require(info.startSkewSeconds)
            #expect(abs(skew - (before.startSkewSeconds ?? 0)) < 0.002 && skew > 0.2, "\(skew)")
            #expect(abs(info.commonStartSeconds - from - before.commonStartSeconds) < 0.1, "\(info.commonStartSeconds)")
            try expectTogether(clip, path, delay: 0, "\(container) from \(from)")
        }
    }
}
