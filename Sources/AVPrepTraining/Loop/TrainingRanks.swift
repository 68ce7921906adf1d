import AVPrepCore
import AVPrepTorch
import Foundation

/// The processes of a run as the loop sees them: one alone, or several that divide every batch.
///
/// A batch of ``TrainSettings/batchSize`` pairs is the same for any number of processes, and so is its order: rank r takes
/// the r-th of equal shares. Rank 0 writes all files and reads the checkpoint for all.
struct TrainingRanks {
    let group: ProcessGroup?
    /// Cores for each process of this machine: those that it may use, divided by the processes that may use the same.
    let cores: Int
    /// Processes whose launcher left them a part of their machine's cores, while others lie idle; nil for none.
    let warning: String?

    var rank: Int { group?.rank ?? 0 }
    var count: Int { group?.size ?? 1 }
    /// Whether this process writes the run's files.
    var leads: Bool { rank == 0 }

    private init(group: ProcessGroup?, cores: Int, warning: String?) {
        (self.group, self.cores, self.warning) = (group, cores, warning)
    }

    /// One process alone.
    init() { self.init(group: nil, cores: AvailableProcessors.count, warning: nil) }

    /// - Throws: what the exchange throws.
    init(_ group: ProcessGroup?) throws {
        guard let group else {
            self.init()
            return
        }
        let status = Self.status(of: "self")
        // Launchers bind processes to cores, or leave all cores to all processes: who has the same list shares it.
        let own = "\(Self.host) \(AvailableProcessors.affinityList(status: status) ?? "")"
        let all = try group.gather(Data(own.utf8))
        let sharers = max(1, all.count { $0 == all[group.rank] })
        let cores = max(1, AvailableProcessors.count / sharers)
        // What started this process shows which cores there were to give.
        let given = AvailableProcessors.affinity(status: Self.status(of: String(getppid()))) ?? 0
        let used = (AvailableProcessors.affinity(status: status) ?? given) * group.localSize / sharers
        let bound = try group.gather([Double(used), Double(given)]).first { $0[0] * 2 <= $0[1] }
        let warning = bound.map { bound in
            """
            the launcher has bound the processes of a machine to \(Int(bound[0])) of its \(Int(bound[1])) cores: start them \
            with `mpirun --bind-to none`, or with more cores a process (`srun --cpus-per-task`)
            """
        }
        self.init(group: group, cores: cores, warning: warning)
    }

