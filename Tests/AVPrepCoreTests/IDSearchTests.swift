import AVPrepCore
import Foundation
import TestSupport
import Testing

struct IDSearchTests {
    private let id = "0123456789abcdef0123456789abcdef"

    private func hits(_ data: Data, _ ids: [String]) throws -> [String] {
        try withTemporaryFolder { folder in
            let path = folder + "/file"
            try data.write(to: URL(fileURLWithPath: path))
            return try IDSearch(ids, pieceBytes: 1 << 10).hits(inFile: path)
        }
    }

    @Test func anIDIsFoundWhereverItLies() throws {
        let piece = 1 << 10
        for place in Array(0...70) + Array(piece - 70...piece + 70) + [2 * piece - 5, 5 * piece + 31] {
            for filler in [UInt8(ascii: "a"), 0, 0xFF] {
                var data = Data(repeating: filler, count: place)
                data += Data(id.utf8) + Data(repeating: filler, count: 40)
                #expect(try hits(data, [id, String(repeating: "f", count: 32)]) == [id], "\(place) \(filler)")
            }
        }
    }

    @Test func whatIsNoneIsNotFound() throws {
        #expect(try hits(Data(), [id]).isEmpty)
        #expect(try hits(Data(id.utf8.dropLast()), [id]).isEmpty)
        #expect(try hits(Data(id.uppercased().utf8), [id]).isEmpty)
        var random = SeededRandom(seed: 1)
        let noise = Data((0..<100_000).map { _ in UInt8(random.below(256)) })
        #expect(try hits(noise, [id]).isEmpty)
    }

    @Test func aFileThatCannotBeReadIsNamed() {
        let failure = #expect(throws: Failure.self) { try IDSearch([id]).hits(inFile: "/nowhere/file") }
        #expect(failure?.description.contains("/nowhere/file") == true)
    }
}
