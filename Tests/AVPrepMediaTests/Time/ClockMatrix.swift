import AVPrepCore
import AVPrepMedia

/// The cases of the clock matrix: a covering subset, in which every pair of two factors' values that can occur together
/// does.
enum ClockMatrix {
    static let rates: [Rational?] = [
        Rational(24_000, 1001), Rational(24), Rational(25), Rational(30_000, 1001), Rational(30), Rational(50),
        Rational(60_000, 1001), Rational(60), Rational(120), nil,
    ]
    static let starts = [
        ClockCase.Starts(picture: 0, sound: 0), ClockCase.Starts(picture: 0, sound: 0.2),
        ClockCase.Starts(picture: 0.35, sound: 0), ClockCase.Starts(picture: 0.1, sound: 0.55),
        ClockCase.Starts(picture: 2.5, sound: 2.25),
    ]

    /// All pairs by the greedy way: of the cases still possible, take the one that covers most pairs not seen yet.
    static let cases: [ClockCase] = {
        let candidates = everyCase.map { (item: $0, pairs: pairs($0)) }
        var missing = Set(candidates.flatMap(\.pairs))
        var random = SeededRandom(seed: 3)
        var chosen: [ClockCase] = []
        while let someMissing = missing.min() {
            // A sample of the candidates serves nearly as well as all; one more that is sure to bring something.
            var sample = (0..<100).map { _ in candidates[random.below(candidates.count)] }
            sample += candidates.first { $0.pairs.contains(someMissing) }.map { [$0] } ?? []
            let gains = sample.map { $0.pairs.count { missing.contains($0) } }
            let best = sample[gains.firstIndex(of: gains.max() ?? 0) ?? 0]
            chosen.append(best.item)
            missing.subtract(best.pairs)
        }
        return chosen
    }()

    private static var everyCase: [ClockCase] {
        var cases: [ClockCase] = []
        for container in ClockCase.Container.allCases {
            for video in container.videoCodecs {
                for rate in rates where video.takes(rate) && (rate != nil || container.takesVariableRate) {
                    for audio in container.audioCodecs {
                        cases += (container.takesStarts ? starts : [starts[0]]).map {
                            ClockCase(rate: rate, container: container, video: video, audio: audio, starts: $0)
                        }
                    }
                }
            }
        }
        return cases
    }

    /// Numbers of the ten pairs of values in a case.
    private static func pairs(_ item: ClockCase) -> [Int] {
        let values = [
            rates.firstIndex(of: item.rate), ClockCase.Container.allCases.firstIndex(of: item.container),
            ClockCase.VideoCodec.allCases.firstIndex(of: item.video),
            ClockCase.AudioCodec.allCases.firstIndex(of: item.audio), starts.firstIndex(of: item.starts),
        ]
        let numbers = values.enumerated().map { 32 * $0.offset + ($0.element ?? 0) }
        return numbers.indices.flatMap { first in
            numbers[(first + 1)...].map { 1000 * numbers[first] + $0 }
        }
    }
}