    private static func status(of process: String) -> String {
        (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
    }

    private static var host: String { ProcessInfo.processInfo.hostName }

    /// The engine of this process, joined with those of the others.
    ///
    /// - Parameter threads: of one operation on a CPU; 0 for its share of the cores.
    func engine(_ device: Engine.Device, threads: Int, _ settings: TrainSettings) throws -> Engine {
        let engine = try together {
            try Engine.load(
                device: device, threads: threads > 0 ? threads : cores, precision: settings.precision,
                isDeterministic: settings.deterministic)
        }
        guard let group else { return engine }
        try insistOnAgreement(["training engine": engine.description, "kind of device": engine.isCUDA ? "cuda" : "cpu"])
        return try engine.joining(group, synchronizesBatchNorm: settings.syncBatchNorm)
    }

    // MARK: - Dividing

    /// Pairs of a batch that are this process's, in slots of the whole batch.
    ///
    /// - Parameter batchSize: of the whole batch: in training a multiple of the number of processes.
    func share(ofBatch batchSize: Int) -> Range<Int> {
        let size = max(1, batchSize / count)
        return rank * size..<(rank + 1) * size
    }

    /// This process's pairs of an order of whole batches.
    func share(of order: [Int], batchSize: Int) -> [Int] {
        if count == 1 { return order }
        let own = share(ofBatch: batchSize)
        return stride(from: 0, to: order.count, by: batchSize).flatMap { start in
            order[start + own.lowerBound..<start + own.upperBound]
        }
    }

    /// The place in the whole order of a place in this process's.
    func position(_ own: Int, batchSize: Int) -> Int {
        let share = share(ofBatch: batchSize)
        let (batch, slot) = own.quotientAndRemainder(dividingBy: share.count)
        return batch * batchSize + share.lowerBound + slot
    }

    // MARK: - Agreeing

    /// Looks whether any process was asked to stop; all stop at the same place, with the same exit code.
    ///
    /// - Throws: `CancellationError`.
    func check(_ cancellation: Cancellation) throws {
        guard let group else { return try cancellation.check() }
        try agree(on: try group.gather([Double(cancellation.requested?.rawValue ?? 0)]).map { $0[0] }, cancellation)
    }

    /// The same with what each process has said.
    func agree(on requests: [Double], _ cancellation: Cancellation) throws {
        guard let status = requests.map({ Int32($0) }).max(), status != 0 else { return }
        cancellation.cancel(ExitStatus(rawValue: status) ?? .failed)
        throw CancellationError()
    }

    /// The means over all processes, number by number.
    func means(of values: [Double]) throws -> [Double] {
        guard let group else { return values }
        let all = try group.gather(values)
        return values.indices.map { index in all.reduce(0) { $0 + $1[index] } / Double(count) }
    }

    /// Does what every process does for itself, and goes on when all have done it (``ProcessGroup/together(_:)``).
    func together<Value>(_ body: () throws -> Value) throws -> Value {
        guard let group else { return try body() }
        return try group.together(body)
    }

    /// Stands for the program that runs here: version and bytes.
    var programKey: String {
        get throws {
            guard group != nil else { return Version.text }
            let digest = try SHA256.digest(ofFile: "/proc/self/exe").hex
            return "\(Version.text) \(digest.prefix(12))"
        }
    }

    /// What rank 0 finds, for all.
    func shared(_ value: @autoclosure () throws -> Bool) throws -> Bool {
        guard let group else { return try value() }
        return try group.broadcast(Data([try value() ? 1 : 0])) == Data([1])
    }

    /// The same of where a run stands.
    func shared(_ state: @autoclosure () throws -> TrainingState) throws -> TrainingState {
        guard let group else { return try state() }
        let data = try group.broadcast(Data(try CanonicalJSON.encode(try state()).utf8))
        return try StoredJSON.decode(TrainingState.self, from: data)
    }

    /// Insists that all processes have the same of everything that decides what is learnt: a folder may be seen by one
    /// machine as it was some seconds before.
    ///
    /// - Parameter values: by what they are called in messages, as texts.
    /// - Throws: ``TrainingError`` naming the first rank and what is other there than at rank 0.
    func insistOnAgreement(_ values: KeyValuePairs<String, String>) throws {
        guard let group else { return }
        let own = [Self.host] + values.map(\.value)
        let all = try group.gather(Data(try CanonicalJSON.encode(own).utf8)).map {
            try JSONDecoder().decode([String].self, from: $0)
        }
        for (rank, other) in all.enumerated() {
            guard let place = own.indices.dropFirst().first(where: { other[$0] != all[0][$0] }) else { continue }
            let name = values[values.index(values.startIndex, offsetBy: place - 1)].key
            return try together {
                throw TrainingError(
                    .settings,
                    """
                    rank \(rank) on \(other[0]) has another \(name) than rank 0 on \(all[0][0]): \
                    \(Self.difference(other[place], all[0][place])); give all machines the same files, and start again
                    """)
            }
        }
    }

    private static func difference(_ other: String, _ first: String) -> String {
        func tree(_ text: String) -> Any? {
            try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
        }
        if let old = tree(first), let new = tree(other),
            let found = TrainingState.difference(of: old, from: new, at: "train")
        {
            return found
        }
        func short(_ text: String) -> String { text.count > 64 ? text.prefix(64) + "…" : text }
        return "\(short(other)), not \(short(first))"
    }
}
