import AVPrepCore
import Testing

@testable import AVPrepParts

@Suite struct PartNumberTests {
    @Test(arguments: ["0/4", "5/4", "1/0", "1", "a/b", "1/2/3", "-1/4", "1/", "/3", "1/99999999", " 1/2"])
    func whatIsNoPartIsRefused(text: String) {
        #expect(throws: Failure.self) { try PartNumber(text, environment: [:]) }
    }

    @Test func everyItemBelongsToExactlyOnePart() throws {
        let parts = try (1...7).map { try PartNumber("\($0)/7", environment: [:]) }
        var counts = [Int](repeating: 0, count: 7)
        for number in 0..<1000 {
            let key = ItemKey(of: "item \(number)")
            let owners = parts.indices.filter { parts[$0].owns(key) }
            #expect(owners.count == 1)
            counts[owners[0]] += 1
            #expect(parts[owners[0]].distance(of: key) == 0)
            #expect(parts.allSatisfy { (0..<7).contains($0.distance(of: key)) })
        }
        #expect(counts.allSatisfy { $0 > 90 })
    }

    /// Arrays as users write them: from 0, from 1, with steps, with gaps.
    @Test(arguments: [
        (id: "0", min: "0", max: "15", step: "1", count: "16", part: "1/16"),
        (id: "15", min: "0", max: "15", step: "1", count: "16", part: "16/16"),
        (id: "16", min: "1", max: "16", step: "1", count: "16", part: "16/16"),
        (id: "20", min: "10", max: "30", step: "5", count: "5", part: "3/5"),
        (id: "9", min: "3", max: "9", step: "1", count: "3", part: "7/7"),
    ])
    func slurmsArraysAreParts(
        array: (id: String, min: String, max: String, step: String, count: String, part: String)
    ) throws {
        let part = try PartNumber(
            "slurm",
            environment: [
                "SLURM_ARRAY_TASK_ID": array.id, "SLURM_ARRAY_TASK_MIN": array.min, "SLURM_ARRAY_TASK_MAX": array.max,
                "SLURM_ARRAY_TASK_STEP": array.step, "SLURM_ARRAY_TASK_COUNT": array.count,
            ])
        #expect(part.description == array.part)
    }

    @Test func outsideOfAnArrayThereIsNoPart() {
        #expect(throws: Failure.self) { try PartNumber("slurm", environment: ["SLURM_JOB_ID": "7"]) }
    }
}
