import AVPrepCatalog
package import AVPrepCore
import AVPrepModel
import AVPrepSettings
package import AVPrepWorkspace

/// The listed videos with the same ingest state, each with its reason: `avprep status --list`.
package struct ItemList: Sendable, Codable {
    /// The ingest state of a video under the current settings, or what became of its file.
    package enum State: String, Sendable, Codable, CaseIterable {
        case done, skipped, failed, pending
        /// Listed, but the last scan could not look for it.
        case unreachable
        /// No longer listed.
        case vanished
    }

    package struct Item: Sendable, Codable {
        package let path: BytePath
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
        if state == .unreachable || state == .vanished {
            return ItemList(
                items: try catalog.items(vanished: state == .vanished).map {
                    Item(path: $0.file.path, state: state, code: "", detail: "")
                })
        }
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

    /// One line per video: path, code and text, separated by tabs. The path is escaped (``PathEscape``), and neither code nor
    /// text has control characters.
    package var text: String {
        items.map { item in
            let cells = item.code.isEmpty ? [item.path.escaped] : [item.path.escaped, item.code, item.detail]
            return cells.map { PathEscape.withoutControls($0) }.joined(separator: "\t")
        }.joined(separator: "\n")
    }

    /// The bytes of each path with a NUL behind it, as `xargs -0` and ``ListFile`` read them. Relative to `folder`.
    package func separatedByNUL(in folder: String) -> [UInt8] {
        items.flatMap { item in
            (folder == "." ? item.path : item.path.relative(to: BytePath(folder))).bytes + [0]
        }
    }
}
