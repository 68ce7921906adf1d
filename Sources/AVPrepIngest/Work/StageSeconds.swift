import AVPrepCatalog
import AVPrepCore

/// Seconds that the parts of ingest were busy, waited for input, or waited for output, of one video or of many.
///
/// Decoding and computing go on at the same time, in two processes with a few pictures between them. What the decoder
/// waited for follows from what the worker saw: while the worker waits for pictures, the decoder is busy or waits for the disk;
/// while the worker computes, the decoder is busy or waits for a free picture.
struct StageSeconds {
    private(set) var decode = (busy: 0.0, input: 0.0, output: 0.0)
    private(set) var compute = (busy: 0.0, input: 0.0, output: 0.0)
    private(set) var write = (busy: 0.0, input: 0.0, output: 0.0)

    /// - Parameters:
    ///   - measured: what the worker's clock says.
    ///   - decoder: CPU time of the decoder process.
    init(_ measured: WorkClock.Measured, decoder: Double) {
        let busy = decoder + measured.input.cpu
        let whole = measured.input.wall + measured.compute.wall + measured.output.wall
        decode.busy = busy
        decode.input = max(0, measured.input.wall - busy)
        decode.output = max(0, whole - max(busy, measured.input.wall))
        compute = (measured.compute.wall, measured.input.wall, measured.output.wall)
        write.busy = min(measured.output.cpu, measured.output.wall)
        write.output = measured.output.wall - write.busy
        write.input = measured.input.wall + measured.compute.wall
    }

    func add(to work: inout RunWork) {
        work[.decodeBusy] += decode.busy
        work[.decodeInput] += decode.input
        work[.decodeOutput] += decode.output
        work[.computeBusy] += compute.busy
        work[.computeInput] += compute.input
        work[.computeOutput] += compute.output
        work[.writeBusy] += write.busy
        work[.writeInput] += write.input
        work[.writeOutput] += write.output
    }
}
