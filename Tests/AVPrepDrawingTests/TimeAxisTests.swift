import AVPrepDrawing
import Testing

@Suite struct TimeAxisTests {
    @Test func momentsLieWhereTheyBelongAndNeverOutside() {
        let axis = TimeAxis(from: 2, to: 12, x: 100, width: 500)
        #expect(axis.place(of: 2) == 100 && axis.place(of: 12) == 600 && axis.place(of: 7) == 350)
        #expect(axis.column(of: -1e9) == 100 && axis.column(of: 1e9) == 599)
        #expect(abs(axis.seconds(at: 350) - 7.01) < 1e-9)
    }

    @Test(arguments: [0.02, 0.9, 3, 13, 61, 250, 4000, 40_000, 500_000])
    func ticksAreRoundAndFarEnoughApart(length: Double) throws {
        let axis = TimeAxis(from: 0, to: length, x: 0, width: 1000)
        let ticks = axis.ticks(apart: 80)
        #expect((2...13).contains(ticks.count), "\(length): \(ticks)")
        let step = try #require(ticks.dropFirst().first) - ticks[0]
        #expect(step * 1000 / length >= 80)
        #expect(Set(ticks.map(axis.label)).count == ticks.count, "\(ticks.map(axis.label))")
    }

    @Test func labelsAreWhatPeopleWrite() {
        #expect(TimeAxis.label(0.25, within: 1) == "0.25")
        #expect(TimeAxis.label(12, within: 13) == "12")
        #expect(TimeAxis.label(65, within: 100) == "1:05")
        #expect(TimeAxis.label(75.5, within: 100) == "1:15.5")
        #expect(TimeAxis.label(3723, within: 7200) == "1:02:03")
        #expect(TimeAxis.label(-0.5, within: 2) == "-0.5")
        #expect(TimeAxis.label(59.96, within: 100) == "1:00")
        #expect(TimeAxis.label(30, within: 7200) == "0:30")
    }

    @Test func aStretchWithoutLengthIsAnAxisAllTheSame() {
        let axis = TimeAxis(from: 5, to: 5, x: 0, width: 10)
        #expect(axis.end > axis.start)
        #expect(axis.column(of: 5) == 0)
    }
}
