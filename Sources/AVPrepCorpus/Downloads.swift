import AVPrepCatalog
package import AVPrepCore
import AVPrepDownload
import AVPrepModel
import AVPrepSettings
package import AVPrepWorkspace
import Foundation
import Synchronization

/// Fetches the files of listed web addresses into the folder of downloads, where the other stages find them.
///
/// A file that is there is not asked for again. Nothing but the folder is changed, and two processes may fetch at a time.
package enum Downloads {
    /// Fetches what is listed and not here: `avprep download`.
    ///
    /// - Throws: ``Failure`` when nothing is listed, or the disk cannot be written; `CancellationError`.
    package static func run(_ workspace: Workspace, _ context: StageContext, _ request: CorpusRequest) throws
        -> DownloadReport
    {
        let listing = try CorpusScan.run(workspace, request, catalog: nil, cancellation: context.cancellation)
        // What was forgotten stays where it is.
        let forgotten =
            try ExistingFile.isThere(workspace.catalog)
            ? ForgottenAddresses(Catalog(path: workspace.catalog, access: .readOnly)) : nil
        return try fetch(listing.items, workspace, context) { forgotten?[$0.listed] == nil }.report
    }

    /// - Parameter isWanted: whether an item whose file is not here is to be fetched.
    /// - Returns: the items in the same order, with their files, or with the reasons why they could not be fetched.
    /// - Throws: ``Failure`` when the disk cannot be written; `CancellationError`.
    package static func fetch(
        _ items: [CorpusItem], _ workspace: Workspace, _ context: StageContext,
        isWanted: (CorpusItem) -> Bool = { _ in true }
    ) throws -> (items: [CorpusItem], report: DownloadReport) {
        let addresses = items.filter { $0.listed.isWebAddress }
        var report = DownloadReport(listed: addresses.count)
        report.present = addresses.count { !$0.isToBeDownloaded }
        // Several items may be parts of one file.
        var wanted: [BytePath: CorpusItem] = [:]
        for item in addresses where item.isToBeDownloaded && isWanted(item) { wanted[item.path] = item }
        guard !wanted.isEmpty else { return (items, report) }
        let results = try fetch(wanted.values.sorted { $0.listed < $1.listed }, workspace, context)
        for item in addresses {
            switch results[item.path] {
            case .fetched(_, let received): report.add(received: received)
            case .failed(let reason): report.add(reason)
            case nil: break
            }
        }
        let complete = items.map { item in
            guard let result = results[item.path], item.isToBeDownloaded else { return item }
            if case .failed(let reason) = result { return item.downloaded(reason) }
            return item.downloaded(nil)
        }
        return (complete, report)
    }

    private static func fetch(_ items: [CorpusItem], _ workspace: Workspace, _ context: StageContext) throws
        -> [BytePath: Downloader.Result]
    {
        let settings = workspace.settings.download
        let shared = Downloader.Shared()
        let progress = ProgressReporter("download", unit: "files", style: context.progress)
        let state = Mutex((results: [BytePath: Downloader.Result](), bytes: Int64(0), failed: 0))
        progress.update(done: 0, total: items.count)
        try WorkerPool.run(items, workers: settings.connections, isCancelled: { context.cancellation.isCancelled }) {
            try Downloader(settings, shared, cancellation: context.cancellation)
        } _: { downloader, item in
            guard let address = WebAddress(ItemName(listed: item.listed).file), let target = item.path.text else {
                return
            }
            let result = try downloader.fetch(address, to: target) { bytes in
                let (done, failed, sum) = state.withLock { state in
                    state.bytes += bytes
                    return (state.results.count, state.failed, state.bytes)
                }
                progress.update(done: done, total: items.count, failed: failed, note: "\(sum >> 20) MiB")
            }
            let (done, failed) = state.withLock { state in
                state.results[item.path] = result
                if case .failed = result { state.failed += 1 }
                return (state.results.count, state.failed)
            }
            progress.update(done: done, total: items.count, failed: failed)
        }
        progress.finish()
        return state.withLock { $0.results }
    }
}

/// What a download did. Listed = here before + fetched + failed (+ not asked for).
package struct DownloadReport: Sendable, Codable, Equatable {
    /// Items with a web address.
    package let listed: Int
    /// Those whose file was here before.
    package fileprivate(set) var present = 0
    package private(set) var fetched = 0
    package private(set) var receivedBytes: Int64 = 0
    /// Why items could not be fetched: one line each.
    package private(set) var failures: [Failed] = []

    package struct Failed: Sendable, Codable, Equatable {
        package let code: String
        package let detail: String
    }

    fileprivate init(listed: Int) { self.listed = listed }

    fileprivate mutating func add(received: Int64) {
        fetched += 1
        receivedBytes += received
    }

    fileprivate mutating func add(_ reason: Outcome.Reason) {
        failures.append(Failed(code: reason.code, detail: reason.detail))
    }

    package var exitStatus: ExitStatus { failures.isEmpty ? .done : .doneWithFailures }

    package var text: String {
        if listed == 0 { return "no web addresses are listed" }
        let megabytes = String(format: "%.1f", Double(receivedBytes) / 1_048_576)
        let first =
            "\(listed) web addresses = \(present) here before + \(fetched) fetched (\(megabytes) MiB) + \(failures.count) failed"
        let limit = 20
        let more = failures.count > limit ? ["  … and \(failures.count - limit) more; list all with --json"] : []
        return ([first] + failures.prefix(limit).map { "  \($0.code): \($0.detail)" } + more).joined(separator: "\n")
    }
}
