import AVPrepCatalog
import AVPrepCore

/// A run of `avprep shard` in the catalog, from its first shard on: `avprep status` shows where its seconds go.
final class ShardRecording {
    private var meter: WorkMeter?

    /// Begins the run, or goes on with it.
    func begin(in catalog: Catalog) throws -> WorkMeter {
        if let meter { return meter }
        let meter = WorkMeter(catalog, run: try catalog.beginRun(StageName.shard))
        self.meter = meter
        return meter
    }

    func end(_ status: ExitStatus) throws { try meter?.end(status) }

    func end(after error: any Error, _ cancellation: Cancellation) { meter?.end(after: error, cancellation) }
}
