import AVPrepModel
import COpenCV

/// OpenCV's dense inverse search (cv::DISOpticalFlow), a reference for ``DISFlow``.
final class OpenCVDISFlow: DenseFlow {
    private let width: Int
    private let height: Int
    private let handle: OpaquePointer

    init(preset: FlowSettings.Preset, width: Int, height: Int) throws(VisionError) {
        self.width = width
        self.height = height
        var handle: OpaquePointer?
        try VisionError.check(copencv_dis_create(&handle, preset.openCVCode), "prepare optical flow")
        guard let handle else { preconditionFailure("copencv_dis_create succeeded without a handle") }
        self.handle = handle
    }

    deinit { copencv_dis_destroy(handle) }

    func makePicture() -> FlowPicture { PlainFlowPicture(width: width, height: height) }

    func prepare(_ grey: PixelBuffer, into picture: FlowPicture) { picture.plain.copyPixels(from: grey) }

    func compute(from: FlowPicture, to: FlowPicture, into field: FlowField) throws(VisionError) {
        try VisionError.check(
            copencv_dis_compute(handle, from.plain.openCV, to.plain.openCV, field.vectors.baseAddress),
            "compute optical flow at \(width) × \(height)")
    }
}

/// OpenCV's implementation of Farnebäck's polynomial expansion (cv::calcOpticalFlowFarneback).
final class OpenCVFarnebackFlow: DenseFlow {
    private let width: Int
    private let height: Int

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// The parameters of the example in OpenCV's documentation (docs.opencv.org, "Optical Flow", Dense Optical Flow).
    private static var parameters: copencv_farneback_parameters {
        copencv_farneback_parameters(
            pyramid_scale: 0.5, levels: 3, window: 15, iterations: 3, neighbourhood: 5, sigma: 1.2)
    }

    /// The same parameters, by OpenCV's names, for the attributes of stored flow.
    static var attributes: [String: AttributeValue] {
        let numbers = parameters
        return [
            "pyr_scale": .double(numbers.pyramid_scale), "levels": .int(Int(numbers.levels)),
            "winsize": .int(Int(numbers.window)), "iterations": .int(Int(numbers.iterations)),
            "poly_n": .int(Int(numbers.neighbourhood)), "poly_sigma": .double(numbers.sigma),
        ]
    }

    func makePicture() -> FlowPicture { PlainFlowPicture(width: width, height: height) }

    func prepare(_ grey: PixelBuffer, into picture: FlowPicture) { picture.plain.copyPixels(from: grey) }

    func compute(from: FlowPicture, to: FlowPicture, into field: FlowField) throws(VisionError) {
        try VisionError.check(
            copencv_farneback(from.plain.openCV, to.plain.openCV, Self.parameters, field.vectors.baseAddress),
            "compute optical flow at \(width) × \(height)")
    }
}

extension FlowPicture {
    /// The pixels of a picture made by a method that keeps nothing else.
    fileprivate var plain: PixelBuffer {
        guard let picture = self as? PlainFlowPicture else {
            preconditionFailure("the picture belongs to another method")
        }
        return picture.grey
    }
}

extension FlowSettings.Preset {
    /// The numbers of cv::DISOpticalFlow::PRESET_….
    fileprivate var openCVCode: Int32 {
        switch self {
        case .ultrafast: 0
        case .fast: 1
        case .medium: 2
        }
    }
}
