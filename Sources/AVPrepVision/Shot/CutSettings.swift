import AVPrepCore

/// Which shot changes are detected, and how large they must be.
package struct CutSettings: Sendable, Equatable, StoredSettings {
    /// Whether shot changes are detected at all.
    package var enabled = true
    /// Minimum change of a cut from one frame to the next: the mean over pixels of |ΔY| + (|ΔCb| + |ΔCr|) / 2, in
    /// levels.
    package var smallestChange = 10.0
    /// Minimum ratio of a cut to the changes around it.
    package var smallestRatio = 3.0
    /// Whether jump cuts within one scene seen by a static camera are detected.
    package var jumps = true
    /// Whether dissolves are detected; they end a segment in their middle.
    package var dissolves = true
    /// Whether fades are detected; they end a segment where the new picture begins.
    package var fades = true

    package init() {}
}
