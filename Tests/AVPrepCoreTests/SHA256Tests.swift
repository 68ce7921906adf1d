import AVPrepCore
import Foundation
import TestSupport
import Testing

@Suite struct SHA256Tests {
    /// FIPS 180-4's examples.
    @Test func digestsAreThoseOfTheStandard() {
        #expect(
            SHA256.digest(of: "abc").hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(SHA256.digest(of: "").hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test func aFileIsHashedInPieces() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/big"
            try Data(repeating: 0x61, count: 3_000_001).write(to: URL(fileURLWithPath: path))
            let whole = SHA256.digest(of: String(repeating: "a", count: 3_000_001))
            #expect(try SHA256.digest(ofFile: path) == whole)
            #expect(throws: CancellationError.self) { try SHA256.digest(ofFile: path) { true } }
            #expect(throws: ReadFailure.self) { try SHA256.digest(ofFile: folder + "/none") }
        }
    }

    @Test func onlySixtyFourHexadecimalDigitsAreADigest() {
        #expect(SHA256Digest(hex: "xyz") == nil)
        #expect(SHA256Digest(hex: String(repeating: "A", count: 64))?.hex == String(repeating: "a", count: 64))
    }
}
