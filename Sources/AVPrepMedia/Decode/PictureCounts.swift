/// What kinds of pictures a pass met.
package struct PictureCounts: Sendable, Equatable, Codable {
    /// Pictures fit to be seen, in the order they are seen.
    package var shown = 0
    /// Of these, the interlaced ones, which were deinterlaced.
    package var interlaced = 0
    /// Of these, those with damage that the decoder concealed: missing references or slices.
    package var damaged = 0
    /// Pictures that were left out, and the one before stood in their place: the decoder flagged them as corrupt, or they
    /// come before the first key frame and are predicted from pictures the file does not hold.
    package var corrupt = 0
    /// How often size, pixel format or colour changed from one picture to the next. All are scaled to the first one's
    /// output size.
    package var changes = 0

    package init() {}
}
