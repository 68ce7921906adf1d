import AVPrepCore
import AVPrepVerify
import Foundation
import TestSupport
import Testing

/// Shards, pair files and indices that were cut, flipped or edited by hand: `verify` names what is wrong and in which
/// file, and so does whatever else reads them; nothing crashes, hangs or reads elsewhere.
@Suite struct HostileShardsTests {
    /// One edit: lines of Python for h5py's `f`, or for the index's `index`; checksums are made to fit afterwards.
    private struct Edit {
        let file: String
        let python: String
        /// What `verify` calls it.
        let code: VerifyReport.Finding.Code
        /// Whether training must refuse it too.
        var stopsTraining = true
    }

    private static let shardEdits = [
        ("f['segments/frame_count'][1] = -1", VerifyReport.Finding.Code.damaged),
        ("f['segments/frame_first'][1] = 0; f['segments/frame_count'][1] = f['segments/frame_count'][0]", .damaged),
        ("f['segments/frame_first'][1] = 2**62", .damaged), ("f['frames/offsets'][2] = 0", .damaged),
        ("f['frames/offsets'][-1] = 2**40", .damaged), ("f['segments/start_seconds'][0] = float('nan')", .damaged),
        ("f['segments/width'][0] = 2**31 - 1", .damaged), ("del f['segments/source']", .damaged),
        ("del f['audio/mel']", .damaged), ("del f['frames']", .damaged),
        ("del f['segments/flags']; f['segments/flags'] = np.zeros((2, 2), 'u4')", .damaged),
        ("del f['segments/height']; f['segments/height'] = np.zeros(2, 'f8')", .damaged),
        ("del f['audio/mel']; f['audio'].create_dataset('mel', (2**50, 40), 'f4', chunks=(64, 40))", .damaged),
        ("del f['frames']; f['frames'] = h5py.ExternalLink('/etc/passwd', '/frames')", .damaged),
        ("del f['frames']; f['frames'] = h5py.SoftLink('/audio')", .damaged),
        ("f['segments/split'][:] = b'val'", .leak), ("f['segments/video_id'][:] = f['segments/video_id'][0]", .counts),
        (
            "f.attrs['layout_json'] = np.bytes_(f.attrs['layout_json'].replace(b'\"hop_length\":', b'\"hop_length\":9999999'))",
            .damaged
        ),
        ("f.attrs['content_key'] = np.bytes_('other')", .changed),
        ("f.attrs['format_version'] = np.bytes_('2.0')", .newer),
        ("f.attrs['format_version'] = np.bytes_('')", .damaged),
        ("f.attrs['kind'] = np.bytes_('prepared')", .damaged),
    ]

    /// Where `/pairs` leads matters to other readers alone: avprep finds pair files by their names.
    private static let linkEdits = [
        "del f['pairs']", "del f['pairs']; f['pairs'] = h5py.ExternalLink('/etc/passwd', '/pairs')",
        "del f['pairs']; f['pairs'] = h5py.ExternalLink('train-00000.h5', '/pairs')",
        "del f['pairs']; f['pairs'] = h5py.ExternalLink('../../elsewhere.h5', '/pairs')",
        "del f['pairs']; f['pairs'] = h5py.SoftLink('/pairs')", "del f['pairs']; f.create_group('pairs')",
    ]

    private static let pairEdits = [
        ("p['video_segment'][0] = 10**6", VerifyReport.Finding.Code.pairs), ("p['audio_segment'][0] = -1", .damaged),
        ("p['video_start_frame'][0] = 2**31 - 1", .pairs), ("p['video_start_frame'][0] = -1", .damaged),
        ("p['audio_start_seconds'][0] = float('nan')", .damaged), ("p['audio_start_seconds'][0] = 1e300", .pairs),
        ("p['audio_start_seconds'][0] = -1", .damaged), ("p['kind'][0] = 9", .damaged),
        ("p['label'][:] = 1 - p['label'][:]", .damaged), ("del p['label']", .damaged),
        ("del p['kind']; p['kind'] = np.zeros(3, 'u1')", .damaged),
        ("del p['audio_start_seconds']; p['audio_start_seconds'] = np.zeros(p['kind'].shape, 'f4')", .damaged),
        ("del p['kind']; p['kind'] = h5py.ExternalLink('/etc/passwd', '/kind')", .damaged),
        ("f['pairs'].move('mixed', 'Not a name')", .damaged), ("del f['pairs']", .damaged),
        (newerPairs, .newer),
    ]

    private static let newerPairs = "f.attrs['format_version'] = np.bytes_('7.1')"

    /// Attributes of a set: what pairs are drawn again by.
    private static let attributeEdits = [
        ("p.attrs['clip_seconds'] = float('inf')", true), ("p.attrs['clip_seconds'] = 1e300", true),
        ("p.attrs['clip_seconds'] = float('nan')", true), ("p.attrs['clip_seconds'] = 1e6", true),
        ("p.attrs['epochs'] = -1", true), ("p.attrs['epochs'] = np.int64(2**62)", true),
        ("p.attrs['definition_json'] = np.bytes_('{')", false),
        (
            "p.attrs['statistics_json'] = np.bytes_(p.attrs['statistics_json'].replace(b'\"pairs\":', b'\"pairs\":99999999999999'))",
            false
        ),
    ]

