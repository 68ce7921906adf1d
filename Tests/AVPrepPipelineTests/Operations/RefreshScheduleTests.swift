import AVPrepCore
import AVPrepPipeline
import Foundation
import TestSupport
import Testing

/// A schedule starts the same command from cron, from systemd and from a shell, whatever the paths hold.
struct RefreshScheduleTests {
    private func schedule(
        _ pipeline: String = "/data/corpus/avprep.yaml", program: String = "/usr/local/bin/avprep",
        every interval: RefreshSchedule.Interval = .day, at time: String = "03:17"
    ) throws -> RefreshSchedule {
        try RefreshSchedule(
            program: program, pipeline: pipeline, interval: interval, time: #require(RefreshSchedule.Time(time)))
    }

    @Test func theCronLineNamesAbsolutePathsAlone() throws {
        #expect(
            try schedule().cronLine
                == "17 3 * * * '/usr/local/bin/avprep' refresh --pipeline '/data/corpus/avprep.yaml'")
        #expect(try schedule(every: .hour).cronLine.hasPrefix("17 * * * * "))
        #expect(try schedule(every: .week).cronLine.hasPrefix("17 3 * * 0 "))
    }

    @Test(arguments: [
        "/d/my corpus/a.yaml", "/d/it's/a.yaml", "/d/100%/a.yaml", "/d/$HOME/`id`/a.yaml", "/d/é\"\\/a.yaml",
    ])
    func aShellGetsThePathThatWasMeant(pipeline: String) throws {
        // What cron does with the sixth field: it replaces \% and hands the rest to a shell.
        let line = try schedule(pipeline, program: "/usr/bin/printf").cronLine
        let command = String(line.split(separator: " ", maxSplits: 5)[5]).replacing("\\%", with: "%")
            .replacing("refresh --pipeline", with: "%s")
        #expect(try Command.run("/bin/sh", ["-c", command]).standardOutput == pipeline)
    }

    @Test func anUnescapedPercentWouldEndTheCommand() throws {
        let line = try schedule("/d/100%/a.yaml").cronLine
        #expect(!line.replacing("\\%", with: "").contains("%"))
    }

    @Test func unitsOfTwoWorkspacesHaveDifferentNames() throws {
        let names = try ["/a/corpus/avprep.yaml", "/b/corpus/avprep.yaml", "/日本/avprep.yaml"].map {
            try schedule($0).unitName
        }
        #expect(Set(names).count == 3)
        #expect(names.allSatisfy { $0.allSatisfy { $0.isASCII } })
    }

    @Test func systemdKeepsPercentDollarAndQuotes() throws {
        let service = try schedule("/d/100% $x \"q\"/a.yaml").systemdService
        #expect(service.contains(#"refresh --pipeline "/d/100%% $x \"q\"/a.yaml""#))
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze")))
    func systemdAcceptsTheUnits() throws {
        try withTemporaryFolder { folder in
            let schedule = try schedule(program: "/bin/true", every: .week)
            let service = "\(folder)/\(schedule.unitName).service"
            try schedule.systemdService.write(toFile: service, atomically: true, encoding: .utf8)
            let timer = "\(folder)/\(schedule.unitName).timer"
            try schedule.systemdTimer.write(toFile: timer, atomically: true, encoding: .utf8)
            let result = try Command.run("/usr/bin/systemd-analyze", ["verify", "--man=no", service, timer])
            #expect(result.status == 0, "\(result.standardError)")
        }
    }

    @Test func aControlCharacterInAPathIsRefused() {
        #expect(throws: Failure.self) { try schedule("/d/a\nb/a.yaml") }
    }

    @Test(arguments: ["", "3", "24:00", "03:60", "-1:00", "03:17:00", "aa:bb"])
    func whatIsNoTimeOfDayIsRefused(text: String) { #expect(RefreshSchedule.Time(text) == nil) }
}
