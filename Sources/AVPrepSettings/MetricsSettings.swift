import AVPrepCore

/// Numbers for a monitoring system.
package struct MetricsSettings: Sendable, Equatable, StoredSettings {
    /// A file for node_exporter's textfile collector, relative to the pipeline file; empty: none.
    package var file = ""
    /// Seconds between writes while a command works.
    package var seconds = 15.0

    package init() {}
}
