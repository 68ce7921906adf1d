import AVPrepCases
import AVPrepCore
import AVPrepMedia
import AVPrepModel

/// The scenes that benchmark cases are made of.
enum BenchScenes {
    /// Painted scenes, and several parts of each real clip.
    ///
    /// - Parameters:
    ///   - shortSide: of the frames.
    ///   - seconds: of a scene.
    static func all(_ clips: [String], shortSide: Int, fps: Double, seconds: Double) throws -> [CaseScene] {
        let count = Int(seconds * fps)
        var scenes = (0..<24).map { number in
            CaseScene.painted(
                "painted-\(number)", width: shortSide * 16 / 9, height: shortSide, frames: count, seed: UInt64(number))
        }
        for clip in clips {
            let media = try MediaFile(path: clip)
            let length = min(media.info.durationSeconds ?? seconds, 30)
            let starts = stride(from: 0, to: max(0.1, length - seconds), by: max(seconds, length / 4))
            scenes += try CaseScene.real(
                clip, shortSide: shortSide, fps: fps, stretches: starts.map { ($0, $0 + seconds) }
            ).filter { !$0.frames.isEmpty }
        }
        return scenes
    }
}

/// Pictures side by side in a portable image file.
enum BenchPicture {
    static func write(_ pictures: [PixelBuffer], to path: String) throws {
        guard let first = pictures.first else { return }
        let chosen = stride(from: 0, to: pictures.count, by: max(1, pictures.count / 3)).prefix(3).map { pictures[$0] }
        var bytes = [UInt8](
            "\(first.channels == 1 ? "P5" : "P6") \(first.width * chosen.count) \(first.height) 255\n".utf8)
        for row in 0..<first.height {
            for picture in chosen {
                bytes += picture.pixels[row * picture.rowBytes..<(row + 1) * picture.rowBytes]
            }
        }
        try AtomicFile.write(bytes, to: path)
    }
}

extension BenchScenes {
    /// Painted scenes and parts of real clips at 25 frames per second without cuts.
    static func uncut(_ clips: [String], truth: CutTruth?, shortSide: Int, seconds: Double) throws -> [CaseScene] {
        let width = shortSide * 16 / 9
        var scenes = (0..<16).map { number in
            CaseScene.painted(
                "painted-\(number)", width: width, height: shortSide, frames: Int(seconds * 25),
                speed: number % 3 == 0 ? 0 : 0.8, seed: UInt64(number))
        }
        for clip in clips {
            let media = try MediaFile(path: clip)
            let length = min(media.info.durationSeconds ?? 0, 30)
            // At a distance from each cut, so that rounding of times never includes one.
            let cuts = truth?.seconds(of: clip) ?? []
            let shots = zip([0] + cuts.map(\.end), cuts.map(\.start) + [length]).filter { $1 - $0 > 1.6 }
            scenes += try CaseScene.real(
                clip, shortSide: shortSide, fps: 25,
                stretches: shots.map { ($0 + 0.12, min($1 - 0.12, $0 + 0.12 + seconds)) }
            ).filter { $0.frames.count >= 36 }
        }
        return scenes
    }

    /// A copy of a clip's picture at 25 frames per second.
    static func copy(_ clip: String, to path: String) throws {
        let scene = try CaseScene.real(clip, shortSide: 144, fps: 25, from: 0, to: 60)
        guard let first = scene.frames.first else { return }
        let writer = try MediaWriter(
            path: path,
            video: VideoEncoding(width: first.width, height: first.height, frameRate: Rational(25), quality: 20),
            audio: nil)
        for (index, frame) in scene.frames.enumerated() { try writer.write(frame: frame, at: Double(index) / 25) }
        try writer.finish()
    }
}

extension CaseScene {
    /// Whether the camera is static: most of the picture is unchanged for a second.
    var isStatic: Bool {
        guard frames.count > 100 else { return false }
        let (first, later) = (frames[0], frames[60])
        let same = stride(from: 0, to: first.pixels.count, by: 97).count {
            abs(Int(first.pixels[$0]) - Int(later.pixels[$0])) < 12
        }
        return Double(same) > 0.6 * Double(first.pixels.count / 97)
            && first.pixels.indices.contains { abs(Int(first.pixels[$0]) - Int(later.pixels[$0])) > 60 }
    }
}