    private static let indexEdits = [
        ("index['format_version'] = '2.0'", VerifyReport.Finding.Code.newer), ("index['format'] = 'x'", .index),
        ("index['shards'][0]['name'] = '../../train-00000.h5'", .index),
        ("index['shards'][0]['name'] = '/etc/passwd'", .index),
        ("index['shards'][0]['name'] = 'train-99999999999999999999.h5'", .index),
        ("index['shards'][0]['name'] = 'train-00009.h5'", .index),
        ("index['shards'].append(index['shards'][0])", .index),
        ("index['shards'][0]['segments'] += 1", .counts), ("index['shards'][0]['frames'] = 2**62", .index),
        ("index['shards'][0]['bytes'] = -1", .index), ("index['shards'][0]['bytes'] += 1", .changed),
        ("index['shards'][0]['sha256'] = 'z' * 64", .index), ("index['shards'][0]['sha256'] = '0' * 64", .changed),
        ("index['shards'][0]['split'] = 'val'", .index), ("index['splits']['train']['videos'] = 7", .counts),
        ("index['splits']['later'] = index['splits']['train']", .index),
        ("index['pair_files'] = {'../x.pairs.h5': '0' * 64}", .index), ("index['pair_files'] = {}", .index),
        ("index['pair_files']['train-00000.pairs.h5'] = '0' * 64", .changed),
        ("index['pair_sets'][0]['name'] = '../x'", .index),
        ("index['pair_sets'].append(index['pair_sets'][0])", .index),
        ("index['pair_sets'][0]['counts']['train']['easy'] = 2**63 - 1", .index),
        ("index['pair_sets'][0]['statistics']['train']['pairs'] = -5", .index),
        ("index['pair_sets'][0]['statistics']['train']['offsets']['counts'] = [0] * 99 + [1]", .index),
        ("index['pair_sets'] = []", .index), ("index['layout']['fps'] = 1e300", .index),
        ("index['layout']['spectrograms'][0]['bins'] = 10**12", .index),
        ("index['normalization']['mel']['mean'] = []", .index), ("del index['shards']", .index),
        ("index['layout']['pcm'] = {'sr': 0, 'channels': -1}", .index), ("index['seed'] = 1e30", .index),
    ]

    /// Applies each edit to a copy of its own, in one run of Python.
    private func apply(_ edits: [String], to file: String, _ shards: HostileShards) throws -> [HostileShards.Copy] {
        let copies = try edits.indices.map { try shards.copy("case-\($0)") }
        _ = try Oracle.run(
            """
            import json, sys, h5py, numpy as np
            file, edits, folders = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3:]
            for edit, folder in zip(edits, folders):
                path = folder + "/" + file
                if file.endswith(".json"):
                    index = json.load(open(path))
                    exec(edit)
                    json.dump(index, open(path, "w"))
                    continue
                with h5py.File(path, "r+") as f:
                    p = f["pairs/mixed"] if "pairs.h5" in file else None
                    exec(edit)
            """, [file, String(decoding: try JSONEncoder().encode(edits), as: UTF8.self)] + copies.map(\.folder))
        if file != HostileShards.index { for copy in copies { try copy.sign() } }
        return copies
    }

    private func isOneLine(_ text: String) -> Bool { !text.contains("\n") && text.count < 1500 && !text.isEmpty }

