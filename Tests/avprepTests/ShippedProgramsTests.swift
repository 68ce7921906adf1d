import Foundation
import TestSupport
import Testing

/// What is for tests and benchmarks is in no program that users get.
@Suite struct ShippedProgramsTests {
    /// Parts of the names of symbols and of messages that only injected faults and generated cases have.
    private static let marks = ["AVPrepCases", "ccases_", "DecoderFault", "--faults="]

    @Test(arguments: ["avprep", "avprep-work", "avprep-decode"])
    func noShippedProgramContainsInjectedFaultsOrGeneratedCases(_ name: String) throws {
        let program = try contents(of: name)
        for mark in Self.marks { #expect(!program.contains(mark), "\(name) contains \(mark)") }
    }

    /// The test above would see them.
    @Test func theProgramThatInjectsFaultsContainsThem() throws {
        let program = try contents(of: "avprep-decode-faulty")
        for mark in Self.marks { #expect(program.contains(mark), "no \(mark)") }
    }

    private func contents(of program: String) throws -> Data {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(Products.folder)/\(program)"), options: .mappedIfSafe)
        try #require(data.count > 1 << 14)
        return data
    }
}

extension Data {
    fileprivate func contains(_ text: String) -> Bool { range(of: Data(text.utf8)) != nil }
}
