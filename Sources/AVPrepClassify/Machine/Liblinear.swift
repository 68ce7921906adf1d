import CLiblinear
import Foundation
import Synchronization

/// liblinear's solver of one linear support vector machine: squared hinge loss, L2 penalty, dual coordinate descent
/// (Hsieh et al., "A dual coordinate descent method for large-scale linear SVM", ICML 2008).
///
/// Where a machine with a large penalty does not come to its end so in 1000 passes, liblinear's primal solver trains it (trust
/// region Newton, Lin, Weng & Keerthi, JMLR 9, 2008), which has the same optimum, and reaches it.
///
/// The dual solver draws the order of its steps from the C library's `rand`, which belongs to the whole process: so one machine is trained
/// at a time, and the numbers begin anew for each. The same call gives the same weights.
enum Liblinear {
    /// Whether liblinear has said that it stopped before its tolerance was reached.
    private static let warned = Mutex(false)
    private static let turn = Mutex(())
    private static let seed: UInt32 = 1

    /// What liblinear has learnt.
    struct Machine {
        /// One a feature, and the bias at the end.
        var weights: [Double]
        /// Whether the primal solver trained it.
        var isPrimal: Bool
    }

    /// - Parameters:
    ///   - rows: each with its features, the bias feature, and the end mark.
    ///   - isPositive: which of them are of the class.
    ///   - width: features a row, with the bias feature.
    static func train(
        _ rows: [UnsafeMutablePointer<feature_node>], _ isPositive: [Bool], width: Int, cost: Double, tolerance: Double
    ) -> Machine {
        turn.withLock { _ in
            setUp
            srand(seed)
            warned.withLock { $0 = false }
            let weights = solve(rows, isPositive, width, cost, tolerance, solver: Int32(L2R_L2LOSS_SVC_DUAL))
            guard warned.withLock({ $0 }) else { return Machine(weights: weights, isPrimal: false) }
            return Machine(
                weights: solve(rows, isPositive, width, cost, tolerance, solver: Int32(L2R_L2LOSS_SVC)), isPrimal: true)
        }
    }

    private static func solve(
        _ rows: [UnsafeMutablePointer<feature_node>], _ isPositive: [Bool], _ width: Int, _ cost: Double,
        _ tolerance: Double, solver: Int32
    ) -> [Double] {
        var rows: [UnsafeMutablePointer<feature_node>?] = rows
        var answers = isPositive.map { $0 ? 1.0 : -1.0 }
        var settings = parameter()
        settings.solver_type = solver
        settings.eps = tolerance
        settings.C = cost
        settings.p = 0.1
        return rows.withUnsafeMutableBufferPointer { rows in
            answers.withUnsafeMutableBufferPointer { answers in
                var task = problem(
                    l: Int32(rows.count), n: Int32(width), y: answers.baseAddress, x: rows.baseAddress, bias: 1)
                if let fault = check_parameter(&task, &settings) {
                    preconditionFailure("liblinear: \(String(cString: fault))")
                }
                var trained = CLiblinear.train(&task, &settings)
                defer { free_and_destroy_model(&trained) }
                guard let trained else { preconditionFailure("liblinear returned no model") }
                // Of the label that it met first: the sign of its values.
                let sign = trained.pointee.label[0] == 1 ? 1.0 : -1.0
                return (0..<width).map { sign * trained.pointee.w[$0] }
            }
        }
    }

    private static let setUp: Void = set_print_string_function { text in
        guard let text, strstr(text, "reaching max number of iterations") != nil else { return }
        Liblinear.warned.withLock { $0 = true }
    }
}