    /// - Parameter file: the name that each message must have.
    private func expect(
        _ copy: HostileShards.Copy, _ edit: String, _ code: VerifyReport.Finding.Code, naming file: String,
        stopsTraining: Bool, _ shards: HostileShards
    ) throws {
        let findings = try shards.verify(copy)
        #expect(findings.contains { $0.code == code && $0.file.hasSuffix(file) }, "\(edit): \(findings)")
        #expect(findings.allSatisfy { isOneLine($0.detail) && isOneLine($0.remedy) }, "\(edit)")
        let refusal = try shards.attempt(.train, copy)
        if stopsTraining {
            #expect(refusal?.text.contains(file) == true && refusal?.status == .badInput, "\(edit): \(refusal as Any)")
        }
        for act in HostileShards.Act.allCases.dropFirst() {
            guard let refusal = try shards.attempt(act, copy) else { continue }
            #expect(isOneLine(refusal.text) && refusal.status == .badInput, "\(edit), \(act): \(refusal)")
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv")) func shardsEditedByHandAreNamed() throws {
        try withTemporaryFolder { folder in
            let shards = try HostileShards(folder)
            let edits = Self.shardEdits
            for (copy, edit) in zip(try apply(edits.map(\.0), to: HostileShards.shard, shards), edits) {
                // What only the index or the split contradicts can still be learnt from.
                let stops = [.damaged, .newer].contains(edit.1)
                try expect(copy, edit.0, edit.1, naming: HostileShards.shard, stopsTraining: stops, shards)
            }
            let links = try apply(Self.linkEdits, to: HostileShards.shard, shards)
            for (copy, edit) in zip(links, Self.linkEdits) {
                let findings = try shards.verify(copy)
                #expect(findings.count == 1 && findings[0].detail.contains("/pairs links to"), "\(edit): \(findings)")
            }
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv")) func pairFilesEditedByHandAreNamed() throws {
        try withTemporaryFolder { folder in
            let shards = try HostileShards(folder)
            let edits = Self.pairEdits
            for (copy, edit) in zip(try apply(edits.map(\.0), to: HostileShards.pairs, shards), edits) {
                // A pair outside of its shard is told with the shard's name.
                let file = edit.1 == .pairs ? "train-00000" : HostileShards.pairs
                let findings = try shards.verify(copy)
                #expect(
                    findings.contains { $0.code == edit.1 && $0.file.hasSuffix(HostileShards.pairs) },
                    "\(edit.0): \(findings)")
                let refusal = try shards.attempt(.train, copy)
                #expect(refusal?.text.contains(file) == true, "\(edit.0): \(refusal as Any)")
                #expect(refusal?.status == .badInput)
                for act in HostileShards.Act.allCases.dropFirst() { _ = try shards.attempt(act, copy) }
                // What a newer avprep has made stays; what is damaged is drawn again.
                if edit.0 == Self.newerPairs {
                    #expect(try shards.verify(copy) == findings)
                    #expect(try shards.attempt(.shard, copy)?.text.contains("install a newer avprep") == true)
                } else {
                    #expect(try shards.verify(copy) == [], "\(edit.0): drawn again by avprep shard")
                }
            }
            for (copy, edit) in zip(
                try apply(Self.attributeEdits.map(\.0), to: HostileShards.pairs, shards), Self.attributeEdits)
            {
                let refusal = try shards.attempt(.train, copy)
                #expect(
                    (refusal?.text.contains("mixed") == true || refusal?.text.contains("pairs") == true) == edit.1,
                    "\(edit.0): \(refusal as Any)")
                _ = try shards.verify(copy)
                for act in HostileShards.Act.allCases.dropFirst() { _ = try shards.attempt(act, copy) }
            }
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv")) func indicesEditedByHandAreNamed() throws {
        try withTemporaryFolder { folder in
            let shards = try HostileShards(folder)
            let edits = Self.indexEdits
            for (copy, edit) in zip(try apply(edits.map(\.0), to: HostileShards.index, shards), edits) {
                let findings = try shards.verify(copy, quick: edit.1 != .changed)
                #expect(findings.contains { $0.code == edit.1 }, "\(edit.0): \(findings)")
                #expect(findings.allSatisfy { isOneLine($0.detail) }, "\(edit.0)")
                let isNewer = edit.0.contains("2.0")
                for act in HostileShards.Act.allCases {
                    let refusal = try shards.attempt(act, copy)
                    if [.index, .newer].contains(edit.1), ![.shard, .inspect].contains(act), !edit.0.contains("= []"),
                        !edit.0.contains("= {}")
                    {
                        #expect(refusal?.text.contains("index.json") == true, "\(edit.0), \(act): \(refusal as Any)")
                    }
                    if isNewer, act != .inspect {
                        #expect(refusal?.text.contains("install a newer avprep") == true, "\(act)")
                    }
                    if let refusal { #expect(isOneLine(refusal.text) && refusal.status == .badInput, "\(refusal)") }
                }
                // What a newer avprep has made stays, and so does a shard that looks as it should; all else is made again
                // from what is prepared.
                let stays = isNewer || edit.0.contains("['shards'][0]['sha256'] = '0'")
                let left = try shards.verify(copy)
                #expect(left.isEmpty == !stays, "\(edit.0): \(left)")
            }
        }
    }

    @Test func indicesThatAreNoJSONAreNamed() throws {
        try withTemporaryFolder { folder in
            let shards = try HostileShards(folder)
            let texts = [
                "", "{", "[]", "null", "\"\"", String(repeating: "[", count: 100_000), "\u{0}\u{1}", "{\"format\": 1}",
                "{\"format\": \"avprep-index\", \"format_version\": \"1.1\"}",
            ]
            for text in texts {
                let copy = try shards.copy("case")
                try Data(text.utf8).write(to: URL(fileURLWithPath: copy.path(HostileShards.index)))
                #expect(try shards.verify(copy).map(\.code) == [.index], "\(text.prefix(50))")
                // A shard by itself can be looked at without its index.
                for act in HostileShards.Act.allCases where ![.inspect, .shard].contains(act) {
                    let refusal = try shards.attempt(act, copy)
                    #expect(refusal?.text.contains("index.json") == true && refusal?.status == .badInput)
                }
                #expect(try shards.attempt(.shard, copy) == nil)
                #expect(try shards.verify(copy) == [])
            }
        }
    }
}
