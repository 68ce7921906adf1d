import AVPrepCore
package import AVPrepModel
package import AVPrepStore

extension StoreReader {
    /// The settings that the file was made with, with defaults for what they lack; all of them where it says none.
    ///
    /// - Throws: ``StoreError`` with `newerFormat` where they have keys that this program does not know, with `damaged`
    ///   where they cannot be read.
    package var ingestSettings: IngestSettings {
        get throws { try stored(IngestSettings.self, Self.settingsAttribute) ?? IngestSettings() }
    }

    /// The policy by which the file's segments were decided; nil where it does not say.
    ///
    /// - Throws: as ``ingestSettings``.
    package var policy: SegmentPolicy? {
        get throws { try stored(SegmentPolicy.self, IngestSettings.policyAttribute) }
    }

    /// Refuses a file whose settings or policy this program does not know in full: it must not be taken for one of ours,
    /// nor be replaced.
    ///
    /// - Throws: ``StoreError`` with `newerFormat`.
    package func refuseNewerSettings() throws {
        _ = try StoreError.unlessNewer { try ingestSettings }
        _ = try StoreError.unlessNewer { try policy }
    }

    private static var settingsAttribute: String { "config_json" }

    private func stored<Value: StoredRecord>(_ type: Value.Type, _ name: String) throws -> Value? {
        guard let text = attributes[name]?.text else { return nil }
        do {
            return try StoredJSON.decode(type, from: text)
        } catch {
            throw StoreError(error, in: name, of: path)
        }
    }
}
