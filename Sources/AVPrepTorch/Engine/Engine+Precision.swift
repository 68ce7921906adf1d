import Foundation

extension Engine {
    /// - Throws: `TorchError(.engine)` when the device has no instructions for the precision that the engine was loaded with:
    ///   training would be slower than in single precision.
    package func checkPrecision() throws {
        guard precision == .bfloat16, !isCUDA, !Self.processorComputesBFloat16 else { return }
        throw TorchError(
            .engine,
            "this processor has no instructions for bfloat16 (avx512_bf16, amx_bf16, or bf16 on ARM), which would be slower "
                + "than single precision; set train.precision to float32")
    }

    /// Whether the processor has instructions for bfloat16, as the kernel lists them.
    package static var processorComputesBFloat16: Bool {
        guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else { return false }
        let flags = text.split(separator: "\n").first { $0.hasPrefix("flags") || $0.hasPrefix("Features") }
        return !Set(["avx512_bf16", "amx_bf16", "bf16"]).isDisjoint(
            with: flags?.split(whereSeparator: \.isWhitespace).map(String.init) ?? [])
    }
}
