import AVPrepCore
import Foundation
import TestSupport
import Testing

@testable import AVPrepEmbed

/// What is kept of an embedding until it is complete.
struct FeaturePartsTests {
    @Test func aPartComesBackAsItWasAndWhatIsTornIsNone() throws {
        try withTemporaryFolder { folder in
            let parts = try FeatureParts(of: folder + "/out.h5", key: "abc")
            let part = FeatureParts.Part(
                path: "a \"b\",c.wav", stamp: "4 5", id: "ab", spans: [0, 1, 0.5, 1.5], isPadded: false, failure: nil,
                dimensions: 3)
            let features: [Float] = [1, 2, 3, 4, 5, 6]
            try parts.save(7, part, features: features)
            let loaded = try #require(try parts.load(7, of: part.path, stamp: "4 5"))
            #expect(loaded.part == part && loaded.features == features)
            // Of another file, or cut: computed again.
            #expect(try parts.load(7, of: "other.wav", stamp: "4 5") == nil)
            #expect(try parts.load(7, of: part.path, stamp: "4 6") == nil)
            #expect(try parts.load(8, of: part.path, stamp: "4 5") == nil)
            let path = parts.folder + "/7"
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            for count in [0, 5, 20, data.count - 1] {
                try data.prefix(count).write(to: URL(fileURLWithPath: path))
                #expect(try parts.load(7, of: part.path, stamp: "4 5") == nil)
            }
            parts.remove()
            #expect(!FileManager.default.fileExists(atPath: parts.folder))
        }
    }

    @Test func aFailureIsAnOutcomeThatIsKept() throws {
        try withTemporaryFolder { folder in
            let parts = try FeatureParts(of: folder + "/out.h5", key: "abc")
            let part = FeatureParts.Part(
                path: "x", stamp: "-", id: "", spans: [], isPadded: false, failure: "it has no sound", dimensions: 0)
            try parts.save(0, part, features: [])
            #expect(try parts.load(0, of: "x", stamp: "-")?.part.failure == "it has no sound")
        }
    }
}
