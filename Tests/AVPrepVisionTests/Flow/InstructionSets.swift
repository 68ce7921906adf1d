import CKernels

/// The instruction sets that kernels are compiled for and this processor has.
enum InstructionSets {
    /// `generic` is always there.
    static let available = ["generic", "avx2", "avx512"].filter { name in
        defer { ckernels_use_target("") }
        return ckernels_use_target(name) == 0
    }

    /// What `body` gives when kernels use this set. It is chosen for the whole process, to which it makes no difference.
    static func using<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        let status = ckernels_use_target(name)
        precondition(status == 0, "this processor has no \(name)")
        defer { ckernels_use_target("") }
        return try body()
    }
}
