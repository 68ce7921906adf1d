import AVPrepClassify
import AVPrepCommands

extension Classify: PerformableCommand {
    func perform() throws {
        var request = ClassifyRequest(features: features, manifest: manifest)
        request.control = control
        request.folder = out
        request.isESC10 = isESC10
        if let costs { request.costs = costs }
        if let tolerance { request.tolerance = tolerance }
        if let seed { request.seed = seed }
        let report = try ClassifyStage.run(request, options.session.context)
        try Terminal.show(report, json: options.json, text: \.text)
    }
}
