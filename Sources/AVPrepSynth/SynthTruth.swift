import AVPrepCore
package import Foundation

/// The ground truth of a practice corpus: `truth.json` in its folder. `schemas/synth-truth.schema.json` describes it.
///
/// Keys are snake_case. Times are seconds on the presentation clock of the file, positions pixels of the stored
/// picture.
package struct SynthTruth: Sendable, Equatable, Codable {
    /// The value of ``format``.
    package static let formatName = "avprep-synth"
    /// Incremented with any change of this file's meaning or of the videos' content: a corpus of another version is not
    /// continued.
    package static let currentVersion = 1
    /// The file's name in the corpus folder.
    package static let fileName = "truth.json"

    package var format = Self.formatName
    package var formatVersion = Self.currentVersion
    /// False while the videos are being made: some may be missing.
    package var complete: Bool
    package var settings: SynthSettings
    package var videos: [Video]

    package init(complete: Bool, settings: SynthSettings, videos: [Video]) {
        self.complete = complete
        self.settings = settings
        self.videos = videos
    }

    /// One video.
    package struct Video: Sendable, Equatable, Codable {
        /// Name in the corpus folder.
        package var file: String
        package var number: Int
        /// Size of the file in bytes and SHA-256 of its content, once it is made.
        package var bytes: Int?
        package var sha256: String?
        /// End of the later of video and audio; both start at 0 unless a skew is planted.
        package var seconds: Double
        package var objects: [Object]
        /// In order of time.
        package var events: [SynthPlan.Event]
        package var cues: [SynthCue]
        /// Of an `arrow` corpus.
        package var things: [Thing]?

        /// - Parameter boxes: whether objects have theirs.
        package init(_ plan: SynthPlan, boxes: Bool = false) {
            let frames = plan.frameSeconds
            func found(_ box: (Double) -> SynthPlan.Box?) -> [[Int]] {
                frames.indices.compactMap { frame in
                    box(frames[frame]).map {
                        [frame] + [$0.left, $0.top, $0.right, $0.bottom].map { Int($0.rounded()) }
                    }
                }
            }
            file = SynthCorpus.fileName(ofVideo: plan.number)
            number = plan.number
            seconds = plan.seconds
            objects = plan.objects.map { object in
                Object(
                    kind: object.kind, scene: object.scene, radius: object.radius, colour: object.colour,
                    boxes: boxes ? found { plan.box(of: object, at: $0) } : nil,
                    silent: object.isHeard ? nil : true, unseen: object.isSeen ? nil : true)
            }
            events = plan.events
            cues = plan.cues
            things =
                plan.things.isEmpty
                ? nil
                : plan.things.map { thing in
                    Thing(
                        kind: thing.kind, radius: thing.radius, colour: thing.colour,
                        boxes: found { plan.box(of: thing, at: $0) })
                }
        }
    }

    /// A silent thing whose motion tells time's direction.
    package struct Thing: Sendable, Equatable, Codable {
        package var kind: ArrowKind
        /// Usual radius in pixels.
        package var radius: Double
        /// Red, green, blue, 0 … 255.
        package var colour: SIMD3<Float>
        /// For each frame of the file in which it shows, by number: frame, left, top, right, bottom; with its pieces, and
        /// without what is outside of the picture or under its bars.
        package var boxes: [[Int]]
    }

    /// An object that makes sounds.
    package struct Object: Sendable, Equatable, Codable {
        package var kind: SynthKind
        /// 0 for the first scene; every cut starts another one.
        package var scene: Int
        /// Usual radius in pixels.
        package var radius: Double
        /// Red, green, blue, 0 … 255.
        package var colour: SIMD3<Float>
        /// As of ``Thing``, where the settings ask for them; of a hammer around its head, of none with its light.
        package var boxes: [[Int]]?
        /// True of one that makes no sounds.
        package var silent: Bool?
        /// True of one that is heard, but not in the picture.
        package var unseen: Bool?
    }

    // MARK: - File

    /// Reads the truth of the corpus in `folder`; nil if there is no truth file.
    ///
    /// - Throws: ``SynthError`` with code `folder` when the file is not a truth file of this version.
    package static func read(in folder: String) throws(SynthError) -> SynthTruth? {
        let path = "\(folder)/\(fileName)"
        let content: Data?
        do { content = try ExistingFile.content(path) } catch { throw SynthError(.folder, "\(error)") }
        guard let data = content else { return nil }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let truth: SynthTruth
        do {
            struct Head: Decodable {
                var format: String
                var formatVersion: Int
            }
            let head = try decoder.decode(Head.self, from: data)
            guard head.format == formatName, head.formatVersion == currentVersion else {
                throw SynthError(
                    .folder,
                    "\(path) is \(head.format) version \(head.formatVersion), but this avprep makes \(formatName) version "
                        + "\(currentVersion); choose another folder")
            }
            truth = try decoder.decode(SynthTruth.self, from: data)
        } catch let error as SynthError {
            throw error
        } catch {
            throw SynthError(.folder, "\(path) is not the truth file of a practice corpus: choose another folder")
        }
        return truth
    }

    /// The file's content: sorted keys, indented.
    package func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return try encoder.encode(self)
    }

    /// Writes the file into `folder`, atomically.
    package func write(in folder: String) throws {
        try AtomicFile.write(try encoded(), to: "\(folder)/\(Self.fileName)")
    }
}
