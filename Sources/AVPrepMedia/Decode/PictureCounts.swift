/// Counts of a pass's pictures by kind.
package struct PictureCounts: Sendable, Equatable, Codable {
    /// Displayable pictures, in display order.
    package var shown = 0
    /// Those that are interlaced; they were deinterlaced.
    package var interlaced = 0
    /// Those with damage concealed by the decoder: missing references or slices.
    package var damaged = 0
    /// Pictures left out and replaced by the previous one: the decoder flagged them as corrupt, or they precede the
    /// first key frame and are predicted from pictures missing from the file.
    package var corrupt = 0
    /// Number of changes of size, pixel format or colour between consecutive pictures. All are scaled to the first
    /// one's output size.
    package var changes = 0

    package init() {}
}
