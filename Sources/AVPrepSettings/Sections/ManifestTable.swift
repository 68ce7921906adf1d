/// The keys of `corpus.manifest`.
enum ManifestTable {
    static var manifest: SettingsTable<ManifestSettings> {
        SettingsTable<ManifestSettings>([
            .choice("layout", \.layout, "auto: by the first lines; columns: by the names of the columns"),
            .optionalText("media", \.media, "where media lie, relative to the manifest's folder; \"\": beside it"),
            .texts(
                "patterns", \.patterns,
                "names of media files: {id}, {start:06}, {end:.3}, {start:ms}, {label}, {split}; one with times is a cut clip; []: as in the layout",
                mayBeEmpty: true),
            .section(
                "columns", \.columns, columns, "names in the header, or numbers from 1; \"\": the usual names"),
            .optionalText(
                "label_separator", \.labelSeparator, "between the labels of a cell; \"\": as in the layout, else none"),
            .number(
                "range_seconds", \.rangeSeconds, in: 0...86_400,
                "length of ranges without an end; 0: as in the layout, else to the end of the film"),
        ])
    }

    static var columns: SettingsTable<ManifestSettings.Columns> {
        SettingsTable<ManifestSettings.Columns>([
            .optionalText("path", \.path, "path of the media file"),
            .optionalText("id", \.id, "id, from which its name is made by patterns"),
            .optionalText("start", \.start, "start of the range, in seconds or as [HH:]MM:SS"),
            .optionalText("end", \.end, "its end"),
            .texts("labels", \.labels, "one or more columns of labels", mayBeEmpty: true),
            .optionalText("split", \.split, "train (training), val (valid, validate, validation) or test (testing)"),
        ])
    }
}
