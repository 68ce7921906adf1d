import Foundation
import TestSupport
import Testing

/// Swift does not warn of a C function's result that nobody looks at. Those that say whether something went well are looked
/// at: checked, or given to `_` where the reason stands beside it.
@Suite struct IgnoredResultTests {
    /// Functions whose result tells success from failure. `close` and `unlink` of what is given up are none: there is
    /// nothing to do about them.
    private static let functions = [
        "ftruncate", "truncate", "fsync", "fdatasync", "pwrite", "pread", "rename", "munmap", "mprotect",
        "flock", "fcntl", "dup2", "chdir", "setenv", "sigaction", "pthread_sigmask", "clock_gettime", "gethostname",
        "utimensat", "link", "symlink", "chmod", "mkdir",
        "posix_spawn", "posix_spawnattr_init", "posix_spawnattr_setsigmask", "posix_spawnattr_setflags",
        "posix_spawn_file_actions_init", "posix_spawn_file_actions_addopen", "posix_spawn_file_actions_adddup2",
        "EVP_DigestInit_ex", "EVP_DigestUpdate", "EVP_DigestFinal_ex",
        "av_opt_set", "av_opt_set_int", "av_opt_set_double", "av_dict_set", "av_dict_set_int", "av_frame_get_buffer",
        "av_frame_make_writable", "av_frame_ref", "av_frame_apply_cropping", "av_channel_layout_copy", "av_seek_frame",
        "av_read_frame", "av_write_trailer", "av_interleaved_write_frame", "avcodec_parameters_to_context",
        "avcodec_parameters_from_context", "avcodec_send_packet", "avcodec_send_frame", "avcodec_receive_frame",
        "avcodec_open2", "avformat_write_header", "avio_open", "avio_seek", "swr_init", "swr_alloc_set_opts2",
        "swr_convert", "swr_set_matrix", "sws_init_context", "sws_setColorspaceDetails", "sws_scale",
        "archive_write_close", "archive_write_header", "archive_write_data",
        "H5Eset_auto2", "H5Eclear2", "H5Ewalk2", "H5Dwrite", "H5Dread", "H5Awrite", "H5Fflush", "H5Sselect_hyperslab",
        "XGBoosterPredictFromDMatrix", "XGDMatrixSetFloatInfo",
    ]

    @Test func everyResultThatTellsOfAFailureIsLookedAt() throws {
        let sources = Oracle.repository + "/Sources"
        let name = try Regex("^(?:defer \\{ )?(?:Foundation\\.)?(\\w+)\\(", as: (Substring, Substring).self)
        let functions = Set(Self.functions)
        var files = 0
        for path in FileManager.default.enumerator(atPath: sources)?.allObjects ?? [] {
            guard let path = path as? String, path.hasSuffix(".swift"), !path.hasPrefix("AVPrepCases/") else {
                continue
            }
            files += 1
            let lines = try String(contentsOfFile: "\(sources)/\(path)", encoding: .utf8).split(
                separator: "\n", omittingEmptySubsequences: false
            ).map { $0.drop { $0 == " " } }.filter { !$0.hasPrefix("//") }
            for (before, pair) in zip([""] + lines, zip(lines, lines.dropFirst() + [""])) {
                let (line, after) = pair
                guard let match = line.firstMatch(of: name), functions.contains(String(match.1)) else { continue }
                // Within an expression that began above, or the one expression of a closure.
                if "(,=?:&|".contains(before.last ?? " ") || before.hasSuffix("return") { continue }
                if before.hasSuffix(" in") || before.hasSuffix("{"), after.hasPrefix("}") { continue }
                Issue.record("\(path) ignores what \(match.1) says: \(line)")
            }
        }
        #expect(files > 300)
    }
}
