import AVPrepCore
import AVPrepParts
import AVPrepWorkspace
import Synchronization

/// What a task does next: first the items of its own part, the largest first, then what others have not begun, or have been
/// given up at.
///
/// Of files with the same content only the first is prepared, and only files of one size can have the same content. So files
/// that share their size are hashed before any of them is prepared; all others are hashed when their turn comes.
final class PartSchedule: Sendable {
    enum Job: Sendable {
        /// The id of the item's content is wanted.
        case hash(PartItem)
        /// The item is to be prepared; its id, where it is known.
        case prepare(PartItem, video: String?)
        /// Another item has the same content.
        case duplicate(PartItem)
    }

    private enum Step {
        case job(Job)
        /// All that is left is others', and they are waited for.
        case wait
        case end
    }

    private struct State {
        /// Indices of items, the next one last.
        var pass: [Int] = []
        var inHand: Set<ItemKey> = []
        var hashing = 0
        var hasClaimed = true
        /// Who holds items that could not be had, and when each of them had shown that it lives at first.
        var holders: Set<String> = []
        var watched: [String: Double] = [:]
        /// For each size of which all contents are known: the first item of each content.
        var firsts: [Int64: [String: Int]] = [:]
        var givenUp: Set<ItemKey> = []
        var isStopped = false
    }

    /// The largest first.
    let items: [PartItem]
    private let task: PartTask
    private let cancellation: Cancellation
    /// The items of each size that several have, those that are not to be done too.
    private let twins: [Int64: [PartItem]]
    private let state = Mutex(State())

    init(_ listed: [PartItem], _ task: PartTask, cancellation: Cancellation) {
        items = listed.filter(\.isPending).sorted { ($1.size, $0.key) < ($0.size, $1.key) }
        twins = Dictionary(grouping: listed, by: \.size).filter { $0.value.count > 1 }
        (self.task, self.cancellation) = (task, cancellation)
    }

    /// The next job; waits for one where others may leave some.
    ///
    /// - Returns: nil when all that is left is in the hands of tasks that live.
    /// - Throws: `CancellationError`; ``Failure`` when the folder of the tasks fails.
    func next() throws -> Job? {
        var pause = 0.1
        while true {
            try cancellation.check()
            switch try state.withLock({ try step(&$0) }) {
            case .job(let job): return job
            case .end: return nil
            case .wait: try cancellation.wait(seconds: pause)
            }
            pause = min(pause * 1.5, max(0.2, task.header.leaseSeconds / 20))
        }
    }

    /// Ends the work of all workers, because one has failed.
    func stop() { state.withLock { $0.isStopped = true } }

    /// Gives a job back that was done, or came to nothing.
    ///
    /// - Parameter isGivenUp: whether this task is not to try it again.
    func end(_ job: Job, isGivenUp: Bool = false) {
        state.withLock { state in
            switch job {
            case .hash(let item):
                state.hashing -= 1
                state.inHand.remove(item.key)
                task.release(item.key, isDone: false)
            case .prepare(let item, _):
                state.inHand.remove(item.key)
                if isGivenUp { state.givenUp.insert(item.key) }
                task.release(item.key, isDone: !isGivenUp)
            case .duplicate(let item): state.inHand.remove(item.key)
            }
        }
    }

    /// How many items of the listing nobody has done yet.
    func remaining() throws -> Int {
        try task.lookAround()
        return items.count { !task.isFinished($0.key) }
    }

    // MARK: - The next step

    private func step(_ state: inout State) throws -> Step {
        while true {
            if state.isStopped { return .end }
            while let index = state.pass.popLast() {
                if let job = try claim(items[index], &state) { return .job(job) }
            }
            try task.lookAround()
            let rest = items.indices.filter { isLeft(items[$0], state) }
            // One of this task's own workers may be about to leave more.
            if rest.isEmpty { return state.hashing > 0 ? .wait : .end }
            if !state.hasClaimed {
                guard try isWorthWaiting(rest, &state) else { return .end }
                state.holders = []
                state.pass = order(rest, state)
                return .wait
            }
            state.hasClaimed = false
            state.watched = [:]
            state.holders = []
            state.pass = order(rest, state)
        }
    }

