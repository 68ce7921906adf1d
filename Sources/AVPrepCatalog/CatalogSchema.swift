import Foundation
import GRDB

/// The tables of the catalog, their migrations, and how a catalog is distinguished from other files.
///
/// Times are UTC in ISO 8601. A released migration is never edited; a new one is added at the end, and an avprep that
/// does not know all of a catalog's migrations rejects it. The JSON in `media.info` is for people and scripts; code that
/// reads it back must use `StoredJSON`, whose keys need no migration.
enum CatalogSchema {
    /// `PRAGMA application_id` of every catalog: "AVPR" in ASCII.
    static let applicationID = 0x4156_5052

    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1") { database in
            try database.execute(sql: "PRAGMA application_id = \(applicationID)")
            try database.execute(sql: version1)
        }
        migrator.registerMigration("v2") { database in try database.execute(sql: version2) }
        migrator.registerMigration("v3") { database in try database.execute(sql: version3) }
        migrator.registerMigration("v4") { database in try database.execute(sql: version4) }
        migrator.registerMigration("seconds") { database in try database.execute(sql: CatalogSeconds.tables) }
        migrator.registerMigration("paths", migrate: addPaths)
        migrator.registerMigration("sums") { database in try database.execute(sql: sumTables) }
        migrator.registerMigration("manifests") { database in try database.execute(sql: manifestTables) }
        migrator.registerMigration("forgotten") { database in try database.execute(sql: CatalogForgotten.tables) }
        migrator.registerMigration("listings") { database in try database.execute(sql: listingTables) }
        migrator.registerMigration("addresses") { database in try database.execute(sql: ForgottenAddresses.tables) }
        return migrator
    }()

    /// `outcomes.live` is 1 exactly for outcomes of listed, not vanished items; triggers maintain it. It lets `status`
    /// count one narrow index instead of joining two tables of millions of paths. Items and outcomes are both stored in
    /// the order of paths (WITHOUT ROWID), so that a joint scan reads each from front to back: measured 3 times as fast
    /// as tables with row ids.
    private static let version1 = """
        CREATE TABLE runs (
            id INTEGER PRIMARY KEY,
            command TEXT NOT NULL,
            started_at TEXT NOT NULL,
            ended_at TEXT,
            exit_status INTEGER
        ) STRICT;

        CREATE TABLE items (
            path TEXT NOT NULL PRIMARY KEY,
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            video_id TEXT,
            first_run INTEGER NOT NULL,
            last_run INTEGER NOT NULL,
            vanished INTEGER NOT NULL CHECK (vanished IN (0, 1))
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX items_by_video ON items (video_id, vanished) WHERE video_id IS NOT NULL;
        CREATE INDEX items_by_run ON items (vanished, last_run);

        CREATE TABLE media (
            video_id TEXT NOT NULL PRIMARY KEY,
            info TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE outcomes (
            subject TEXT NOT NULL,
            stage TEXT NOT NULL,
            settings_key TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('done', 'skipped', 'failed')),
            code TEXT NOT NULL CHECK ((status = 'done') = (code = '')),
            detail TEXT NOT NULL,
            wall_seconds REAL NOT NULL,
            cpu_seconds REAL NOT NULL,
            output TEXT,
            updated_at TEXT NOT NULL,
            live INTEGER NOT NULL CHECK (live IN (0, 1)),
            PRIMARY KEY (subject, stage)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX outcomes_by_status ON outcomes (stage, live, status, settings_key, code);

        CREATE TRIGGER items_listed AFTER INSERT ON items BEGIN
            UPDATE outcomes SET live = 1 - NEW.vanished WHERE subject = NEW.path;
        END;
        CREATE TRIGGER items_vanished AFTER UPDATE OF vanished ON items WHEN OLD.vanished <> NEW.vanished BEGIN
            UPDATE outcomes SET live = 1 - NEW.vanished WHERE subject = NEW.path;
        END;
        """

    /// Fingerprints of videos, and the near-duplicates among them. The fact `near_duplicates_key` identifies the
    /// fingerprints and the settings that `near_duplicates` was computed from.
    private static let version2 = """
        CREATE TABLE fingerprints (
            video_id TEXT NOT NULL PRIMARY KEY,
            settings_key TEXT NOT NULL,
            bytes BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE near_duplicates (
            first TEXT NOT NULL,
            second TEXT NOT NULL,
            picture_distance REAL,
            sound_distance REAL,
            offset_seconds REAL NOT NULL,
            mirrored INTEGER NOT NULL CHECK (mirrored IN (0, 1)),
            PRIMARY KEY (first, second)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE facts (
            name TEXT NOT NULL PRIMARY KEY,
            value TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    /// Decisions about segments: `decided` holds an item, `decisions` a row for each of its segments (flag '') and one
    /// for each flag of a segment. `decision_counts` holds their sums over listed items, maintained by triggers:
    /// `status` reads some dozens of rows, however many segments there are.
    private static let version3 = """
        CREATE TABLE decided (
            item INTEGER PRIMARY KEY,
            subject TEXT NOT NULL,
            stage TEXT NOT NULL,
            settings_key TEXT NOT NULL,
            policy_key TEXT NOT NULL,
            live INTEGER NOT NULL CHECK (live IN (0, 1)),
            UNIQUE (subject, stage)
        ) STRICT;
        CREATE INDEX decided_by_policy ON decided (stage, live, settings_key, policy_key);

        CREATE TABLE decisions (
            item INTEGER NOT NULL REFERENCES decided,
            segment INTEGER NOT NULL,
            flag TEXT NOT NULL,
            verdict TEXT NOT NULL CHECK (verdict IN ('kept', 'dropped', 'fixed')),
            frames INTEGER NOT NULL,
            measure TEXT,
            value REAL,
            threshold REAL,
            PRIMARY KEY (item, segment, flag)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE decision_counts (
            stage TEXT NOT NULL,
            settings_key TEXT NOT NULL,
            flag TEXT NOT NULL,
            verdict TEXT NOT NULL,
            segments INTEGER NOT NULL,
            frames INTEGER NOT NULL,
            PRIMARY KEY (stage, settings_key, flag, verdict)
        ) STRICT, WITHOUT ROWID;

        CREATE TRIGGER decisions_made AFTER INSERT ON decisions BEGIN
            INSERT INTO decision_counts
                SELECT stage, settings_key, NEW.flag, NEW.verdict, 1, NEW.frames FROM decided
                WHERE item = NEW.item AND live = 1
                ON CONFLICT DO UPDATE SET
                    segments = segments + excluded.segments, frames = frames + excluded.frames;
        END;
        CREATE TRIGGER decisions_taken_back BEFORE DELETE ON decided BEGIN
            INSERT INTO decision_counts
                SELECT OLD.stage, OLD.settings_key, flag, verdict, -count(*), -sum(frames)
                FROM decisions WHERE item = OLD.item AND OLD.live = 1 GROUP BY flag, verdict
                ON CONFLICT DO UPDATE SET
                    segments = segments + excluded.segments, frames = frames + excluded.frames;
            DELETE FROM decisions WHERE item = OLD.item;
        END;
        CREATE TRIGGER decided_live AFTER UPDATE OF live ON decided WHEN OLD.live <> NEW.live BEGIN
            INSERT INTO decision_counts
                SELECT NEW.stage, NEW.settings_key, flag, verdict, (2 * NEW.live - 1) * count(*),
                    (2 * NEW.live - 1) * sum(frames)
                FROM decisions WHERE item = NEW.item GROUP BY flag, verdict
                ON CONFLICT DO UPDATE SET
                    segments = segments + excluded.segments, frames = frames + excluded.frames;
        END;
        CREATE TRIGGER outcomes_forgotten AFTER DELETE ON outcomes BEGIN
            DELETE FROM decided WHERE subject = OLD.subject AND stage = OLD.stage;
        END;
        CREATE TRIGGER outcomes_live AFTER UPDATE OF live ON outcomes WHEN OLD.live <> NEW.live BEGIN
            UPDATE decided SET live = NEW.live WHERE subject = NEW.subject AND stage = NEW.stage;
        END;
        """

    /// The numbers shown by `status`, maintained by triggers, so that it reads some dozens of rows however large the
    /// corpus is: counting the narrowest index of 1.8 million items takes half a second when it is in memory, and many
    /// when it is not. `content_counts` holds the number of listed items per content.
    private static let version4 = """
        CREATE TABLE item_counts (
            state TEXT NOT NULL PRIMARY KEY CHECK (state IN ('listed', 'vanished', 'hashed', 'videos')),
            items INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE content_counts (
            video_id TEXT NOT NULL PRIMARY KEY,
            items INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE outcome_counts (
            stage TEXT NOT NULL,
            status TEXT NOT NULL,
            settings_key TEXT NOT NULL,
            code TEXT NOT NULL,
            items INTEGER NOT NULL,
            PRIMARY KEY (stage, status, settings_key, code)
        ) STRICT, WITHOUT ROWID;

        INSERT INTO content_counts
            SELECT video_id, count(*) FROM items WHERE video_id IS NOT NULL AND vanished = 0 GROUP BY video_id;
        INSERT INTO item_counts VALUES
            ('listed', (SELECT count(*) FROM items WHERE vanished = 0)),
            ('vanished', (SELECT count(*) FROM items WHERE vanished = 1)),
            ('hashed', (SELECT coalesce(sum(items), 0) FROM content_counts)),
            ('videos', (SELECT count(*) FROM content_counts));
        INSERT INTO outcome_counts
            SELECT stage, status, settings_key, code, count(*) FROM outcomes WHERE live = 1
            GROUP BY stage, status, settings_key, code;

        CREATE TRIGGER content_first AFTER INSERT ON content_counts BEGIN
            UPDATE item_counts SET items = items + 1 WHERE state = 'videos';
        END;
        CREATE TRIGGER content_last AFTER DELETE ON content_counts BEGIN
            UPDATE item_counts SET items = items - 1 WHERE state = 'videos';
        END;
        CREATE TRIGGER items_counted AFTER INSERT ON items BEGIN
            UPDATE item_counts SET items = items + 1
                WHERE state = CASE NEW.vanished WHEN 0 THEN 'listed' ELSE 'vanished' END;
        END;
        CREATE TRIGGER items_recounted AFTER UPDATE OF vanished ON items WHEN OLD.vanished <> NEW.vanished BEGIN
            UPDATE item_counts SET items = items + iif((state = 'listed') = (NEW.vanished = 0), 1, -1)
                WHERE state IN ('listed', 'vanished');
        END;
        CREATE TRIGGER content_left AFTER UPDATE OF video_id, vanished ON items
        WHEN OLD.video_id IS NOT NULL AND OLD.vanished = 0
            AND (NEW.video_id IS NOT OLD.video_id OR NEW.vanished = 1)
        BEGIN
            UPDATE item_counts SET items = items - 1 WHERE state = 'hashed';
            UPDATE content_counts SET items = items - 1 WHERE video_id = OLD.video_id;
            DELETE FROM content_counts WHERE video_id = OLD.video_id AND items = 0;
        END;
        CREATE TRIGGER content_joined AFTER UPDATE OF video_id, vanished ON items
        WHEN NEW.video_id IS NOT NULL AND NEW.vanished = 0
            AND (OLD.video_id IS NOT NEW.video_id OR OLD.vanished = 1)
        BEGIN
            UPDATE item_counts SET items = items + 1 WHERE state = 'hashed';
            INSERT INTO content_counts VALUES (NEW.video_id, 1) ON CONFLICT DO UPDATE SET items = items + 1;
        END;

        CREATE TRIGGER outcomes_made AFTER INSERT ON outcomes WHEN NEW.live = 1 BEGIN
            INSERT INTO outcome_counts VALUES (NEW.stage, NEW.status, NEW.settings_key, NEW.code, 1)
                ON CONFLICT DO UPDATE SET items = items + 1;
        END;
        CREATE TRIGGER outcomes_taken_back AFTER DELETE ON outcomes WHEN OLD.live = 1 BEGIN
            UPDATE outcome_counts SET items = items - 1
                WHERE stage = OLD.stage AND status = OLD.status AND settings_key = OLD.settings_key AND code = OLD.code;
        END;
        CREATE TRIGGER outcomes_left AFTER UPDATE OF stage, status, settings_key, code, live ON outcomes
        WHEN OLD.live = 1 BEGIN
            UPDATE outcome_counts SET items = items - 1
                WHERE stage = OLD.stage AND status = OLD.status AND settings_key = OLD.settings_key AND code = OLD.code;
        END;
        CREATE TRIGGER outcomes_joined AFTER UPDATE OF stage, status, settings_key, code, live ON outcomes
        WHEN NEW.live = 1 BEGIN
            INSERT INTO outcome_counts VALUES (NEW.stage, NEW.status, NEW.settings_key, NEW.code, 1)
                ON CONFLICT DO UPDATE SET items = items + 1;
        END;
        """
}
