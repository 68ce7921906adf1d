import AVPrepCatalog
import AVPrepModel
import AVPrepSettings
package import AVPrepWorkspace

/// The listed videos with the same ingest state, each with its reason: `avprep status --list`.
package struct ItemList: Sendable, Codable {
    /// The ingest state of a video under the current settings.
    package enum State: String, Sendable, Codable, CaseIterable {
        case done, skipped, failed, pending
    }

    package struct Item: Sendable, Codable {
        package let path: String
        package let state: State
        /// The reason's code and its text; empty for done and pending videos.
        package let code: String
        package let detail: String
    }

    /// Sorted by path.
    package let items: [Item]

    /// - Throws: ``CatalogError`` when there is no catalog.
    package static func make(_ workspace: Workspace, _ state: State) throws -> ItemList {
        let catalog = try Catalog(path: workspace.catalog, access: .readOnly)
        let key = try workspace.settings.ingest.key
        if state == .pending {
            return ItemList(
                items: try catalog.pending(stage: StageName.ingest, settingsKey: key).map {
                    Item(path: $0.file.path, state: state, code: "", detail: "")
                })
        }
        let records = try catalog.outcomes(stage: StageName.ingest, settingsKey: key, status: state.rawValue)
        return ItemList(
            items: records.map {
                Item(
                    path: $0.subject, state: state, code: $0.outcome.reason?.code ?? "",
                    detail: $0.outcome.reason?.detail ?? "")
            })
    }

    /// One line per video: path, code and text, separated by tabs.
    package var text: String {
        items.map { $0.code.isEmpty ? $0.path : "\($0.path)\t\($0.code)\t\($0.detail)" }.joined(separator: "\n")
    }
}
