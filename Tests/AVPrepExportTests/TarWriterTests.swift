import AVPrepCore
import AVPrepExport
import Foundation
import TestSupport
import Testing

@Suite struct TarWriterTests {
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func pythonReadsEveryMemberAndTheSameMembersGiveTheSameBytes() throws {
        try withTemporaryFolder { folder in
            let long = "a.very/" + String(repeating: "long/", count: 40) + "name.json"
            for name in ["one.tar", "two.tar"] {
                let tar = try TarWriter(path: "\(folder)/\(name)")
                try tar.add("key.json", Array("{}".utf8))
                try tar.add("key.000000.jpg", (0..<100_000).map { UInt8(truncatingIfNeeded: $0 * 7) })
                try tar.add("empty.wav", [])
                try tar.add(long, [1, 2, 3])
                try tar.finish()
            }
            #expect(try SHA256.digest(ofFile: "\(folder)/one.tar") == SHA256.digest(ofFile: "\(folder)/two.tar"))
            let seen = try Oracle.json(
                [String].self,
                """
                import json, sys, tarfile
                with tarfile.open(sys.argv[1]) as tar:
                    print(json.dumps([f"{m.name} {len(tar.extractfile(m).read())} {m.mtime} {m.uid} {m.isfile()}" for m in tar]))
                """, ["\(folder)/one.tar"])
            #expect(
                seen == [
                    "key.json 2 0 0 True", "key.000000.jpg 100000 0 0 True", "empty.wav 0 0 0 True",
                    "\(long) 3 0 0 True",
                ])
        }
    }

    @Test func aFolderThatIsNotThereIsAClearError() {
        let error = #expect(throws: Failure.self) { try TarWriter(path: "/nowhere/x.tar") }
        #expect(error?.description.contains("/nowhere/x.tar") == true)
    }
}
