import AVPrepCommands
import AVPrepInspect

extension Why: PerformableCommand {
    func perform() throws {
        let story = try ItemStory.tell(Paths.bytes(of: [item])[0], in: try options.workspace(), options.session.context)
        try Terminal.show(story, json: options.json, text: \.text)
    }
}
