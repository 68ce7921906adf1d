import AVPrepAudio
import AVPrepCatalog
import AVPrepCore
import AVPrepIngest
import AVPrepModel
import AVPrepSettings
import AVPrepStore
import AVPrepVision
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

/// What becomes of every odd and real file that lies beside the repository, beside what somebody who looked at each says
/// should: `Tests/Expected/real-media-outcomes.tsv`.
///
/// `AVPREP_RECORD_OUTCOMES=1` writes that file anew, with its notes kept, to be looked at again.
@Suite(.enabled(if: SharedData.isAvailable, "the shared data is absent")) struct RealMediaOutcomesTests {
    private static let table = Oracle.repository + "/Tests/Expected/real-media-outcomes.tsv"

    private struct Row: Equatable, CustomStringConvertible {
        let file: String
        let outcome: String
        let reason: String
        let segments: Int

        var description: String { [file, outcome, reason, "\(segments)"].joined(separator: "\t") }
    }

    @Test func everyFileEndsAsTheTableSays() throws {
        let found = try withTemporaryFolder(ingestAll)
        let lines = ((try? String(contentsOfFile: Self.table, encoding: .utf8)) ?? "").split(separator: "\n")
        var notes: [String: String] = [:]
        var expected: [Row] = []
        for line in lines where !line.hasPrefix("#") {
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard cells.count == 5, let segments = Int(cells[3]) else {
                Issue.record("a line of \(Self.table) is none: \(line)")
                continue
            }
            expected.append(Row(file: cells[0], outcome: cells[1], reason: cells[2], segments: segments))
            notes[cells[0]] = cells[4]
        }
        if ProcessInfo.processInfo.environment["AVPREP_RECORD_OUTCOMES"] != nil {
            let head = "# file\toutcome\treason\tsegments of at most 10 s\twhy this is right\n"
            let text = found.map { "\($0)\t\(notes[$0.file] ?? "")\n" }.joined()
            try Data((head + text).utf8).write(to: URL(fileURLWithPath: Self.table))
            return
        }
        let byFile = Dictionary(uniqueKeysWithValues: expected.map { ($0.file, $0) })
        for row in found where byFile[row.file] != row {
            Issue.record("\(row), expected \(byFile[row.file].map(\.description) ?? "nothing")")
        }
        let missing = Set(expected.map(\.file)).subtracting(found.map(\.file))
        #expect(missing.isEmpty)
    }

    private func ingestAll(_ folder: String) throws -> [Row] {
        let files = (SharedData.files(in: "odd-media") + SharedData.files(in: "real-av"))
        var settings = PipelineSettings()
        settings.corpus.paths = files
        // Small and few: the outcomes are those of the default settings, but for one that looks at every frame.
        settings.ingest.video.fps = 10
        settings.ingest.video.shortSide = 32
        settings.ingest.flow.method = .off
        settings.ingest.spectrograms = [.avts]
        settings.ingest.pcm.sampleRate = 0
        // What becomes of each file, not of what was noticed about its segments.
        settings.ingest.policy = SegmentPolicy()
        let workspace = Workspace(folder: folder, settings: settings)
        let report = try IngestStage.run(workspace, StageContext())
        #expect(report.counts.listed == files.count && report.counts.pending == 0)
        let catalog = try Catalog(path: workspace.catalog, access: .readOnly)
        try catalog.checkCounts()
        return try catalog.outcomes(stage: StageName.ingest).map { record in
            let segments = try record.output.map { try StoreReader(path: workspace.path($0)).segments.count }
            if let reason = record.outcome.reason {
                #expect(
                    !reason.detail.contains("\n")
                        && reason.detail.contains((record.subject.escaped as NSString).lastPathComponent))
            }
            return Row(
                file: record.subject.escaped.split(separator: "/").suffix(2).joined(separator: "/"),
                outcome: record.outcome.status, reason: record.outcome.reason?.code ?? "", segments: segments ?? 0)
        }
    }
}
