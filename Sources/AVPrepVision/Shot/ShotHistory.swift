/// Thumbnails of the last frames of a stream, and the changes between consecutive ones.
struct ShotHistory: Sendable {
    /// Oldest first; `firstIndex` is the number of the first.
    private(set) var thumbnails: [Thumbnail] = []
    /// `changes[k]`: from the previous frame to `thumbnails[k]`.
    private(set) var changes: [Float] = []
    private(set) var firstIndex = 0

    mutating func append(_ thumbnail: Thumbnail, keeping count: Int) {
        changes.append(thumbnails.last.map(thumbnail.change) ?? 0)
        thumbnails.append(thumbnail)
        guard thumbnails.count > count else { return }
        thumbnails.removeFirst()
        changes.removeFirst()
        firstIndex += 1
    }

    /// A frame by its number; nil when it is not in the history.
    subscript(index: Int) -> Thumbnail? {
        let position = index - firstIndex
        return thumbnails.indices.contains(position) ? thumbnails[position] : nil
    }

    /// The change of the picture at a frame; 0 for one that is not in the history.
    func change(to index: Int) -> Float {
        let position = index - firstIndex
        return changes.indices.contains(position) ? changes[position] : 0
    }
}
