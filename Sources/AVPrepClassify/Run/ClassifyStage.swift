import AVPrepAlgebra
import AVPrepAudit
import AVPrepCore
import AVPrepCorpus
import AVPrepStore
import AVPrepTraining
package import AVPrepWorkspace
import Foundation

/// Tells classes of recordings by a linear machine on their features, fold by fold: `avprep classify`.
package enum ClassifyStage {
    /// - Throws: `StoreError` and ``Failure`` in one line each; `CancellationError`. Nothing is written then.
    ///
    /// - Parameters:
    ///   - notes: what is to be said besides.
    ///   - parts: called with how many parts of folds are done.
    package static func run(
        _ request: ClassifyRequest, _ context: StageContext, notes others: [String] = [],
        parts: (Int) -> Void = { _ in }
    ) throws -> ClassifyReport {
        let file = try FeatureFile(path: request.features)
        let manifest = try manifest(request, file)
        let folded = FoldedClips(manifest, file, name: "the features")
        let control = try request.control.map {
            FoldedClips(manifest, try FeatureFile(path: $0), name: "the random network's features")
        }
        // Both are tested on the same recordings.
        let used = manifest.rows.indices.filter { row in
            folded.items[row] != nil && (control.map { $0.items[row] != nil } ?? true)
        }
        let classes = Set(manifest.rows.map(\.label)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let folds = manifest.testFolds.filter { fold in used.contains { manifest.rows[$0].fold == fold } }
        guard !folds.isEmpty else {
            throw Failure(
                "\(file.path) has none of the recordings that \(manifest.name) tests: its items are named "
                    + "\(folded.file.items.first.map(\.path) ?? "not at all"), the manifest's \(manifest.rows[0].path)",
                exitStatus: .badInput)
        }
        let target =
            request.folder
            ?? "\(((request.features as NSString).lastPathComponent as NSString).deletingPathExtension).classified"
        // Made before hours of training, not after them; it goes again where nothing comes of these.
        let isNew = try !ExistingFile.isThere(target)
        var isWritten = false
        try AtomicFile.makeFolder(target)
        defer { if isNew, !isWritten { _ = rmdir(target) } }
        // Classes are computed side by side, and so are the parts of each product.
        Algebra.useOneThread()
        let memory = try ClassifyMemory(folder: target, key: try key(request, manifest, control?.file))
        let sides = 1 + (control == nil ? 0 : 1)
        let progress = ProgressReporter("classify", unit: "parts of folds", style: context.progress)
        var done = 0
        func side(_ clips: FoldedClips, _ name: String) throws -> (
            report: ClassifyReport.Side, results: [FoldProtocol.FoldResult]
        ) {
            try Self.side(clips, name, manifest, used, classes, folds, request, context, memory) { steps in
                done += 1
                progress.update(done: done, total: sides * steps)
                parts(done)
            }
        }
        let main = try side(folded, "features")
        let random = try control.map { try side($0, "control") }
        progress.finish()
        let output = ClassifyOutput(folder: target, classes: classes, manifest: manifest, used: used)
        let testedTogether = main.report.confusion.joined().reduce(0, +)
        let largest = main.report.confusion.map { $0.reduce(0, +) }.max() ?? 0
        var reasons = folded.leftOut
        reasons.merge(control?.leftOut ?? [:]) { $0 + $1 }
        if manifest.repeated > 0 { reasons["listed twice", default: 0] += manifest.repeated }
        let report = ClassifyReport(
            manifest: request.manifest?.escaped ?? request.features, layout: manifest.layout.rawValue, classes: classes,
            recordings: used.count,
            chance: Double(largest) / Double(max(1, testedTogether)), tolerance: request.tolerance, seed: request.seed,
            features: main.report, control: random?.report,
            difference: random.map { Self.difference(main.report, $0.report) }, leftOut: reasons,
            notes: others + notes(manifest, folded, used, classes, main.results, request),
            files: output.files(sides > 1))
        try output.write(report, main.results)
        memory.remove()
        isWritten = true
        return report
    }

    /// The folds that are asked for, or those that the features file states.
    private static func manifest(_ request: ClassifyRequest, _ file: FeatureFile) throws -> FoldManifest {
        if let path = request.manifest {
            return try FoldManifest.read(path, isESC10: request.isESC10, seed: request.seed)
        }
        let rows = file.items.filter { !$0.label.isEmpty && !$0.fold.isEmpty }.map { item in
            FoldManifest.Row(
                path: item.path, label: item.label, fold: item.fold,
                recording: item.recording.isEmpty ? item.path : item.recording)
        }
        guard !rows.isEmpty, !request.isESC10 else {
            throw Failure(
                "\(file.path) states no labels and folds\(request.isESC10 ? " of ESC-50" : ""); give --manifest",
                exitStatus: .badInput)
        }
        return try FoldManifest(name: file.path, layout: .features, rows: rows)
    }

    /// Stands for all that the results depend on.
    private static func key(_ request: ClassifyRequest, _ manifest: FoldManifest, _ control: FeatureFile?) throws
        -> String
    {
        var parts = [Version.text, try SHA256.digest(ofFile: request.features).hex]
        if let control { parts.append(try SHA256.digest(ofFile: control.path).hex) }
        parts += ["\(request.costs)", "\(request.tolerance)", "\(request.seed)"]
        parts += manifest.rows.flatMap { [$0.path, $0.label, $0.fold, $0.recording] }
        return String(try CanonicalJSON.key(of: parts))
    }

    private static func side(
        _ clips: FoldedClips, _ name: String, _ manifest: FoldManifest, _ used: [Int], _ classes: [String],
        _ folds: [String], _ request: ClassifyRequest, _ context: StageContext, _ memory: ClassifyMemory,
        progress: (_ steps: Int) -> Void
    ) throws -> (ClassifyReport.Side, [FoldProtocol.FoldResult]) {
        let (matrix, spans) = try clips.matrix(of: used)
        let numbers = Dictionary(uniqueKeysWithValues: classes.enumerated().map { (Array($1.utf8), $0) })
        let recordings = zip(used, spans).map { row, span in
            let row = manifest.rows[row]
            return FoldProtocol.Recording(
                label: numbers[Array(row.label.utf8)] ?? 0, fold: row.fold, group: row.recording, rows: span)
        }
        let method = FoldProtocol(
            matrix: matrix, recordings: recordings, classes: classes.count, request: request, memory: memory,
            side: name, check: { try context.cancellation.check() })
        let steps = folds.reduce(0) { $0 + method.steps(fold: $1) }
        var confusion = [[Int]](repeating: [Int](repeating: 0, count: classes.count), count: classes.count)
        var reports: [ClassifyReport.Fold] = []
        var results: [FoldProtocol.FoldResult] = []
        for fold in folds {
            let result = try method.run(fold: fold) { progress(steps) }
            for (tested, decision) in zip(result.tested, result.decisions) {
                confusion[recordings[tested].label][decision] += 1
            }
            let right = Proportion(successes: result.correct(recordings), trials: result.tested.count)
            reports.append(
                ClassifyReport.Fold(
                    fold: fold, trainingRecordings: result.trained, testRecordings: result.tested.count,
                    correct: right.successes, accuracy: right.value,
                    interval: [right.interval.lowerBound, right.interval.upperBound], c: result.cost,
                    cAccuracy: result.costAccuracy))
            results.append(result)
        }
        let accuracies = reports.map(\.accuracy)
        let side = ClassifyReport.Side(
            features: clips.file.path, dimensions: clips.file.dimensions, clips: matrix.rows, folds: reports,
            accuracy: accuracies.reduce(0, +) / Double(accuracies.count),
            interval: interval(accuracies)?.map { min(1, max(0, $0)) } ?? reports[0].interval, confusion: confusion)
        return (side, results)
    }

    /// Student's interval of 95 % for the mean of values; nil for one.
    static func interval(_ values: [Double]) -> [Double]? {
        guard values.count > 1 else { return nil }
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
        let reach =
            StudentDistribution(degreesOfFreedom: count - 1).quantile(upperTail: 0.025)
            * (variance / count).squareRoot()
        return [mean - reach, mean + reach]
    }

    private static func difference(_ main: ClassifyReport.Side, _ random: ClassifyReport.Side)
        -> ClassifyReport.Difference
    {
        let differences = zip(main.folds, random.folds).map { $0.accuracy - $1.accuracy }
        return ClassifyReport.Difference(
            mean: differences.reduce(0, +) / Double(differences.count), interval: interval(differences))
    }

    private static func notes(
        _ manifest: FoldManifest, _ folded: FoldedClips, _ used: [Int], _ classes: [String],
        _ results: [FoldProtocol.FoldResult], _ request: ClassifyRequest
    ) -> [String] {
        var notes: [String] = []
        if request.control == nil {
            notes.append(
                "the random-network control is missing: without it nobody can say what was learnt and what the layers alone "
                    + "do; embed the same recordings with random weights, and give that file with --control")
        }
        if let note = manifest.foldNote { notes.append(note) }
        for result in results where !result.unlearnt.isEmpty {
            notes.append(
                "fold \(result.fold) has classes that no other fold has, and all of them are wrong: "
                    + result.unlearnt.map { classes[$0] }.joined(separator: ", "))
        }
        let twins = folded.twins(of: used, manifest)
        if let first = twins.first {
            notes.append(
                "\(twins.count) recordings have the very features of one in another fold, as of one sound under two names: "
                    + "\(first.0) and \(first.1)\(twins.count > 1 ? " are the first" : "")")
        }
        return notes
    }
}
