import AVPrepCore

/// Parameters of TV-L1 flow, by the names of Zach, Pock and Bischof (DAGM 2007) and of Sánchez, Meinhardt-Llopis and
/// Facciolo (IPOL 2013, doi 10.5201/ipol.2013.26).
///
/// OpenCV's defaults are tau 0.25, lambda 0.15, theta 0.3, 5 scales in steps of 0.8, 5 warps, 10 outer and 30 inner
/// iterations, epsilon 0.01 and a median of 5 × 5. The defaults here were chosen on generated pairs with exact ground
/// truth for less error at a small part of the sweeps: steps of 0.5 reach large motion, and the presmoothing's gain on
/// noise allows a weaker smoothing of the flow, which keeps detail.
package struct TVL1Settings: Sendable, Equatable, StoredSettings {
    /// The size of the median filter applied to the flow after each run of sweeps.
    package enum Median: String, Sendable, Codable, CaseIterable {
        case none
        case three = "3x3"
        case five = "5x5"
    }

    /// Step of the dual update; converges up to 0.25.
    package var tau = 0.25
    /// Weight of the data term, for pictures in 0...255: the smaller, the smoother the flow.
    package var lambda = 0.17
    /// Coupling between data term and smoothness: the larger, the looser.
    package var theta = 0.25
    /// Maximum number of pyramid levels; no level but the first has a side below 8 pixels.
    package var scales = 8
    /// Size of a level relative to the finer one.
    package var scaleStep = 0.5
    /// Number of warps of the second picture per level.
    package var warps = 4
    /// Runs of sweeps after each warp; the median filter follows each.
    package var outerIterations = 1
    /// Maximum number of sweeps per run.
    package var innerIterations = 30
    /// A run ends when a sweep changes the flow by less than this, root mean square, in pixels; checked every 10
    /// sweeps.
    package var epsilon = 0.01
    package var median = Median.three
    /// Standard deviation of the initial blur, in pixels; 0 for none.
    package var presmoothing = 0.6
    /// Whether slowly varying changes of brightness are removed, so that light that switches, flickers or fades does
    /// not count as motion.
    package var illumination = true

    package init() {}
}
