import Foundation

extension Oracle {
    /// What Python's `jsonschema` finds wrong between one of the repository's JSON Schemas and documents that are to follow
    /// it.
    ///
    /// - Parameters:
    ///   - schema: a file in `schemas`.
    ///   - documents: paths of JSON files.
    ///   - breakages: Python expressions that break `d`, a copy of the first document; the schema has to refuse each.
    ///   - keysAreRequired: the schema has to refuse the first document without any one of its keys.
    /// - Returns: one text a fault: a document's violation, or a breakage that passes.
    package static func schemaFaults(
        _ schema: String, _ documents: [String], breakages: [String], keysAreRequired: Bool = false
    ) throws -> [String] {
        let removals = keysAreRequired ? "[f'd.pop({key!r})' for key in documents[0]]" : "[]"
        return try json(
            [String].self,
            """
            import copy, json, sys, jsonschema
            breakages = json.loads(sys.argv[1])
            schema, *documents = (json.load(open(path)) for path in sys.argv[2:])
            jsonschema.Draft202012Validator.check_schema(schema)
            validator = jsonschema.Draft202012Validator(schema)
            faults = [error.message[:300] for document in documents for error in validator.iter_errors(document)]
            for breakage in breakages + \(removals):
                broken = copy.deepcopy(documents[0])
                eval(breakage, {"d": broken})
                if broken == documents[0]: faults.append("nothing is broken by " + breakage)
                if validator.is_valid(broken): faults.append("passes in spite of " + breakage)
            print(json.dumps(faults))
            """,
            [String(decoding: JSONEncoder().encode(breakages), as: UTF8.self), "\(repository)/schemas/\(schema)"]
                + documents)
    }
}
