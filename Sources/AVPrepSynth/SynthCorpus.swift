package import AVPrepCore
import AVPrepModel
import Foundation
import Synchronization

/// Makes a practice corpus: a folder of videos and their ground truth.
package enum SynthCorpus {
    /// `video-00000.mp4` and so on.
    package static func fileName(ofVideo number: Int) -> String {
        "video-\(number.zeroPadded(to: 5)).mp4"
    }

    /// Makes every video of `settings` in `folder`, and `truth.json`.
    ///
    /// Videos of an earlier run are kept if that run had finished them: by their SHA-256 where the truth file has it,
    /// else because files are written atomically. So an interrupted run resumes, and a corpus is extended when
    /// `settings.videos` grows. The bytes do not depend on `workers`.
    ///
    /// - Parameters:
    ///   - folder: created if it does not exist.
    ///   - workers: number of videos made at the same time, ≥ 1.
    ///   - setAside: receives the videos that differ from what was made; they are made again.
    ///   - progress: called after each video with the number of finished videos and their total; from any thread, one
    ///     at a time.
    ///   - isCancelled: called often, from any thread; true stops with `CancellationError`.
    /// - Returns: the truth, as written.
    /// - Throws: ``SynthError`` for wrong settings and for a folder that holds a corpus of other settings, ``MediaError``
    ///   or ``Failure`` when a video cannot be written.
    @discardableResult
    package static func make(
        _ settings: SynthSettings, in folder: String, workers: Int, setAside: SetAsideFiles = SetAsideFiles(),
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws -> SynthTruth {
        precondition(workers >= 1, "the number of workers must be positive, not \(workers)")
        try settings.validate()
        let earlier = try SynthTruth.read(in: folder)
        try requireSameCorpus(settings, earlier, folder: folder)
        try AtomicFile.makeFolder(folder)
        AtomicFile.removeLitter(in: folder)

        let plans = (0..<settings.videos).map { SynthVideo.plan(settings, number: $0) }
        var truth = SynthTruth(
            complete: false, settings: settings, videos: plans.map { .init($0, boxes: settings.boxes) })
        if earlier?.complete != true || earlier?.settings != settings { try truth.write(in: folder) }

        let digests = Dictionary(
            (earlier?.videos ?? []).compactMap { video in video.sha256.map { (video.file, $0) } },
            uniquingKeysWith: { first, _ in first })
        let made = Mutex<[Int: SHA256Digest]>([:])
        try WorkerPool.run(Array(plans.indices), workers: workers, isCancelled: isCancelled) { number in
            let path = "\(folder)/\(fileName(ofVideo: number))"
            let kept = try keptDigest(of: path, expected: digests[fileName(ofVideo: number)], setAside, isCancelled)
            if kept == nil { try SynthRenderer.render(plans[number], to: path, isCancelled: isCancelled) }
            let digest = try kept ?? SHA256.digest(ofFile: path, isCancelled: isCancelled)
            made.withLock { made in
                made[number] = digest
                progress(made.count, plans.count)
            }
        }
        for (number, digest) in made.withLock({ $0 }) {
            truth.videos[number].sha256 = digest.hex
            truth.videos[number].bytes = try size(of: "\(folder)/\(truth.videos[number].file)")
        }
        truth.complete = true
        if truth != earlier { try truth.write(in: folder) }
        return truth
    }

    /// The digest of a video that is already complete.
    private static func keptDigest(
        of path: String, expected: String?, _ setAside: SetAsideFiles, _ isCancelled: () -> Bool
    ) throws -> SHA256Digest? {
        guard try ExistingFile.isThere(path) else { return nil }
        let digest = try SHA256.digest(ofFile: path, isCancelled: isCancelled)
        if expected == nil || expected == digest.hex { return digest }
        try setAside.setAside(
            path,
            because: "\(path) is not the video that was made: its SHA-256 is not the one in \(SynthTruth.fileName)")
        return nil
    }

    private static func size(of path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return (attributes[.size] as? NSNumber)?.intValue ?? 0
    }

    /// Rejects a folder whose videos are not the first ones of this corpus.
    private static func requireSameCorpus(
        _ settings: SynthSettings, _ earlier: SynthTruth?, folder: String
    ) throws(SynthError) {
        guard let earlier else {
            guard !FileManager.default.fileExists(atPath: "\(folder)/\(fileName(ofVideo: 0))") else {
                throw SynthError(
                    .folder,
                    "\(folder) holds videos but no \(SynthTruth.fileName) that says how they were made; "
                        + "choose another folder or remove them")
            }
            return
        }
        var same = earlier.settings
        same.videos = settings.videos
        guard same == settings else {
            let names = differences(earlier.settings, settings).joined(separator: ", ")
            throw SynthError(
                .folder,
                "\(folder) holds a practice corpus with other settings (\(names)); choose another folder or remove it")
        }
        guard earlier.settings.videos <= settings.videos else {
            throw SynthError(
                .folder,
                "\(folder) holds a practice corpus of \(earlier.settings.videos) videos, but \(settings.videos) were "
                    + "requested; choose another folder or remove it")
        }
    }

    /// The settings that differ, as `name 1 → 2`, sorted; the number of videos does not count.
    private static func differences(_ old: SynthSettings, _ new: SynthSettings) -> [String] {
        func values(_ settings: SynthSettings) -> [String: String] {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            guard let data = try? encoder.encode(settings),
                let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
            else { return [:] }
            return object.mapValues { "\($0)" }
        }
        let before = values(old)
        return values(new).filter { $0.key != "videos" && before[$0.key] != $0.value }.keys.sorted()
            .map { "\($0) \(before[$0] ?? "?") there" }
    }
}
