import AVPrepCatalog
import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepPolicy
import AVPrepSettings
import AVPrepStore
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepIngest

/// What a prepared file costs that is damaged, that cannot be read, or that is of a newer avprep.
@Suite struct PreparedFilesTests {
    private func corpus(_ folder: String) throws -> (SmallCorpus, [String]) {
        let corpus = try SmallCorpus(folder)
        try corpus.addSyntheticVideos(2)
        _ = try IngestStage.run(corpus.workspace, corpus.context)
        let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
        let outputs = try catalog.outcomes(stage: StageName.ingest).compactMap(\.output)
        try #require(outputs.count == 2)
        return (corpus, outputs.map { "\(folder)/\($0)" })
    }

    private func outcome(_ corpus: SmallCorpus, _ path: String) throws -> OutcomeRecord? {
        let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
        return try catalog.outcomes(stage: StageName.ingest).first { path.hasSuffix($0.output ?? "-") }
    }

    /// The next ingest has to look at every prepared file.
    private func changePolicy(_ corpus: inout SmallCorpus, _ flag: SegmentFlags = .still) {
        let old = corpus.settings.ingest.policy[flag: flag]
        corpus.settings.ingest.policy[flag: flag] = old == .keep ? .drop : .keep
    }

    @Test func damageCostsAFileItsNameAndNothingElse() throws {
        try withTemporaryFolder { folder in
            var (corpus, paths) = try corpus(folder)
            for (round, bytes) in [Data("no HDF5".utf8), Data()].enumerated() {
                let whole = try SHA256.digest(ofFile: paths[1])
                try bytes.write(to: URL(fileURLWithPath: paths[0]))
                changePolicy(&corpus)
                let report = try IngestStage.run(corpus.workspace, corpus.context)
                #expect(report.decidedAnew == 1 && report.counts.done == 2 && report.unread.isEmpty)
                let aside = "\(paths[0]).damaged-\(round + 1)"
                #expect(try Data(contentsOf: URL(fileURLWithPath: aside)) == bytes)
                #expect(report.setAside.count == 1)
                #expect(report.setAside[0].contains(paths[0]) && report.text.contains("it was set aside as "))
                #expect(try StoreReader(path: paths[0]).kind == .prepared)
                #expect(try SHA256.digest(ofFile: paths[1]) != whole)
            }
        }
    }

    @Test func whatCannotBeReadStaysAndSoDoesItsOutcome() throws {
        try withTemporaryFolder { folder in
            var (corpus, paths) = try corpus(folder)
            let before = try #require(try outcome(corpus, paths[0]))
            let kept = folder + "/kept.h5"
            try FileManager.default.moveItem(atPath: paths[0], toPath: kept)
            // Neither can be read, by nobody: a link that leads to itself, and a folder.
            for isFolder in [false, true] {
                if isFolder {
                    try FileManager.default.removeItem(atPath: paths[0])
                    try FileManager.default.createDirectory(atPath: paths[0], withIntermediateDirectories: false)
                } else {
                    try FileManager.default.createSymbolicLink(atPath: paths[0], withDestinationPath: paths[0])
                }
                changePolicy(&corpus, isFolder ? .still : .periodicSound)
                let report = try IngestStage.run(corpus.workspace, corpus.context)
                try #require(report.unread.count == 1 && report.setAside.isEmpty)
                #expect(report.unread[0].contains(paths[0]) && report.text.contains(report.unread[0]))
                #expect(report.unread[0].contains(isFolder ? "Is a directory" : "Too many levels of symbolic links"))
                #expect(report.exitStatus == .doneWithFailures)
                #expect(try outcome(corpus, paths[0]) == before)
                let names = try FileManager.default.contentsOfDirectory(
                    atPath: (paths[0] as NSString).deletingLastPathComponent)
                #expect(names.contains((paths[0] as NSString).lastPathComponent))
            }
            // A catalog that knows nothing of it leaves it alone too.
            try FileManager.default.removeItem(atPath: corpus.workspace.catalog)
            let report = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(report.unread.count == 1 && report.counts.pending == 1 && report.counts.done == 1)
            // Once it can be read again it is found again.
            try FileManager.default.removeItem(atPath: paths[0])
            try FileManager.default.moveItem(atPath: kept, toPath: paths[0])
            let last = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(last.counts.done == 2 && last.unread.isEmpty && last.setAside.isEmpty)
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func aFileOfANewerFormatIsNoDamage() throws {
        try withTemporaryFolder { folder in
            var (corpus, paths) = try corpus(folder)
            _ = try Oracle.run(
                """
                import sys, h5py, numpy
                with h5py.File(sys.argv[1], "r+") as f: f.attrs["format_version"] = numpy.bytes_("2.0")
                """, [paths[0]])
            let digest = try SHA256.digest(ofFile: paths[0])
            changePolicy(&corpus)
            let report = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(report.unread.count == 1 && report.unread[0].contains("install a newer avprep"))
            #expect(try SHA256.digest(ofFile: paths[0]) == digest && report.setAside.isEmpty)
        }
    }
}
