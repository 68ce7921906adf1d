/// The program's version, as `--version` prints it and every file carries it.
package enum Version {
    package static let text = "0.1.0"
}
