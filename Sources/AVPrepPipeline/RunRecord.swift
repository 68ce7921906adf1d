package import AVPrepCore
import AVPrepSettings
package import AVPrepTraining
import AVPrepWorkspace
import Foundation

/// What a run was made of: `run.json` in its folder, after `schemas/run.schema.json`.
///
/// The first record stays. A process that goes on with the run adds what is other than before, if anything is.
package struct RunRecord: Sendable, Equatable, Codable {
    package static let fileName = "run.json"
    private static let currentVersion = 1

    /// What was other when the run was resumed.
    package struct Resumption: Sendable, Equatable, Codable {
        /// One value, by its dotted name in the record's own words, e.g. `train.threads`.
        package struct Change: Sendable, Equatable, Codable {
            package let key: String
            package let was: JSONValue
            package let now: JSONValue
        }

        /// Steps taken before.
        package let step: Int
        package let changes: [Change]
    }

    package let format: String
    package let formatVersion: Int
    /// Steps that had been taken when the record was begun: more than 0 in runs that were begun without one.
    package let fromStep: Int
    /// The avprep that trained.
    package let avprep: String
    package let engine: EngineRecord
    package let seed: Int
    /// `KEY=VALUE` of the command line, beside the pipeline file.
    package let overrides: [String]
    /// All settings as in `config.yaml`, by the pipeline file's keys.
    package let settings: JSONValue
    package let shards: ShardRecord
    /// What the model has begun with from files; nil where nothing.
    package let initialWeights: [InitialWeights]?
    package var resumed: [Resumption]

    private enum CodingKeys: String, CodingKey {
        case format, avprep, engine, seed, overrides, settings, shards, resumed
        case initialWeights = "initial_weights"
        case formatVersion = "format_version"
        case fromStep = "from_step"
    }

    init(_ beginning: RunBeginning, _ settings: PipelineSettings, overrides: [String]) throws {
        format = "avprep-run"
        formatVersion = Self.currentVersion
        fromStep = beginning.resumedAt ?? 0
        avprep = Version.text
        engine = beginning.engine
        seed = settings.seed
        self.overrides = overrides
        self.settings = try PipelineFile.json(of: settings)
        shards = beginning.shards
        initialWeights = beginning.initialWeights.isEmpty ? nil : beginning.initialWeights
        resumed = []
    }

    /// Reads the record of a run's folder; nil where there is none.
    ///
    /// - Throws: ``Failure`` with exit status 65 when it is damaged, or of a newer avprep.
    package static func load(_ folder: String) throws -> RunRecord? {
        let path = "\(folder)/\(fileName)"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure("cannot read \(path): \(systemError())", exitStatus: .badInput)
        }
        struct Head: Decodable {
            let format_version: Int
        }
        if let version = try? JSONDecoder().decode(Head.self, from: data).format_version, version > currentVersion {
            throw Failure(
                "\(path) has version \(version), this avprep knows \(currentVersion); go on with the avprep that wrote it",
                exitStatus: .badInput)
        }
        do {
            return try JSONDecoder().decode(RunRecord.self, from: data)
        } catch {
            throw Failure(
                "\(path) is damaged and cannot be added to; move it away, and a new record begins",
                exitStatus: .badInput)
        }
    }

    /// Writes it whole.
    func save(_ folder: String) throws {
        try AtomicFile.write(
            Data((try CanonicalJSON.encode(self, pretty: true) + "\n").utf8), to: "\(folder)/\(Self.fileName)")
    }

    /// Adds what is other in `now`, the record that this process would begin.
    ///
    /// - Returns: whether anything is.
    mutating func resume(as now: RunRecord) -> Bool {
        var before = values
        for change in resumed.flatMap(\.changes) { before[change.key] = change.now }
        let changes = Set(before.keys).union(now.values.keys).sorted().compactMap { key -> Resumption.Change? in
            let (was, now) = (before[key] ?? .null, now.values[key] ?? .null)
            return was == now ? nil : Resumption.Change(key: key, was: was, now: now)
        }
        if !changes.isEmpty { resumed.append(Resumption(step: now.fromStep, changes: changes)) }
        return !changes.isEmpty
    }

    /// What may change between the processes of a run, by dotted name.
    private var values: [String: JSONValue] {
        var values = settings["train"]?.leaves(under: "train") ?? [:]
        values["avprep"] = .string(avprep)
        values["engine.library"] = .string(engine.library)
        values["engine.device"] = .string(engine.device)
        values["engine.threads"] = .integer(engine.threads)
        values["overrides"] = .array(overrides.map(JSONValue.string))
        values["shards.folder"] = .string(shards.folder)
        values["shards.index_sha256"] = .string(shards.indexSHA256)
        return values
    }
}
