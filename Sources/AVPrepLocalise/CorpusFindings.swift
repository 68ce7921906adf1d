import AVPrepClips
import AVPrepCore
import AVPrepMedia
package import AVPrepModel
import AVPrepStore
package import AVPrepTraining
import AVPrepWorkspace

/// What a run answers to in the clips of a split: its units, and the labels of the videos.
package struct CorpusFindings: Sendable, Encodable {
    /// A unit or a category.
    package struct Row: Sendable, Encodable {
        package let name: String
        /// Of a unit: how far above its mean its clips lie, in deviations.
        package let selectivity: Double?
        /// The label that most of a unit's clips have, and the share that has it; nil without labels.
        package let label: String?
        package let purity: Double?
        package let clips: [Clip]
    }

    package struct Clip: Sendable, Encodable {
        package let source: String
        package let segment: String
        package let seconds: Double
        package let response: Float
    }

    package let run: String
    package let weights: RunFolder.Weights
    package let split: Split
    /// Clips in sync that were looked at.
    package let clips: Int
    package let pictureUnits: [Row]
    package let soundUnits: [Row]
    package let categories: [Row]
    /// The sheets that were drawn.
    package let sheets: [String]

    private enum CodingKeys: String, CodingKey {
        case run, weights, split, clips, categories, sheets
        case pictureUnits = "picture_units"
        case soundUnits = "sound_units"
    }

    package var text: String {
        func lines(_ name: String, _ rows: [Row]) -> [String] {
            guard !rows.isEmpty else { return [] }
            return [
                "\(name): "
                    + rows.prefix(6).map { row in
                        row.name + (row.label.map { " (\($0), \(Int(((row.purity ?? 0) * 100).rounded())) %)" } ?? "")
                    }.joined(separator: ", ") + (rows.count > 6 ? ", …" : "")
            ]
        }
        return
            (["\(clips) clips in sync of the \(split.rawValue) split, \(weights.rawValue) weights of \(run)"]
            + lines("most selective units of the picture", pictureUnits)
            + lines("most selective units of the sound", soundUnits) + sheets.map { "  \($0)" }).joined(separator: "\n")
    }
}

/// Draws the sheets of a corpus.
struct CorpusDrawing {
    let localiser: Localiser
    let run: String
    let split: Split
    /// Where the sheets go.
    let folder: String
    let units: Int
    let finds: Int
    let context: StageContext

    /// - Throws: ``Failure`` when the split has no clip in sync; what reading and the engine throw.
    func draw() throws -> CorpusFindings {
        let clips = localiser.clipsInSync
        guard clips.count > 0 else {
            throw Failure(
                "no clip in sync in the \(split.rawValue) split; choose another --split", exitStatus: .badInput)
        }
        let progress = ProgressReporter("localise", unit: "clips", style: context.progress)
        let search = try UnitSearch(localiser, clips, finds: finds, cancellation: context.cancellation) {
            progress.update(done: $0, total: clips.count)
        }
        progress.finish()
        let labels = try clips.segmentLabels().mapValues { labels in
            (0..<labels.offsets.count - 1).map { labels[$0] }
        }
        var sheets: [String] = []
        func units(_ tally: UnitTally, _ name: String, isSound: Bool) throws -> [CorpusFindings.Row] {
            let chosen = tally.units.prefix(self.units)
            guard !chosen.isEmpty else { return [] }
            let rows = chosen.map { unit in
                let own = unit.finds.flatMap { find in
                    labels[search.places[find.clip].shard].map { $0[search.places[find.clip].segment] } ?? []
                }
                let counts = own.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
                let most = counts.min { ($1.value, $0.key) < ($0.value, $1.key) }
                return (
                    unit, most?.key, most.map { Double($0.value) / Double(unit.finds.count) }
                )
            }
            let path = "\(folder)/units-\(name).png"
            try sheet(
                path, title: "Units of the \(name): the clips that excite each most", isSound: isSound, clips,
                rows.map { unit, label, purity in
                    (
                        "unit \(unit.number)",
                        label.map { "\(Int(((purity ?? 0) * 100).rounded())) % \($0)" }
                            ?? "\((unit.selectivity * 10).rounded() / 10) deviations above its mean",
                        unit.finds, unit.number
                    )
                })
            sheets.append(path)
            return rows.map { unit, label, purity in
                CorpusFindings.Row(
                    name: "unit \(unit.number)", selectivity: unit.selectivity, label: label, purity: purity,
                    clips: unit.finds.map { clip($0, of: clips) })
            }
        }
        let pictureUnits = try units(search.picture, "picture", isSound: false)
        let soundUnits = try units(search.sound, "sound", isSound: true)
        let categories = search.categories(labels, finds: finds)
        let path = "\(folder)/categories.png"
        try sheet(
            path, title: "The surest clips a category", isSound: false, clips,
            categories.map { name, finds in (name, "\(finds.count) videos", finds, nil) })
        sheets.append(path)
        return CorpusFindings(
            run: run, weights: localiser.weights, split: split, clips: clips.count, pictureUnits: pictureUnits,
            soundUnits: soundUnits,
            categories: categories.map { name, finds in
                CorpusFindings.Row(
                    name: name, selectivity: nil, label: nil, purity: nil, clips: finds.map { clip($0, of: clips) })
            }, sheets: sheets)
    }

    private func clip(_ find: UnitSearch.Find, of clips: ShardDataset) -> CorpusFindings.Clip {
        let (pair, _, reader) = clips.locate(find.clip)
        let segment = reader.segments[Int(pair.videoSegment)].segment
        return CorpusFindings.Clip(
            source: segment.source, segment: segment.segmentID,
            seconds: segment.startSeconds + Double(pair.videoStartFrame) / reader.layout.fps, response: find.response)
    }

    /// - Parameter rows: label, detail, clips, and the unit whose map is drawn; nil for that of the answer.
    private func sheet(
        _ path: String, title: String, isSound: Bool, _ clips: ShardDataset,
        _ rows: [(label: String, detail: String, finds: [UnitSearch.Find], unit: Int?)]
    ) throws {
        // In the order of the set, whose shards are read one after the other.
        let wanted = rows.enumerated().flatMap { row, own in
            own.finds.enumerated().map { (row: row, place: $0.offset, find: $0.element, unit: own.unit) }
        }.sorted { $0.find.clip < $1.find.clip }
        var tiles = rows.map { [FindSheet.Tile?](repeating: nil, count: $0.finds.count) }
        let isOfUnits = rows.contains { $0.unit != nil }
        try localiser.localise(
            clips.selecting(wanted.map(\.find.clip)), units: isOfUnits ? wanted.map { $0.unit ?? 0 } : nil,
            cancellation: context.cancellation
        ) { number, clip in
            let own = wanted[number]
            tiles[own.row][own.place] = FindSheet.Tile(clip: clip, response: own.find.response)
        }
        let drawing = FindSheet(
            showsSound: isSound, title: title,
            facts: [
                "\(clips.count) clips in sync of the \(split.rawValue) split; \(localiser.weights.rawValue) weights of \(run)"
            ],
            localiser: localiser)
        try PictureFile.writePNG(
            try drawing.draw(
                zip(rows, tiles).map { row, tiles in
                    FindSheet.Row(label: row.label, detail: row.detail, tiles: tiles.compactMap(\.self))
                }), to: path)
    }
}
