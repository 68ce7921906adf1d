import AVPrepCore
import Foundation
import Testing

/// Whether the process that wrote something is still at work.
struct FileOwnerTests {
    @Test func aNumberThatIsUsedAgainIsAnotherProcess() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sleep")
        process.arguments = ["60"]
        try process.run()
        let end = try #require(FileOwner.current.lastIndex(of: "-"))
        let owner = FileOwner.current[..<end] + "-\(process.processIdentifier)"
        #expect(FileOwner.isAlive(String(owner), sinceUptime: FileOwner.uptime + 1) == true)
        #expect(FileOwner.isAlive(String(owner), sinceUptime: FileOwner.uptime - 3600) == false)
        process.terminate()
        process.waitUntilExit()
        #expect(FileOwner.isAlive(String(owner), sinceUptime: FileOwner.uptime) == false)
    }

    @Test func ofAProcessElsewhereNothingIsSaid() {
        #expect(FileOwner.isAlive("other-00000000-1", sinceUptime: 0) == nil)
        #expect(FileOwner.isAlive("", sinceUptime: 0) == nil)
        #expect(FileOwner.isAlive(FileOwner.current, sinceUptime: FileOwner.uptime) == true)
    }
}
