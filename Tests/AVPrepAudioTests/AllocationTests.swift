import CAllocationCount
import Testing

@testable import AVPrepAudio

/// Nothing is allocated for a segment once the workspace is there.
@Suite struct AllocationTests {
    @Test(arguments: SpectrogramSettings.Preset.allCases)
    func aSpectrogramAllocatesNothingOnceWarm(preset: SpectrogramSettings.Preset) throws {
        let spectrogram = try Spectrogram(.named(preset))
        let workspace = spectrogram.makeWorkspace()
        let samples = Sounds.noise(seconds: 0.3, sampleRate: spectrogram.settings.sampleRate)
        var values = [Float](
            repeating: 0, count: spectrogram.frameCount(samples: samples.count) * spectrogram.bins)
        let allocations = samples.withUnsafeBufferPointer { samples in
            values.withUnsafeMutableBufferPointer { values in
                _ = spectrogram.compute(samples, into: values, workspace)
                let before = callocationcount_of_this_thread()
                for _ in 0..<3 { _ = spectrogram.compute(samples, into: values, workspace) }
                return callocationcount_of_this_thread() - before
            }
        }
        #expect(allocations == 0)
    }

    /// The counter counts, or what it does not see would prove nothing.
    @Test func whatIsAllocatedIsCounted() throws {
        let before = callocationcount_of_this_thread()
        try #require(before >= 0, "allocations are counted with the GNU C library alone, and without sanitizers")
        let array = [Int](unsafeUninitializedCapacity: 1000) { _, count in count = 1000 }
        #expect(callocationcount_of_this_thread() > before)
        #expect(array.count == 1000)
    }
}
