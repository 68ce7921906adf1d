import AVPrepClassify
import AVPrepCommands
import AVPrepCore
import AVPrepEmbed

extension Classify: PerformableCommand {
    func perform() throws {
        var request = ClassifyRequest(
            features: features ?? "", manifest: manifest.map { Paths.given([$0])[0] })
        request.control = control
        request.folder = out
        request.isESC10 = isESC10
        if let costs { request.costs = costs }
        if let tolerance { request.tolerance = tolerance }
        if let seed { request.seed = seed }
        let context = options.session.context
        guard let run else {
            return try Terminal.show(try ClassifyStage.run(request, context), json: options.json, text: \.text)
        }
        let workspace = try options.workspace([try textSetting("train.name", run)])
        var features = EmbedStage.Request()
        embedding.set(&features)
        features.overwrites = overwrite
        let report = try ClassifyStage.run(workspace, context, features, request)
        try Terminal.show(report, json: options.json, text: \.text)
    }
}
