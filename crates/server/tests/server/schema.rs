//! Database files of other versions and other programs.

use minicbor::bytes::ByteVec;
use records::codes::Role;
use records::household::Household;
use records::losing_edit::LosingEdit;
use records::wire::{Change, EnrolAnswer, Op, Outcome};
use records::{AccountId, DeviceId, Incarnation, Record, RecordId};
use rusqlite::Connection;
use server::database::meta;
use server::{Database, ServerFault};
use sync::signature::public_key;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::common::*;
use crate::data::{Data, TestDatabase};

fn folder_with(sql: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    Connection::open(folder.path().join("server.db")).unwrap().execute_batch(sql).unwrap();
    folder
}

fn open(folder: &TempDir) -> Result<Database, ServerFault> {
    Database::open(folder.path(), NOW)
}

#[test]
fn a_newer_database_is_left_alone_with_a_clear_message() {
    let folder = folder_with("PRAGMA user_version = 99; CREATE TABLE later (id INTEGER);");
    let fault = open(&folder).err().unwrap();
    assert_eq!(fault.code(), "server.newer_database");
    assert!(fault.to_string().contains("schema 99"), "{fault}");
}

#[test]
fn a_file_that_is_refused_is_not_written_to() {
    for sql in
        ["PRAGMA user_version = 99; CREATE TABLE later (id INTEGER);", "CREATE TABLE theirs (id INTEGER);"]
    {
        let folder = folder_with(sql);
        let file = folder.path().join("server.db");
        let before = std::fs::read(&file).unwrap();
        assert!(open(&folder).is_err());
        assert!(std::fs::read(&file).unwrap() == before, "{sql}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "and nothing lies beside it");
    }
}

#[test]
fn a_file_of_another_program_is_left_alone() {
    for sql in
        ["CREATE TABLE theirs (id INTEGER);", "PRAGMA user_version = 1; CREATE TABLE theirs (id INTEGER);"]
    {
        assert_eq!(open(&folder_with(sql)).err().unwrap().code(), "server.foreign_database");
    }
}

#[test]
fn a_postgres_database_of_another_version_or_program_is_left_alone() {
    for (sql, code) in [
        ("CREATE TABLE theirs (id BIGINT)", "server.foreign_database"),
        (
            "CREATE TABLE schema_version (number BIGINT); INSERT INTO schema_version VALUES (99)",
            "server.newer_database",
        ),
    ] {
        let database = TestDatabase::new();
        database.execute(sql);
        let place = database.address.parse().unwrap();
        let fault = Runtime::new().unwrap().block_on(Database::open_at(&place, NOW)).err().unwrap();
        assert_eq!(fault.code(), code, "{fault}");
    }
}

#[test]
fn counties_in_schemas_of_their_own_share_a_database() {
    let database = TestDatabase::new();
    database.execute("CREATE SCHEMA c230881; CREATE SCHEMA c230882;");
    let runtime = Runtime::new().unwrap();
    let open = |county: &str| {
        let address = format!("{}&options=-csearch_path%3D{county}", database.address);
        let database = runtime.block_on(Database::open_at(&address.parse().unwrap(), NOW)).unwrap();
        database.read_here(meta::secret_key).unwrap()
    };
    assert_ne!(open("c230881"), open("c230882"));
    assert_eq!(open("c230881"), open("c230881"));
}

#[test]
fn the_way_to_postgres_is_not_open_to_others() {
    let place = "postgres://grid@10.0.0.2/walk".parse().unwrap();
    let fault = Runtime::new().unwrap().block_on(Database::open_at(&place, NOW)).err().unwrap();
    assert_eq!(fault.code(), "server.address_unsafe");
}

/// Every released schema, with records, results, a used code and an open one. A released fixture is
/// never changed: `scenario` says what was done to make them.
const RELEASED: [&str; 1] = [include_str!("../../fixtures/schema_0001.sql")];

const TOKEN: [u8; 32] = [7; 32];

fn edited() -> RecordId {
    RecordId::from_bytes([0x11; 16])
}

fn deleted() -> RecordId {
    RecordId::from_bytes([0x12; 16])
}

#[test]
fn every_released_database_opens_and_goes_on() {
    for sql in RELEASED {
        let server = TestServer::start_over(Data::Folder(folder_with(sql)));
        let mut device = known_device(&server);
        let commits = scenario(&mut device);
        let again = device.round(&commits).unwrap();
        let outcomes: Vec<_> = again.results.iter().map(|result| result.outcome.clone()).collect();
        assert_eq!(outcomes, [Outcome::Applied, Outcome::Merged, refused("record.missing")]);
        assert_eq!(device.household(edited()).note.as_deref(), Some("后来"));
        assert_eq!(device.records[&deleted()].2, None);
        assert_eq!(device.of_kind(LosingEdit::DECLARATION.kind).len(), 1);
        assert_eq!(device.push(vec![create(new_id(), "升级以后")]), Outcome::Applied);
        assert_eq!(device.of_kind(Household::DECLARATION.kind).len(), 2);
        server.worker().pull();
    }
}

#[test]
fn an_upgraded_database_has_the_schema_of_a_new_one() {
    let schema = |folder: &TempDir| {
        drop(open(folder).unwrap());
        let file = Connection::open(folder.path().join("server.db")).unwrap();
        let mut query = file.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2").unwrap();
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let rows = query.query_map([], row).unwrap().map(Result::unwrap);
        rows.collect::<Vec<(String, String, Option<String>)>>()
    };
    let new = schema(&TempDir::new().unwrap());
    for sql in RELEASED {
        assert_eq!(schema(&folder_with(sql)), new);
    }
}

/// The device of the fixtures: it has forgotten everything but its token and its last commits.
fn known_device(server: &TestServer) -> Device {
    let key = server.write(meta::secret_key);
    let enrolment = EnrolAnswer {
        device: DeviceId::from_bytes([1; 16]),
        token: ByteVec::from(TOKEN.to_vec()),
        server_key: ByteVec::from(public_key(&key).to_vec()),
        account: AccountId::from_bytes([2; 16]),
        name: String::new(),
        role: Role::GridWorker,
        area: GRID.parse().unwrap(),
        granted: vec![],
        sealing_key: None,
    };
    Device { incarnation: Incarnation::from_bytes([5; 16]), ..Device::of(&server.url, &enrolment) }
}

/// The commits of the device: two records made, one edited while another device had edited it later,
/// one deleted; and a commit that was refused.
fn scenario(device: &mut Device) -> Vec<Vec<u8>> {
    let op = |n: u8, record, at_ms, change| Op {
        id: RecordId::from_bytes([n; 16]),
        record,
        kind: Household::DECLARATION.kind,
        at_ms,
        change,
    };
    let household = Household { house: edited(), ..a_household("起初") };
    let make = |n, record| {
        op(n, record, NOW - 9_000, Change::Create { scope: work_scope(), body: household.to_body() })
    };
    let change = |n, record| op(n, record, NOW - 5_000, edit(record, 0, 12, "先前").change);
    vec![
        device.commit(vec![make(0x21, edited()), make(0x22, deleted())]),
        device.commit(vec![
            change(0x23, edited()),
            op(0x24, deleted(), NOW - 4_000, Change::Delete { base: 0 }),
        ]),
        device.commit(vec![change(0x25, RecordId::from_bytes([0x13; 16]))]),
    ]
}

/// What is acknowledged is on disk, whatever the database's keeper thought of others.
#[test]
fn postgres_waits_for_the_disk_at_least() {
    for (set, is) in [("off", "on"), ("local", "local"), ("remote_apply", "remote_apply")] {
        let database = TestDatabase::new();
        database.execute(&format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = {set}',
             current_database()); END $$"
        ));
        let found = Runtime::new().unwrap().block_on(async {
            let database = Database::open_at(&database.address.parse().unwrap(), NOW).await.unwrap();
            let asked = "SELECT current_setting('synchronous_commit')";
            database.write(move |sql| Ok(sql.one(asked, vec![], |row| row.get::<String>(0))?)).await
        });
        assert_eq!(found.unwrap(), is, "set to {set}");
    }
}
