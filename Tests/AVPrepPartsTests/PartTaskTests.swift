import AVPrepCore
import Foundation
import TestSupport
import Testing

@testable import AVPrepParts

@Suite struct PartTaskTests {
    private func task(_ folder: String, _ part: String = "1/2", lease: Double = 60) throws -> PartTask {
        try PartTask(
            PartsFolder(folder + "/parts"), part: PartNumber(part, environment: [:]), leaseSeconds: lease,
            identity: ["settings": "a"], startedAt: "2026-01-01T00:00:00Z")
    }

    private let key = ItemKey(of: "videos/a.mp4")

    @Test func anItemIsOneTasksAtATime() throws {
        try withTemporaryFolder { folder in
            let (first, second) = (try task(folder), try task(folder, "2/2"))
            #expect(try first.claim(key) == .mine)
            #expect(try second.claim(key) == .held(by: first.header.token))
            // A worker of the same task may ask again.
            #expect(try first.claim(key) == .mine)
            first.release(key, isDone: false)
            #expect(try second.claim(key) == .mine)
            #expect(try first.claim(key) == .held(by: second.header.token))
            second.leave(.done)
            #expect(try first.claim(key) == .mine)
        }
    }

    /// Two tasks were given the same I: each has a journal of its own, and neither gets the other's items.
    @Test func twoTasksOfOnePartHaveFilesOfTheirOwn() throws {
        try withTemporaryFolder { folder in
            let (first, second) = (try task(folder), try task(folder))
            #expect(first.header.token != second.header.token)
            #expect(try first.claim(key) == .mine)
            #expect(try second.claim(key) == .held(by: first.header.token))
            try first.note(done: key, entry: "{\"first\"}")
            #expect(!second.isFinished(key))
            try second.lookAround()
            #expect(second.isFinished(key))
        }
    }

    /// By the time of the machine that holds the folder: a task whose log was not touched for long is given up, however this
    /// machine's clock is set; one whose log is from the future lives.
    @Test func aTaskWithoutASignOfLifeLosesItsItems() throws {
        try withTemporaryFolder { folder in
            let (lost, other) = (try task(folder, lease: 500), try task(folder, "2/2"))
            #expect(try lost.claim(key) == .mine)
            let log = PartsFolder(folder + "/parts").log(lost.header.token)
            func set(_ seconds: Int) {
                var times = [timespec(tv_sec: time(nil) + seconds, tv_nsec: 0), timespec()]
                times[1] = times[0]
                #expect(utimensat(AT_FDCWD, log, times, 0) == 0)
            }
            set(7200)
            #expect(try other.claim(key) == .held(by: lost.header.token))
            set(-400)
            #expect(try other.claim(key) == .held(by: lost.header.token))
            set(-600)
            #expect(try other.claim(key) == .mine)
            // It comes back, and finds that others have it.
            #expect(try lost.claim(key) == .held(by: other.header.token))
            // Asking was a sign of life.
            set(-600)
            let states = try PartsFolder(folder + "/parts").states()
            #expect(states.count { $0.isRunning } == 1)
            #expect(states.contains { $0.text.contains("no sign of life for") })
        }
    }

    @Test func aTaskShowsThatItLives() throws {
        try withTemporaryFolder { folder in
            let (living, other) = (try task(folder, lease: 0.6), try task(folder, "2/2"))
            #expect(try living.claim(key) == .mine)
            for _ in 0..<6 {
                usleep(300_000)
                #expect(try other.claim(key) == .held(by: living.header.token))
            }
        }
    }

    /// A node that vanished between making a lease and writing its name into it; and a lease of a task without a log.
    @Test(arguments: ["", "9-of-9-nobody"]) func aLeaseOfNobodyRunsOut(owner: String) throws {
        try withTemporaryFolder { folder in
            let task = try task(folder)
            let path = "\(folder)/parts/current/leases/\(key.text.prefix(2))/\(key.text)"
            try AtomicFile.makeFolder((path as NSString).deletingLastPathComponent)
            try Data(owner.utf8).write(to: URL(fileURLWithPath: path))
            #expect(try task.claim(key) == .held(by: owner))
            var times = [timespec(tv_sec: time(nil) - 1000, tv_nsec: 0), timespec()]
            times[1] = times[0]
            #expect(utimensat(AT_FDCWD, path, times, 0) == 0)
            #expect(try task.claim(key) == .mine)
        }
    }

