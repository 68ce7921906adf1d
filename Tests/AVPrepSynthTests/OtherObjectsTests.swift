import AVPrepModel
import Testing

@testable import AVPrepSynth

@Suite struct OtherObjectsTests {
    private static let plain = SynthSettings()

    private static func plan(_ change: (inout SynthSettings) -> Void, number: Int = 5) -> SynthPlan {
        var settings = plain
        change(&settings)
        return SynthVideo.plan(settings, number: number)
    }

    private static func sound(_ plan: SynthPlan) -> [Float] {
        let audio = SynthAudio(plan)
        return [Float](unsafeUninitializedCapacity: audio.sampleCount) { buffer, count in
            audio.fill(buffer)
            count = buffer.count
        }
    }

    private static func picture(_ plan: SynthPlan, at seconds: Double) -> [UInt8] {
        let picture = PixelBuffer(width: plan.width, height: plan.height, channels: 3)
        ScenePainter(plan).paint(picture, at: seconds)
        return Array(picture.pixels)
    }

    @Test func theObjectsOfBeforeStayWhatTheyWere() {
        let before = SynthVideo.plan(Self.plain, number: 5)
        let with = Self.plan {
            $0.silentMovers = 1
            $0.unseenSounds = 1
        }
        #expect(with.objects.count == before.objects.count + 2)
        #expect(Array(with.objects.prefix(before.objects.count)) == before.objects)
        #expect(with.events.filter { $0.visible && $0.audible } == before.events)
    }

    @Test func aSilentMoverStrikesInThePictureAndIsNotHeard() throws {
        let before = SynthVideo.plan(Self.plain, number: 5)
        let with = Self.plan { $0.silentMovers = 1 }
        #expect(Self.sound(with) == Self.sound(before))
        let events = with.events.filter { !$0.audible }
        #expect(events.count >= 3 && events.allSatisfy { $0.visible && $0.box != nil })
        let struck = try #require(events.first)
        #expect(Self.picture(with, at: struck.seconds + 0.02) != Self.picture(before, at: struck.seconds + 0.02))
        let truth = SynthTruth.Video(with, boxes: true)
        #expect(truth.objects.map(\.silent) == before.objects.map { _ in nil } + [true])
    }

    @Test func anUnseenSoundIsHeardAndNotInThePicture() throws {
        let before = SynthVideo.plan(Self.plain, number: 5)
        let with = Self.plan { $0.unseenSounds = 1 }
        #expect(Self.sound(with) != Self.sound(before))
        let events = with.events.filter { !$0.visible }
        #expect(events.count >= 3 && events.allSatisfy { $0.audible && $0.box == nil })
        for event in events {
            #expect(Self.picture(with, at: event.seconds) == Self.picture(before, at: event.seconds))
        }
        let object = try #require(SynthTruth.Video(with, boxes: true).objects.last)
        #expect(object.unseen == true && object.boxes == [])
    }

    @Test func onlyTheKindsThatAreNamedOccur() {
        for number in 0..<20 {
            let plan = Self.plan(
                {
                    $0.objectKinds = [.bell, .crate]
                    $0.difficulty = 1
                    $0.silentMovers = 0.5
                    $0.unseenSounds = 0.5
                }, number: number)
            #expect(Set(plan.objects.map(\.kind)).isSubset(of: [.bell, .crate]))
        }
    }

    @Test func sharesAreThoseOfTheScenes() {
        let plans = (0..<200).map { number in Self.plan({ $0.silentMovers = 0.3 }, number: number) }
        let silent = plans.count { plan in plan.objects.contains { !$0.isHeard } }
        #expect((40...80).contains(silent))
    }

    @Test func kindsGivenTwiceAndSharesOfAnArrowCorpusAreRefused() {
        func fails(_ change: (inout SynthSettings) -> Void) -> Bool {
            var settings = Self.plain
            change(&settings)
            do { try settings.validate() } catch { return true }
            return false
        }
        #expect(fails { $0.objectKinds = [.ball, .ball] })
        #expect(fails { $0.silentMovers = 1.5 })
        #expect(fails { $0.unseenSounds = .nan })
        #expect(
            fails {
                $0.kind = .arrow
                $0.silentMovers = 0.5
            })
    }
}
