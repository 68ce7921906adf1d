/// The program's version, as printed by `--version` and written into every file.
package enum Version {
    package static let text = "0.1.0"
}
