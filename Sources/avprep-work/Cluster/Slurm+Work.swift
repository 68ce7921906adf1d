import AVPrepCommands
import AVPrepCore
import AVPrepPipeline
import Foundation

extension Slurm: PerformableCommand {
    func perform() throws {
        // Jobs for a pipeline file that does not serve would fail when somebody has waited for them.
        _ = try options.workspace()
        let folder = into.map(Paths.absolute)
        let jobs = try SlurmJobs(
            program: try FrontProgram.path(), pipeline: Paths.absolute(options.pipeline), overrides: options.overrides,
            tasks: tasks, parts: noTrain ? .withoutTraining : onlyTrain ? .trainingAlone : .everything,
            resources: SlurmJobs.Resources(
                cpus: cpus, memory: mem, time: time, partition: partition, account: account,
                trainPartition: trainPartition, gres: gres, trainTasks: trainTasks, trainNodes: trainNodes),
            folder: folder)
        guard let folder else {
            let files = Dictionary(uniqueKeysWithValues: jobs.files.map { ($0.name, $0.text) })
            try Terminal.show(files, json: options.json) { _ in
                jobs.files.map { "# ----- \($0.name)\n\($0.text)" }.joined(separator: "\n")
            }
            return
        }
        try AtomicFile.makeFolder(folder)
        for file in jobs.files {
            try AtomicFile.write(Data(file.text.utf8), to: "\(folder)/\(file.name)")
            if file.isProgram, chmod("\(folder)/\(file.name)", 0o755) != 0 {
                throw Failure("cannot make \(folder)/\(file.name) executable: \(systemError())")
            }
        }
        let names = jobs.files.map(\.name)
        try Terminal.show(["folder": folder], json: options.json) { _ in
            "wrote \(names.joined(separator: ", ")) into \(folder)\nnext: \(SlurmJobs.quoted(folder + "/submit.sh"))"
        }
    }
}
