import AVPrepCore
import AVPrepMedia
import AVPrepSynth

/// The scenes that the benchmarks' cases are made of.
enum BenchScenes {
    /// Painted scenes, and several stretches of each real clip.
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
            for start in stride(from: 0, to: max(0.1, length - seconds), by: max(seconds, length / 4)) {
                let scene = try CaseScene.real(
                    clip, shortSide: shortSide, fps: fps, from: start, to: start + seconds)
                if !scene.frames.isEmpty { scenes.append(scene) }
            }
        }
        return scenes
    }
}

/// Pictures side by side in a file that every viewer opens.
enum BenchPicture {
    static func write(_ pictures: [Image8], to path: String) throws {
        guard let first = pictures.first else { return }
        let chosen = stride(from: 0, to: pictures.count, by: max(1, pictures.count / 3)).prefix(3).map { pictures[$0] }
        var bytes = [UInt8]("P6 \(first.width * chosen.count) \(first.height) 255\n".utf8)
        for row in 0..<first.height {
            for picture in chosen {
                bytes += picture.pixels[row * picture.rowBytes..<(row + 1) * picture.rowBytes]
            }
        }
        try AtomicFile.write(bytes, to: path)
    }
}
