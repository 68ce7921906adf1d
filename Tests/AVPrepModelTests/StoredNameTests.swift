import AVPrepModel
import Testing

@Suite struct StoredNameTests {
    @Test func namesAreLowerCaseLettersDigitsAndUnderscoresAfterALetter() {
        for name in ["mel", "a", "half_mixed", "x9", String(repeating: "a", count: 64)] {
            #expect(StoredName.isName(name), "\(name)")
        }
        for name in ["", "9x", "_x", "Mel", "a-b", "a.b", "a/b", "ä", String(repeating: "a", count: 65)] {
            #expect(!StoredName.isName(name), "\(name)")
        }
        #expect(!StoredName.isTrackName("pcm") && !StoredName.isTrackName("frame") && StoredName.isTrackName("mel"))
    }

    @Test func shardsAreNamedBySplitAndNumber() throws {
        #expect(ShardName(.train, 7).text == "train-00007" && ShardName(.val, 123_456).text == "val-123456")
        let name = try #require(ShardName(file: "test-00012.h5"))
        #expect(name.split == .test && name.number == 12 && name.text == "test-00012")
        #expect(ShardName(pairFile: "train-00000.pairs.h5") == ShardName(.train, 0))
        for text in [
            "train-0.h5", "train-.h5", "train-00000", "train-00000.pairs.h5", "other-00000.h5", "train-1234567890.h5",
            "train-0000a.h5", "train--0001.h5", "../train-00000.h5", "train-00000.h5.damaged-1",
        ] {
            #expect(ShardName(file: text) == nil, "\(text)")
        }
        #expect(3.zeroPadded(to: 2) == "03" && 123.zeroPadded(to: 2) == "123")
    }
}
