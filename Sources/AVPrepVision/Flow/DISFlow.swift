import AVPrepCore
import AVPrepModel
import CKernels

/// Dense inverse search (Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016, arXiv 1603.03590).
///
/// From coarse to fine, 8 × 8 patches are aligned by inverse-compositional gradient descent, adopting better
/// displacements from the patches above and below; the displacements are blended to a dense field, which is refined
/// variationally. The kernels are in CKernels; they give the same bits on every processor.
///
/// Every size from 1 × 1 has a defined result: levels smaller than a patch are extended by their border pixels.
final class DISFlow: DenseFlow {
    private let width: Int
    private let height: Int
    private let levels: ClosedRange<Int>
    private let handle: OpaquePointer

    init(preset: FlowSettings.Preset, width: Int, height: Int) {
        self.width = width
        self.height = height
        levels = Self.levels(preset: preset, width: width, height: height)
        var parameters = preset.parameters
        parameters.finest = Int32(levels.lowerBound)
        parameters.coarsest = Int32(levels.upperBound)
        guard let handle = ckernels_dis_create(Int32(width), Int32(height), parameters) else {
            preconditionFailure("out of memory for optical flow at \(width) × \(height)")
        }
        self.handle = handle
    }

    deinit { ckernels_dis_destroy(handle) }

    /// The pyramid's levels in use, level n having 1 / 2ⁿ of the picture's size.
    ///
    /// The coarsest keeps 12 pixels per side: enough for a few patches, and a displacement by half of such a level is
    /// still found. The finest is the preset's, but small pictures are not reduced below 24 pixels.
    static func levels(preset: FlowSettings.Preset, width: Int, height: Int) -> ClosedRange<Int> {
        let side = min(width, height)
        func size(_ level: Int) -> Int { (side + (1 << level) - 1) >> level }
        var coarsest = 0
        while coarsest < 12, size(coarsest + 1) >= 12 { coarsest += 1 }
        var finest = min(Int(preset.parameters.finest), coarsest)
        while finest > 0, size(finest) < 24 { finest -= 1 }
        return finest...coarsest
    }

    func makePicture() -> FlowPicture { DISPicture(width: width, height: height, levels: levels) }

    func prepare(_ grey: PixelBuffer, into picture: FlowPicture) {
        ckernels_pyramid_fill(pyramid(of: picture), grey.pixels.baseAddress)
    }

    func compute(from: FlowPicture, to: FlowPicture, into field: FlowField) {
        ckernels_dis_compute(handle, pyramid(of: from), pyramid(of: to), field.vectors.baseAddress)
    }

    /// Equal pictures: no patch finds a better place than its own, and nothing is left for the refinement.
    func isStill(from: FlowPicture, to: FlowPicture) -> Bool {
        ckernels_pyramid_equal(pyramid(of: from), pyramid(of: to)) != 0
    }

    private func pyramid(of picture: FlowPicture) -> OpaquePointer {
        guard let picture = picture as? DISPicture, picture.serves(width, height, levels) else {
            preconditionFailure("the picture was prepared for another method, preset or size")
        }
        return picture.pyramid
    }
}

/// One picture's pyramid.
private final class DISPicture: FlowPicture {
    let pyramid: OpaquePointer
    private let width: Int
    private let height: Int
    private let levels: ClosedRange<Int>

    init(width: Int, height: Int, levels: ClosedRange<Int>) {
        self.width = width
        self.height = height
        self.levels = levels
        let pyramid = ckernels_pyramid_create(
            Int32(width), Int32(height), Int32(levels.lowerBound), Int32(levels.upperBound))
        guard let pyramid else { preconditionFailure("out of memory for a pyramid of \(width) × \(height)") }
        self.pyramid = pyramid
        super.init()
    }

    deinit { ckernels_pyramid_destroy(pyramid) }

    func serves(_ width: Int, _ height: Int, _ levels: ClosedRange<Int>) -> Bool {
        self.width == width && self.height == height && self.levels == levels
    }
}

extension DISFlow {
    /// The parameters of a preset, by OpenCV's names where it has them, for the attributes of stored flow. The coarsest
    /// level is the one whose shorter side has 12 pixels.
    static func parameters(of preset: FlowSettings.Preset) -> [String: AttributeValue] {
        let numbers = preset.parameters
        return [
            "finest_scale": .int(Int(numbers.finest)), "patch_size": .int(8), "patch_stride": .int(Int(numbers.stride)),
            "gradient_descent_iterations": .int(Int(numbers.iterations)),
            "last_step": .double(numbers.last_step.asWritten),
            "variational_refinement_iterations": .int(Int(numbers.fixed_point)),
            "relaxations": .int(Int(numbers.relaxations)), "alpha": .double(numbers.alpha.asWritten),
            "gamma": .double(numbers.gamma.asWritten), "delta": .double(numbers.delta.asWritten),
        ]
    }
}

extension FlowSettings.Preset {
    /// The parameters of the presets, apart from the coarsest level. Levels are those of OpenCV's presets; the rest was
    /// chosen for speed and an end-point error below OpenCV's at the same preset (`avprep-bench flow`).
    fileprivate var parameters: ckernels_dis_parameters {
        var parameters = ckernels_dis_parameters()
        parameters.finest = self == .medium ? 1 : 2
        parameters.stride = self == .ultrafast ? 4 : 3
        parameters.iterations = 12
        parameters.last_step = self == .ultrafast ? 0.2 : 0.05
        parameters.fixed_point =
            switch self {
            case .ultrafast: 1
            case .fast: 4
            case .medium: 5
            }
        parameters.relaxations = 5
        parameters.alpha = 40
        parameters.gamma = 10
        parameters.delta = self == .fast ? 3 : 5
        return parameters
    }
}