    private func isLeft(_ item: PartItem, _ state: State) -> Bool {
        !task.isFinished(item.key) && !state.inHand.contains(item.key) && !state.givenUp.contains(item.key)
    }

    /// Whether something may come of what could not be had: of contents that others are about to know, and of items whose
    /// holders have not shown since that they live.
    private func isWorthWaiting(_ rest: [Int], _ state: inout State) throws -> Bool {
        if try rest.contains(where: { try kind(of: items[$0], &state) == nil }) { return true }
        var isOpen = false
        for token in state.holders {
            guard let sign = task.lastSign(of: token) else {
                isOpen = true
                continue
            }
            let first = state.watched[token] ?? sign
            state.watched[token] = first
            if sign <= first { isOpen = true }
        }
        return isOpen
    }

    private func claim(_ item: PartItem, _ state: inout State) throws -> Job? {
        guard isLeft(item, state), let first = try kind(of: item, &state) else { return nil }
        if case .duplicate = first {
            state.inHand.insert(item.key)
            state.hasClaimed = true
            return first
        }
        switch try task.claim(item.key) {
        case .held(let token):
            state.holders.insert(token)
            return nil
        case .mine: break
        }
        // Whoever had it may have done it meanwhile, and given it back.
        try task.lookAround(ifDue: task.header.part.owns(item.key))
        guard isLeft(item, state), let job = try kind(of: item, &state) else {
            task.release(item.key, isDone: false)
            return nil
        }
        state.hasClaimed = true
        state.inHand.insert(item.key)
        if case .hash = job { state.hashing += 1 }
        return job
    }

    /// What is to be done about an item; nil while contents are unknown that it may be equal to.
    private func kind(of item: PartItem, _ state: inout State) throws -> Job? {
        guard let twins = twins[item.size] else { return .prepare(item, video: item.videoID) }
        guard let video = content(of: item) else { return .hash(item) }
        if state.firsts[item.size] == nil {
            // What has been tried and could not be read is equal to nothing.
            guard twins.allSatisfy({ content(of: $0) != nil || task.isFinished($0.key) }) else { return nil }
            var firsts: [String: Int] = [:]
            for (index, twin) in twins.enumerated() {
                guard let video = content(of: twin) else { continue }
                if let other = firsts[video], Self.precedes(twins[other], twin) { continue }
                firsts[video] = index
            }
            state.firsts[item.size] = firsts
        }
        let first = state.firsts[item.size]?[video].map { twins[$0].key }
        return first == item.key ? .prepare(item, video: video) : .duplicate(item)
    }

    private func content(of item: PartItem) -> String? { item.videoID ?? task.content(of: item.key) }

    /// As the catalog orders files of the same content.
    private static func precedes(_ first: PartItem, _ second: PartItem) -> Bool {
        first.firstRun == second.firstRun
            ? first.escaped.utf8.lexicographicallyPrecedes(second.escaped.utf8) : first.firstRun < second.firstRun
    }

    /// Own items before those of others, hashing before preparing, the parts behind this one first: so that tasks with
    /// nothing left to do spread over the parts.
    ///
    /// - Returns: the next one last.
    private func order(_ rest: [Int], _ state: State) -> [Int] {
        let part = task.header.part
        let ranks = rest.map { index -> (Int, Int, Int) in
            let item = items[index]
            let distance = part.distance(of: item.key)
            let isHashed = twins[item.size] == nil || content(of: item) != nil
            return ((distance == 0 ? 0 : 2) + (isHashed ? 1 : 0), distance, index)
        }
        return ranks.sorted { $0 > $1 }.map(\.2)
    }
}
