import AVPrepCatalog
import AVPrepCore
import AVPrepModel
import TestSupport

/// Gives `body` an empty catalog in a folder of its own.
func withCatalog(_ body: (Catalog) throws -> Void) throws {
    try withTemporaryFolder { folder in try body(try Catalog(path: "\(folder)/catalog.sqlite")) }
}

/// A file whose size and time follow from its version.
func file(_ path: BytePath, version: Int64 = 1, root: CorpusRoot = .named) -> ListedFile {
    ListedFile(
        path: path, size: 1000 + version, modifiedNanoseconds: 1_700_000_000_000_000_000 + version, root: root)
}

/// An outcome of a stage, under settings `k1` if nothing else is said.
func outcome(_ path: BytePath, _ outcome: Outcome = .done, stage: String = "ingest", key: String = "k1")
    -> OutcomeRecord
{
    OutcomeRecord(
        subject: path, stage: stage, settingsKey: key, outcome: outcome, wallSeconds: 1.5, cpuSeconds: 1.25,
        output: outcome == .done ? "prepared/\(path).h5" : nil)
}

extension Catalog {
    /// Notes the content of one listed file.
    func setVideoID(_ videoID: String, of path: BytePath) throws { try setVideoIDs([(videoID, path)]) }

    /// The content of a file, if the catalog knows this very version of it.
    func knownVideoID(of file: ListedFile) throws -> String? {
        try item(file.path).flatMap { item in
            item.file.size == file.size && item.file.modifiedNanoseconds == file.modifiedNanoseconds
                ? item.videoID : nil
        }
    }

    /// One whole listing: a run that lists these files and ends.
    @discardableResult
    func listing(
        _ files: [ListedFile], scope: ListingScope = .everything, isGone: @escaping (BytePath) -> Bool = { _ in true }
    )
        throws -> (change: ListingChange, vanished: Int)
    {
        let run = try beginRun("avprep ingest")
        return try list(files, run: run, scope: scope, isGone: isGone)
    }
}
