import AVPrepModel
import Testing

@testable import AVPrepPairs

@Suite struct VideoLinksTests {
    private func match(_ a: String, _ b: String) -> DuplicateMatch {
        DuplicateMatch(first: a, second: b, pictureDistance: 0, soundDistance: 0, offsetSeconds: 0, isMirrored: false)
    }

    @Test func groupsFallApartWithoutWhatHeldThem() {
        let chain = VideoLinks(duplicates: [match("c", "d"), match("b", "c"), match("a", "e"), match("d", "f")])
        #expect(chain.groups() == ["b": "b", "c": "b", "d": "b", "f": "b", "a": "a", "e": "a"])
        #expect(chain.groups(without: ["c"]) == ["d": "d", "f": "d", "a": "a", "e": "a"])
    }

    @Test func sourcesTieGroupsTogether() {
        let links = VideoLinks(duplicates: [match("c", "d")], sources: [["a", "b", "d"], ["x", "y"]])
        #expect(links.groups() == ["a": "a", "b": "a", "c": "a", "d": "a", "x": "x", "y": "x"])
        #expect(links.groups(without: ["b", "x"]) == ["a": "a", "d": "a", "c": "a"])
    }
}
