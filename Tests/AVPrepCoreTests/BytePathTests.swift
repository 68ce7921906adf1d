import AVPrepCore
import Foundation
import Testing

@Suite struct BytePathTests {
    @Test(arguments: [
        "videos/a b.mp4", "日本/ü.mp4", "e\u{301}.mp4", "it's; DROP \"x\".mp4", "%_?*[1].mp4", "-a.mp4", "a#1.mp4",
        "👩‍👩‍👧.mp4", "नमस्ते.mp4", "\u{FFFD}.mp4", "..", "/", "",
    ])
    func printableNamesAreWrittenAsTheyAre(name: String) {
        #expect(Array(BytePath(name).escaped.utf8) == Array(name.utf8))
        #expect(BytePath(escaped: name) == BytePath(name))
    }

    @Test(
        arguments: [
            ([0x61, 0x0A, 0x62], #"a\nb"#), ([0x61, 0x09, 0x0D], #"a\t\r"#), ([0x1B, 0x5B, 0x6D], #"\x1b[m"#),
            ([0x61, 0x5C, 0x6E], #"a\\n"#), ([0x61, 0xFF, 0x62], #"a\xffb"#), ([0xC3], #"\xc3"#),
            ([0xC0, 0xAF], #"\xc0\xaf"#), ([0xED, 0xA0, 0x80], #"\xed\xa0\x80"#),
            ([0xF4, 0x90, 0x80, 0x80], #"\xf4\x90\x80\x80"#),
            ([0xC2, 0x85], #"\xc2\x85"#), ([0x7F], #"\x7f"#), ([0xE2, 0x80, 0xA8], #"\xe2\x80\xa8"#),
            ([0xE2, 0x80, 0xAE, 0x61], #"\xe2\x80\xaea"#), ([0x20, 0x61, 0x20], #"\x20a\x20"#),
            ([0x61, 0x20, 0x2F, 0x62], #"a\x20/b"#), ([0x23, 0x61], #"\x23a"#), ([0xEF, 0xBB, 0xBF], #"\xef\xbb\xbf"#),
        ] as [([UInt8], String)])
    func whatIsNoPrintableTextIsEscaped(bytes: [UInt8], text: String) {
        #expect(BytePath(bytes).escaped == text)
        #expect(BytePath(escaped: text).bytes == bytes)
    }

    @Test func everyPathHasOneLineOfItsOwnThatBringsItBack() {
        var random = SeededRandom(seed: 11)
        var texts: [[UInt8]: [UInt8]] = [:]
        let likely = Array(#"\/nxtr# a0f"#.utf8) + [0x0A, 0x0D, 0x1B, 0xC2, 0x85, 0xE2, 0x80, 0xA8, 0xCC, 0x81, 0xFF]
        for _ in 0..<20_000 {
            let bytes = (0..<random.below(9)).map { _ in
                random.below(3) == 0 ? UInt8(1 + random.below(255)) : likely[random.below(likely.count)]
            }
            let text = BytePath(bytes).escaped
            #expect(BytePath(escaped: text).bytes == bytes)
            #expect(text.unicodeScalars.allSatisfy { !$0.properties.isWhitespace || $0 == " " || $0.value > 0x9F })
            #expect(text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).count == 1)
            if let other = texts[Array(text.utf8)] { #expect(other == bytes) }
            texts[Array(text.utf8)] = bytes
        }
    }

    @Test func normalFormsAreDifferentPaths() {
        let (composed, decomposed): (BytePath, BytePath) = ("caf\u{E9}.mp4", "cafe\u{301}.mp4")
        #expect("caf\u{E9}" == "cafe\u{301}")
        #expect(composed != decomposed && Set([composed, decomposed]).count == 2)
        #expect(decomposed < composed)
    }

    @Test func aBackslashThatBeginsNoEscapeStandsForItself() {
        #expect(BytePath(escaped: #"a\b\x4\xzz\"#) == BytePath(#"a\b\x4\xzz\"#))
        #expect(BytePath(escaped: #"a\x00b"#) == BytePath(#"a\x00b"#))
    }

    @Test func partsOfPathsAreThoseOfTheSystem() throws {
        let path: BytePath = "a/b/c.mp4"
        #expect(path.folder == "a/b" && Array(path.name) == Array("c.mp4".utf8))
        #expect(BytePath("/x").folder == "/" && BytePath("x").folder == "")
        #expect(path.relative(to: "/r") == "/r/a/b/c.mp4" && BytePath("/x").relative(to: "/r") == "/x")
        #expect(BytePath("/a//./b/").tidied == "/a/b" && BytePath("a/../b").tidied == "a/../b")
        let json = try JSONEncoder().encode([BytePath([0x61, 0xFF, 0x0A])])
        #expect(try JSONDecoder().decode([BytePath].self, from: json) == [BytePath([0x61, 0xFF, 0x0A])])
    }

    @Test func textForTerminalsHasNoControls() {
        #expect(PathEscape.withoutControls("a\u{1B}[31m\nb\\") == #"a\x1b[31m\nb\"#)
        #expect(PathEscape.withoutControls("a\n\tb", keeping: ["\n", "\t"]) == "a\n\tb")
        #expect(PathEscape.withoutControls("\u{202E}é") == #"\xe2\x80\xaeé"#)
    }
}
