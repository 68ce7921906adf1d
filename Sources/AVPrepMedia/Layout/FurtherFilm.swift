/// A film behind the first one in the same file, which is not read: two files were put together without remuxing.
package struct FurtherFilm: Sendable, Equatable, Codable {
    /// Where it begins in the file.
    package var offset: Int
    package var bytes: Int
    /// Stated duration in seconds; nil where none is stated.
    package var seconds: Double?
}
