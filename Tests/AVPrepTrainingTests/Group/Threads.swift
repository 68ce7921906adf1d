import CEngine
import Foundation
import Synchronization

@testable import AVPrepTorch

/// Threads of the test that play the processes of a group: each meets the others at every exchange.
final class Threads: @unchecked Sendable {
    // Sendable because every `var` is touched under `condition` alone.
    static let current = Threads(count: threadCount)

    private let condition = NSCondition()
    private let count: Int
    private var given: [Data?]
    private var taken = 0

    private init(count: Int) {
        self.count = count
        given = Array(repeating: nil, count: count)
    }

    /// Runs `body` once for each rank, at the same time.
    ///
    /// - Returns: what each has returned, by rank.
    static func run<Result: Sendable>(_ body: @escaping @Sendable (ProcessGroup) throws -> Result) throws -> [Result] {
        let results = Mutex<[Int: Swift.Result<Result, any Error>]>([:])
        let group = DispatchGroup()
        for rank in 0..<current.count {
            group.enter()
            Thread.detachNewThread {
                Thread.current.threadDictionary["rank"] = rank
                let processes = ProcessGroup(
                    rank: rank, size: current.count, localRank: rank, localSize: current.count, needsCUDA: false,
                    description: "threads", ThreadTransport())
                let result = Swift.Result { try body(processes) }
                results.withLock { $0[rank] = result }
                group.leave()
            }
        }
        group.wait()
        return try results.withLock { all in try (0..<current.count).compactMap { try all[$0]?.get() } }
    }

    /// The bytes of all, by rank.
    fileprivate func exchange(_ bytes: Data) -> [Data] {
        let rank = Thread.current.threadDictionary["rank"] as? Int ?? 0
        condition.lock()
        defer { condition.unlock() }
        while given[rank] != nil { condition.wait() }
        given[rank] = bytes
        condition.broadcast()
        while given.contains(where: { $0 == nil }) { condition.wait() }
        let all = given.compactMap { $0 }
        taken += 1
        if taken == count {
            given = Array(repeating: nil, count: count)
            taken = 0
            condition.broadcast()
        } else {
            while taken > 0 { condition.wait() }
        }
        return all
    }
}

private struct ThreadTransport: GroupTransport {
    func allGather(_ bytes: UnsafeRawBufferPointer, into all: UnsafeMutableRawBufferPointer) {
        all.copyBytes(from: Threads.current.exchange(Data(bytes)).reduce(Data(), +))
    }

    func broadcast(_ bytes: UnsafeMutableRawBufferPointer) {
        bytes.copyBytes(from: Threads.current.exchange(Data(UnsafeRawBufferPointer(bytes)))[0])
    }

    func leave() {}

    func attach(_ api: avprep_group_api, _ group: ProcessGroup, to engine: Engine) throws {
        var host = avprep_group_host(
            all_reduce: { values, count in
                let own = UnsafeBufferPointer(start: values, count: Int(count))
                let all = Threads.current.exchange(Data(buffer: own)).map { data in
                    data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
                }
                for index in 0..<Int(count) { values[index] = all.reduce(0) { $0 + $1[index] } }
                return 0
            },
            all_gather: { out, bytes, count in
                let all = UnsafeMutableRawBufferPointer(start: out, count: Int(count) * threadCount)
                ThreadTransport().allGather(UnsafeRawBufferPointer(start: bytes, count: Int(count)), into: all)
                return 0
            },
            broadcast: { bytes, count in
                ThreadTransport().broadcast(UnsafeMutableRawBufferPointer(start: bytes, count: Int(count)))
                return 0
            })
        try engine.check(api.begin(Int32(group.size), &host), "join \(group.size) threads")
    }
}

/// Threads of a group: a function of C sees no more than constants.
private let threadCount = 2
