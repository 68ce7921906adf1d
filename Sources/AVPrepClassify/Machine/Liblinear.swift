import CLiblinear
import Foundation

/// liblinear's primal solver of one linear support vector machine: squared hinge loss, L2 penalty (trust region Newton, Lin,
/// Weng & Keerthi, JMLR 9, 2008). It draws nothing, unlike the dual one, so that several work side by side; the optimum is one.
enum Liblinear {
    /// - Parameters:
    ///   - rows: each with its features, the bias feature, and the end mark.
    ///   - isPositive: which of them are of the class.
    ///   - width: features a row, with the bias feature.
    ///   - first: weights to begin with, near the optimum; nil for 0.
    /// - Returns: a weight for each feature, and the bias at the end.
    static func train(
        _ rows: [UnsafeMutablePointer<feature_node>], _ isPositive: [Bool], width: Int, cost: Double,
        tolerance: Double, from first: [Double]? = nil
    ) -> [Double] {
        setUp
        var rows: [UnsafeMutablePointer<feature_node>?] = rows
        var answers = isPositive.map { $0 ? 1.0 : -1.0 }
        var begin = first ?? [Double](repeating: 0, count: width)
        var settings = parameter()
        settings.solver_type = Int32(L2R_L2LOSS_SVC)
        settings.eps = tolerance
        settings.C = cost
        settings.p = 0.1
        return rows.withUnsafeMutableBufferPointer { rows in
            answers.withUnsafeMutableBufferPointer { answers in
                begin.withUnsafeMutableBufferPointer { begin in
                    settings.init_sol = begin.baseAddress
                    var task = problem(
                        l: Int32(rows.count), n: Int32(width), y: answers.baseAddress, x: rows.baseAddress, bias: 1)
                    if let fault = check_parameter(&task, &settings) {
                        preconditionFailure("liblinear: \(String(cString: fault))")
                    }
                    // The weights to begin with are not its own, and it must not free them.
                    var trained = CLiblinear.train(&task, &settings)
                    defer {
                        trained?.pointee.param.init_sol = nil
                        free_and_destroy_model(&trained)
                    }
                    guard let trained else { preconditionFailure("liblinear returned no model") }
                    // Of the label that it met first: the sign of its values.
                    let sign = trained.pointee.label[0] == 1 ? 1.0 : -1.0
                    return (0..<width).map { sign * trained.pointee.w[$0] }
                }
            }
        }
    }

    private static let setUp: Void = set_print_string_function { _ in }
}
