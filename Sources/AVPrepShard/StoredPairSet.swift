import AVPrepCore
package import AVPrepModel
package import AVPrepPairs
import AVPrepStore

extension PairSetDefinition {
    /// What a set says of itself in its file: the settings one by one for people, and all of them as JSON, from which it
    /// can be drawn again.
    package var attributes: [String: AttributeValue] {
        get throws {
            [
                "recipe": .string(settings.recipe.rawValue), "hard_ratio": .double(plan.shares.hard),
                "super_hard_ratio": .double(plan.shares.superHard), "seed": .int(seed),
                "clip_seconds": .double(settings.clipSeconds), "sound_seconds": .double(settings.soundClipSeconds),
                "gap_seconds": .double(settings.gapSeconds), "gap_measure": .string(settings.gapMeasure.rawValue),
                "max_shift_seconds": .double(settings.maxShiftSeconds),
                "pairs_per_segment": .int(settings.pairsPerSegment), "epochs": .int(settings.epochs),
                "definition_json": .string(try CanonicalJSON.encode(self)),
            ]
        }
    }

    /// The definition that a set carries.
    ///
    /// - Parameters:
    ///   - name: the set's.
    ///   - path: the file that the attributes stand in.
    /// - Throws: ``StoreError``: `newerFormat` where it says something that this program does not know, else `damaged`.
    package init(_ attributes: [String: AttributeValue], of name: String, in path: String) throws {
        self = try attributes.stored("definition_json", of: name, in: path)
        do {
            _ = try PairSetPlan(name: plan.name, plan.shares)
            try settings.validate()
        } catch {
            throw StoreError.damaged(path, "the definition_json of its pair set \(name) is impossible (\(error))")
        }
    }
}

extension PairStatistics {
    /// The numbers that a set carries.
    ///
    /// - Throws: as for a definition.
    package init(_ attributes: [String: AttributeValue], of name: String, in path: String) throws {
        self = try attributes.stored("statistics_json", of: name, in: path)
        guard isPossible else {
            throw StoreError.damaged(path, "the statistics_json of its pair set \(name) are impossible")
        }
    }
}

extension [String: AttributeValue] {
    /// Refuses a pair set that says something which this program does not know.
    ///
    /// - Throws: ``StoreError`` with `newerFormat`.
    package func refuseNewerPairSet(_ name: String, of path: String) throws {
        _ = try StoreError.unlessNewer { try PairSetDefinition(self, of: name, in: path) }
        _ = try StoreError.unlessNewer { try PairStatistics(self, of: name, in: path) }
    }

    fileprivate func stored<Stored: Decodable>(_ attribute: String, of set: String, in path: String) throws -> Stored {
        guard let text = self[attribute]?.text else {
            throw StoreError.damaged(path, "its pair set \(set) has no \(attribute)")
        }
        do {
            return try StoredJSON.decode(Stored.self, from: text)
        } catch {
            throw StoreError(error, in: "pair set \(set) (\(attribute))", of: path)
        }
    }
}
