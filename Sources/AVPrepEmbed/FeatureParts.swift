import AVPrepCore
import AVPrepFilm
import AVPrepStore
import Foundation

/// What is done of an embedding, on disk until all is: files of one item each, so that a call that was killed goes on.
///
/// The folder's name has the key of all that the features depend on. It is removed when the result is in place.
struct FeatureParts {
    /// The features of one item, or why there are none.
    struct Part: Codable, Equatable {
        var path: String
        /// What its file was told by: of another one it is computed anew.
        var stamp: String
        /// What it is by its content.
        var id: String
        /// Start and end of each clip, one after the other.
        var spans: [Double]
        var isPadded: Bool
        var failure: String?
        /// Numbers a clip.
        var dimensions: Int
    }

    private static let magic = Data("avprep-part 2\n".utf8)
    let folder: String

    /// - Parameter key: of the settings, the weights and the items.
    init(of output: String, key: String) throws {
        folder = "\(output).\(key).parts"
        try AtomicFile.makeFolder(folder)
        AtomicFile.removeLitter(in: folder)
        try FilmClips.removeLeftovers(in: folder)
    }

    private func path(_ number: Int) -> String { "\(folder)/\(number)" }

    /// The part of an item; nil where there is none that is whole, or its file is another by now.
    func load(_ number: Int, of entry: EmbedItems.Entry) throws -> (part: Part, features: [Float])? {
        try load(number, of: entry.item.path, stamp: entry.stamp)
    }

    func load(_ number: Int, of item: String, stamp: String) throws -> (part: Part, features: [Float])? {
        guard let data = try ExistingFile.content(path(number)), data.starts(with: Self.magic) else { return nil }
        let rest = data.dropFirst(Self.magic.count)
        guard let end = rest.firstIndex(of: 0x0A),
            let part = try? JSONDecoder().decode(Part.self, from: rest[..<end]), part.path == item, part.stamp == stamp
        else { return nil }
        let bytes = Data(rest[rest.index(after: end)...])
        guard bytes.count == part.spans.count / 2 * part.dimensions * 4 else { return nil }
        return (part, bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) })
    }

    func save(_ number: Int, _ part: Part, features: [Float]) throws {
        var data = Self.magic
        data.append(try CanonicalJSON.encode(part).data(using: .utf8) ?? Data())
        data.append(0x0A)
        features.withUnsafeBytes { data.append(contentsOf: $0) }
        try AtomicFile.write(data, to: path(number))
    }

    /// Removes the folder.
    func remove() {
        try? FileManager.default.removeItem(atPath: folder)
    }
}
