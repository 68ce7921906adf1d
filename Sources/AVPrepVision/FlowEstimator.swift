package import AVPrepCore
import COpenCV

/// Computes dense optical flow between grey pictures of one size. One estimator a thread; its buffers are reused.
package final class FlowEstimator {
    private let width: Int
    private let height: Int
    private let method: Method

    private enum Method {
        case dis(OpaquePointer)
        case farneback(copencv_farneback_parameters)
    }

    /// - Parameters:
    ///   - settings: the method must not be `off`.
    ///   - width: pixels a row of all pictures to come.
    ///   - height: rows of all pictures to come.
    package init(settings: FlowSettings, width: Int, height: Int) throws(VisionError) {
        self.width = width
        self.height = height
        switch settings.method {
        case .off:
            preconditionFailure("flow is off")
        case .dis:
            var handle: OpaquePointer?
            try VisionError.check(copencv_dis_create(&handle, settings.preset.openCVCode), "prepare optical flow")
            guard let handle else { preconditionFailure("copencv_dis_create succeeded without a handle") }
            method = .dis(handle)
        case .farneback:
            method = .farneback(Self.farnebackParameters)
        }
    }

    deinit {
        if case .dis(let handle) = method { copencv_dis_destroy(handle) }
    }

    /// OpenCV's parameters of Farnebäck's method, those of its documentation's own example
    /// (docs.opencv.org, "Optical Flow", Dense Optical Flow).
    static var farnebackParameters: copencv_farneback_parameters {
        copencv_farneback_parameters(
            pyramid_scale: 0.5, levels: 3, window: 15, iterations: 3, neighbourhood: 5, sigma: 1.2)
    }

    /// Fills `field` with the displacement of every pixel of `from`: `from(x, y)` is seen at `to(x + dx, y + dy)`.
    ///
    /// The backward flow is `compute` with the pictures exchanged, as in Arrow of Time, not the negated forward flow.
    /// The result depends on the two pictures alone, not on what was computed before.
    ///
    /// - Parameters:
    ///   - from: grey, of this estimator's size.
    ///   - to: grey, same size.
    ///   - field: same size; overwritten.
    /// - Throws: when OpenCV refuses, e.g. pictures smaller than 12 pixels on both sides.
    package func compute(from: Image8, to: Image8, into field: FlowField) throws(VisionError) {
        precondition(from.channels == 1 && from.hasShape(of: to), "flow between grey pictures of one shape")
        precondition(from.width == width && from.height == height, "a picture of another size")
        precondition(field.width == width && field.height == height, "a flow field of another size")
        let status =
            switch method {
            case .dis(let handle): copencv_dis_compute(handle, from.openCV, to.openCV, field.vectors.baseAddress)
            case .farneback(let parameters):
                copencv_farneback(from.openCV, to.openCV, parameters, field.vectors.baseAddress)
            }
        try VisionError.check(status, "compute optical flow at \(width) × \(height)")
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