    /// What a merge took away while a task was stalled.
    @Test func aTaskWhoseFolderWasMergedEnds() throws {
        try withTemporaryFolder { folder in
            let stalled = try task(folder)
            try PartsFolder(folder + "/parts").retire()
            #expect(!FileManager.default.fileExists(atPath: folder + "/parts"))
            let failure = try #require(throws: Failure.self) { try stalled.note(done: key, entry: "x") }
            #expect(failure.exitStatus == .busy && failure.endsRun)
            #expect(throws: Failure.self) { try stalled.claim(key) }
            // New tasks are not disturbed by the old one.
            let next = try task(folder)
            #expect(try next.claim(key) == .mine)
            #expect(throws: Failure.self) { try stalled.note(done: key, entry: "x") }
            stalled.leave(.failed)
            #expect(try next.claim(key) == .mine)
        }
    }

    /// Logs and journals end wherever a kill or a full disk cut them; the next line must not continue what is torn.
    @Test func tornLinesAreNoLines() throws {
        try withTemporaryFolder { folder in
            let (first, second) = (try task(folder), try task(folder, "2/2"))
            let other = ItemKey(of: "videos/b.mp4")
            try first.note(done: key, entry: "one")
            try first.note(done: other, entry: "two")
            let parts = PartsFolder(folder + "/parts")
            for path in [parts.log(first.header.token), parts.journal(first.header.token)] {
                let size = try #require(FileIdentity(path: path)).size
                #expect(truncate(path, off_t(size - 3)) == 0)
            }
            try second.lookAround()
            #expect(second.isFinished(key) && !second.isFinished(other))
            var entries: [String] = []
            var reader = JournalReader(first.header.token, in: parts)
            try reader.read { entry, _ in entries.append(entry) }
            #expect(entries == ["one"] && reader.header == first.header && reader.damagedLines == 0)
        }
    }

    /// A thousand tasks that have come and gone, and 20,000 leases: each look costs milliseconds a task.
    @Test func manyTasksAndLeases() throws {
        try withTemporaryFolder { folder in
            let own = try task(folder)
            for number in 0..<300 {
                let other = try task(folder, "\(number + 1)/300")
                try other.note(done: ItemKey(of: "item \(number)"), entry: "x")
                other.leave(.done)
            }
            try own.lookAround()
            #expect((0..<300).allSatisfy { own.isFinished(ItemKey(of: "item \($0)")) })
            for number in 0..<5000 { #expect(try own.claim(ItemKey(of: "more \(number)")) == .mine) }
            let folders = try FileManager.default.contentsOfDirectory(atPath: folder + "/parts/current/leases")
            #expect(folders.count == 256)
            own.leave(.done)
        }
    }

    @Test func onlyOneListingIsMadeAndAllTakeIt() throws {
        try withTemporaryFolder { folder in
            let tasks = try (1...4).map { try task(folder, "\($0)/4") }
            DispatchQueue.concurrentPerform(iterations: 4) { index in
                let content = try? SharedListing.obtain(
                    tasks[index], cancellation: Cancellation(), waiting: {},
                    make: {
                        usleep(300_000)
                        return ["made by \(index)"]
                    })
                #expect(content?.lines.count == 1)
            }
            let content = try #require(try SharedListing.read(PartsFolder(folder + "/parts")))
            #expect(content.lines.count == 1 && content.identity == ["settings": "a"])
            // A listing that a disk has damaged is none.
            let path = PartsFolder(folder + "/parts").listing
            let file = try #require(FileHandle(forWritingAtPath: path))
            try file.seekToEnd()
            file.write(Data("more\n".utf8))
            #expect(throws: Failure.self) { try SharedListing.read(PartsFolder(folder + "/parts")) }
        }
    }
}
