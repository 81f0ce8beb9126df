//! The list itself.

use super::{Holds, Table, TableColumn};

/// Every table; each after those it refers to.
pub const TABLES: &[Table] = &[
    Table {
        name: "meta",
        since: 1,
        key: &["id"],
        columns: &[int("id"), int("epoch"), int("made_ms"), text("url")],
    },
    Table {
        name: "signing_key",
        since: 1,
        key: &["id"],
        columns: &[int("id"), bytes("secret"), int("made_ms")],
    },
    Table {
        name: "account",
        since: 1,
        key: &["id"],
        columns: &[
            bytes("id"),
            text("name"),
            int("role"),
            text("area"),
            int("made_ms"),
            text("own").since(3),
            int("moved_ms").since(3),
        ],
    },
    Table {
        name: "access_grant",
        since: 1,
        key: &["account", "scope"],
        columns: &[bytes("account"), text("scope"), int("is_within")],
    },
    Table {
        name: "former_grant",
        since: 3,
        key: &["account", "scope", "until_ms"],
        columns: &[bytes("account"), text("scope"), int("is_within"), int("role"), int("until_ms")],
    },
    Table {
        name: "device",
        since: 1,
        key: &["id"],
        columns: &[
            bytes("id"),
            bytes("account"),
            text("name"),
            bytes("token_hash"),
            int("made_ms"),
            int("last_seen_ms"),
            int("revoked_ms"),
            int("token_ms").since(10),
            bytes("next_hash").since(10),
            bytes("void_hash").since(10),
        ],
    },
    Table {
        name: "enrolment",
        since: 1,
        key: &["selector"],
        columns: &[
            text("selector"),
            bytes("salt"),
            bytes("code_hash"),
            bytes("account"),
            int("expires_ms"),
            int("tries"),
            bytes("device"),
            bytes("nonce_hash"),
            bytes("made_by").since(9),
        ],
    },
    Table {
        name: "incarnation",
        since: 1,
        key: &["id"],
        columns: &[bytes("id"), bytes("device"), int("settled"), int("last_hlc"), int("history").since(6)],
    },
    Table {
        name: "result",
        since: 1,
        key: &["incarnation", "push_seq"],
        columns: &[
            bytes("incarnation"),
            int("push_seq"),
            bytes("hash"),
            bytes("outcome"),
            int("history").since(6),
        ],
    },
    Table { name: "op", since: 1, key: &["id"], columns: &[bytes("id")] },
    Table {
        name: "scope",
        since: 1,
        key: &["name"],
        columns: &[text("name"), int("seq"), int("count"), int("digest").since(2)],
    },
    Table {
        name: "record",
        since: 1,
        key: &["id"],
        columns: &[
            bytes("id"),
            int("kind"),
            text("scope"),
            int("version"),
            bytes("body"),
            bytes("stamps"),
            bytes("author"),
            int("received_ms"),
            int("is_deleted"),
            int("proof").since(2),
            int("cleared").since(11),
        ],
    },
    Table {
        name: "purge_receipt",
        since: 3,
        key: &["device", "scope", "revoked_ms"],
        columns: &[
            bytes("device"),
            text("scope"),
            int("revoked_ms"),
            int("records"),
            int("at_ms"),
            int("received_ms"),
        ],
    },
    Table {
        name: "quarantine",
        since: 3,
        key: &["id"],
        columns: &[
            bytes("id"),
            bytes("account"),
            bytes("incarnation"),
            int("push_seq"),
            bytes("body"),
            int("clock_ms"),
            int("received_ms"),
            int("last_hlc"),
            bytes("outcome"),
            int("decided_ms"),
        ],
    },
    Table {
        name: "quarantine_sent",
        since: 7,
        key: &["incarnation", "push_seq"],
        columns: &[bytes("incarnation"), int("push_seq"), bytes("id")],
    },
    Table {
        name: "departure",
        since: 3,
        key: &["scope", "version"],
        columns: &[text("scope"), int("version"), bytes("record"), int("kind"), int("left_ms")],
    },
    Table {
        name: "attachment",
        since: 4,
        key: &["hash"],
        columns: &[bytes("hash"), int("size"), text("media"), int("made_ms")],
    },
    Table {
        name: "attachment_brought",
        since: 4,
        key: &["device", "hash"],
        columns: &[
            bytes("device"),
            bytes("hash"),
            int("size"),
            text("media"),
            int("received"),
            int("touched_ms"),
        ],
    },
    Table {
        name: "attachment_link",
        since: 4,
        key: &["record", "hash"],
        columns: &[bytes("record"), bytes("hash")],
    },
    Table {
        name: "audit",
        since: 8,
        key: &["number"],
        columns: &[int("number"), bytes("entry"), bytes("hash")],
    },
    Table { name: "audit_head", since: 8, key: &["id"], columns: &[int("id"), int("number"), bytes("hash")] },
];

const fn int(name: &'static str) -> TableColumn {
    TableColumn { name, holds: Holds::Int, since: 1 }
}

const fn bytes(name: &'static str) -> TableColumn {
    TableColumn { name, holds: Holds::Bytes, since: 1 }
}

const fn text(name: &'static str) -> TableColumn {
    TableColumn { name, holds: Holds::Text, since: 1 }
}
