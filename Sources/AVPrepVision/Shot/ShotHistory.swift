/// The last frames of a stream, small, and what changed from each to the next.
struct ShotHistory: Sendable {
    /// Oldest first; `firstIndex` is the number of the first.
    private(set) var thumbnails: [Thumbnail] = []
    /// `changes[k]`: from the frame before to `thumbnails[k]`.
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

    /// A frame by its number; nil when it is no longer or not yet there.
    subscript(index: Int) -> Thumbnail? {
        let position = index - firstIndex
        return thumbnails.indices.contains(position) ? thumbnails[position] : nil
    }

    /// How much the picture changed with a frame; 0 for one that is not there.
    func change(to index: Int) -> Float {
        let position = index - firstIndex
        return changes.indices.contains(position) ? changes[position] : 0
    }
}
