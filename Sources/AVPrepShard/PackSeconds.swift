import AVPrepCatalog
import AVPrepCore

/// Seconds that the parts of packing were busy, waited for input, or waited for output, of one shard or of many: one thread reads,
/// writes, and computes the digest of each shard, one after the other.
struct PackSeconds {
    private let measured: WorkClock.Measured

    init(_ measured: WorkClock.Measured) { self.measured = measured }

    func add(to work: inout RunWork) {
        let (input, compute, output) = (measured.input, measured.compute, measured.output)
        work[.shards] += 1
        work[.readBusy] += min(input.cpu, input.wall)
        work[.readInput] += input.waiting
        work[.readOutput] += output.wall + compute.wall
        work[.writeBusy] += min(output.cpu, output.wall)
        work[.writeInput] += input.wall + compute.wall
        work[.writeOutput] += output.waiting
        // The digest is that of what was written: it is mostly in memory still.
        work[.computeBusy] += min(compute.cpu, compute.wall)
        work[.computeInput] += input.wall + output.wall + compute.waiting
    }
}
