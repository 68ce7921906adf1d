import AVPrepCore

/// Which changes of shot are looked for, and how large they must be.
package struct CutSettings: Sendable, Equatable, StoredSettings {
    /// Whether changes of shot are looked for at all.
    package var enabled = true
    /// Least change of a cut from one frame to the next: the mean over pixels of |ΔY| + (|ΔCb| + |ΔCr|) / 2, in levels.
    package var smallestChange = 10.0
    /// How many times larger than the changes around it a cut must be.
    package var smallestRatio = 3.0
    /// Whether jumps within one scene, seen by a camera that stands, are cuts.
    package var jumps = true
    /// Whether dissolves are found, and end a segment in their middle.
    package var dissolves = true
    /// Whether fades are found, and end a segment where the new picture begins.
    package var fades = true

    package init() {}
}
