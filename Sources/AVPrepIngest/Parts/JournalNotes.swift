import AVPrepCatalog
import AVPrepCore
import AVPrepModel
import AVPrepParts
import AVPrepWorkspace
import Foundation

/// What the journals of all tasks say, one note for each file.
///
/// The notes themselves stay in the journals until they are recorded: with millions of videos they are larger than memory.
final class JournalNotes {
    /// The headers that could be read.
    private(set) var headers: [TaskHeader] = []
    private(set) var damagedLines = 0
    /// What two tasks say differently of one file, a line each.
    private(set) var contradictions: [String] = []
    /// How many items have outcomes.
    var count: Int { chosen.count }

    /// A file as it was listed.
    private struct File: Hashable {
        let path: BytePath
        let size: Int64
        let modified: Int64
    }

    /// Where the note about a file is, and what distinguishes it from another one.
    private struct Choice {
        let journal: Int
        let place: JournalReader.Place
        let digest: String
        let isPassing: Bool
        /// Whether it says more than a prepared file does.
        let isFull: Bool
    }

    private var readers: [JournalReader] = []
    private var chosen: [File: Choice] = [:]
    private var contents: [File: (video: String, whole: String?)] = [:]
    private var disputed: Set<File> = []

    /// Reads all journals, with what is whole of those that are being written.
    init(_ folder: PartsFolder, isCancelled: () -> Bool) throws {
        for token in try folder.tokens() {
            var reader = JournalReader(token, in: folder)
            let number = readers.count
            try reader.read { entry, place in
                if isCancelled() { throw CancellationError() }
                try take(entry, number, place)
            }
            if let header = reader.header { headers.append(header) }
            damagedLines += reader.damagedLines
            readers.append(reader)
        }
    }

    private func take(_ entry: String, _ journal: Int, _ place: JournalReader.Place) throws {
        guard let notes = try? ItemNotes(encoded: entry) else {
            damagedLines += 1
            return
        }
        let file = File(path: notes.path, size: notes.size, modified: notes.modifiedNanoseconds)
        if let video = notes.videoID {
            if let other = contents[file], other.video != video { dispute(file, "its content") }
            contents[file] = (video, notes.contentID ?? contents[file]?.whole)
        }
        guard let result = notes.result else { return }
        var core = notes.comparable
        // A task to which the content was known does not say it.
        core.contentID = nil
        core.result?.media = nil
        core.result?.hasSeconds = false
        core.result?.seconds = nil
        let new = Choice(
            journal: journal, place: place, digest: SHA256.digest(of: try core.encoded()).hex,
            isPassing: result.outcome?.reason.map { $0.isPassing && result.status == "failed" } ?? false,
            isFull: result.hasSeconds)
        guard let old = chosen[file] else {
            chosen[file] = new
            return
        }
        // What failed for a cause that passes says nothing against another task's success.
        if old.isPassing || new.isPassing {
            if old.isPassing { chosen[file] = new }
            return
        }
        if old.digest != new.digest { dispute(file, "what came of it") }
        if new.isFull, !old.isFull { chosen[file] = new }
    }

    private func dispute(_ file: File, _ what: String) {
        guard disputed.insert(file).inserted else { return }
        contradictions.append(
            "\(file.path): two tasks say differently \(what); it is left to do: look for machines with other libraries or bad memory (avprep doctor), and ingest it again"
        )
    }

    // MARK: - Recording

    /// Notes in one transaction: each waits for the disk.
    private static let batch = 500

    /// Records everything in the catalog.
    func note(in listing: IngestListing, _ context: StageContext) throws {
        for file in disputed { (chosen[file], contents[file]) = (nil, nil) }
        let catalog = listing.catalog
        let known = contents.map { file, content in
            ItemNotes(
                path: file.path, size: file.size, modifiedNanoseconds: file.modified, videoID: content.video,
                contentID: content.whole)
        }
        for start in stride(from: 0, to: known.count, by: Self.batch) {
            try context.cancellation.check()
            try catalog.note(Array(known[start..<min(start + Self.batch, known.count)]), stage: StageName.ingest)
        }
        // Which of several equal files is prepared, is for the catalog to say: it knows all of them.
        let copies = Set(try catalog.duplicates().flatMap { $0.paths.dropFirst() })
        let progress = ProgressReporter("merge", unit: "videos", style: context.progress)
        var done = 0
        for (number, choices) in Dictionary(grouping: chosen, by: \.value.journal).sorted(by: { $0.key < $1.key }) {
            let places = choices.filter { !copies.contains($0.key.path) }.map(\.value.place)
                .sorted { $0.offset < $1.offset }
            for start in stride(from: 0, to: places.count, by: Self.batch) {
                try context.cancellation.check()
                let part = Array(places[start..<min(start + Self.batch, places.count)])
                let notes = try readers[number].entries(at: part).map { try ItemNotes(encoded: $0) }
                try catalog.note(notes, stage: StageName.ingest)
                for outcome in notes.compactMap({ $0.result?.outcome }) { listing.tally.add(outcome) }
                done += part.count
                progress.update(done: done, total: chosen.count)
            }
        }
        progress.finish()
    }
}
