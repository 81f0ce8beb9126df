//! A backup is everything, or it is refused; and what is made of it is a server again.

mod damage;
mod drill;
mod sealed;
mod whole;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use records::RecordId;
use records::codes::Role;
use records::wire::Outcome;
use server::backup::{self, Summary};
use server::database::sql::Sql;
use server::database::tables::{TABLES, TableRow};
use server::database::{Place, account, schema};
use server::posts::{NewPost, assign};
use server::{Database, ServerFault, moves};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::common::*;
use crate::data::{Data, On};

/// A file that is not there yet, in a folder of its own.
struct NewFile(TempDir);

impl NewFile {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("a.gwbackup")
    }
}

fn back_up(server: &TestServer, file: &NewFile) -> Summary {
    let opened = Runtime::new().unwrap();
    let database = opened.block_on(Database::open_existing(&server.data.place())).unwrap();
    backup::back_up(&database, &file.path(), None, server.now_ms()).unwrap()
}

fn restore(file: &Path, place: &Place) -> Result<Summary, ServerFault> {
    Runtime::new().unwrap().block_on(backup::restore(file, None, place, NOW))
}

fn restored(on: On, file: &NewFile) -> TestServer {
    let data = Data::new(on);
    restore(&file.path(), &data.place()).unwrap();
    TestServer::start_over(data)
}

/// A device with a household on a server that has something in every table.
fn busy(on: On) -> (TestServer, Device, RecordId) {
    let server = TestServer::start(on);
    let (mut worker, mut late) = (server.worker(), server.enrol("马立新", Role::GridWorker, GRID));
    let (here, gone) = (new_id(), new_id());
    worker.push(vec![create(here, "在这里"), create(gone, "搬走的")]);
    worker.push(vec![edit(here, 0, 12, "后来")]);
    server.pass(3_600_000);
    server.write(|connection| {
        moves::relocate(connection, gone, &"230881/001/003/06".parse().unwrap(), server.now_ms())?;
        let person = account::get(connection, late.enrolment.account)?;
        let post = NewPost { role: Role::GridWorker, area: "230881/001/003/08".parse().unwrap(), own: None };
        assign(connection, &person, &post, server.now_ms())?;
        rest(connection, &worker)
    });
    server.pass(3_600_000);
    late.clock_ms = server.now_ms();
    assert_eq!(late.push(vec![create(new_id(), "迟到的")]), Outcome::Quarantined);
    worker.pull();
    (server, worker, here)
}

/// Rows of the tables that only photos and purges fill.
fn rest(connection: &dyn Sql, device: &Device) -> Result<(), ServerFault> {
    for sql in [
        "INSERT INTO purge_receipt (device, scope, revoked_ms, records, at_ms, received_ms)
         SELECT id, 'x#work', 1, 2, 3, 4 FROM device WHERE account = ?1",
        "INSERT INTO attachment (hash, size, media, made_ms) VALUES (?1, 9, 'image/jpeg', -1)",
        "INSERT INTO attachment_link (record, hash) VALUES (?1, ?1)",
        "INSERT INTO attachment_brought (device, hash, size, media, received, touched_ms)
         SELECT id, ?1, 9223372036854775807, '照片', 0, -9223372036854775807 FROM device",
    ] {
        connection.execute(sql, vec![device.enrolment.account.as_bytes().as_slice().into()])?;
    }
    Ok(())
}

/// The tables the database really has.
fn real_tables(snapshot: &dyn Sql, on: On) -> Result<Vec<String>, ServerFault> {
    let sql = match on {
        On::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        On::Postgres => {
            "SELECT table_name::text FROM information_schema.tables
             WHERE table_schema = current_schema() AND table_name <> 'schema_version'"
        }
    };
    let mut tables = snapshot.all(sql, vec![], |row| row.get::<String>(0))?;
    tables.sort();
    Ok(tables)
}

fn real_counts(server: &TestServer, on: On) -> BTreeMap<String, u64> {
    server.read(|snapshot| {
        let count = |name: String| {
            let sql = format!("SELECT count(*) FROM {name}");
            Ok((name, snapshot.one(&sql, vec![], |row| row.get(0))?))
        };
        real_tables(snapshot, on)?.into_iter().map(count).collect()
    })
}

type Contents = BTreeMap<&'static str, Vec<TableRow>>;

/// Every row of every table.
fn contents(snapshot: &dyn Sql) -> Result<Contents, ServerFault> {
    let mut all = Contents::new();
    for table in TABLES {
        let rows = all.entry(table.name).or_default();
        loop {
            let page = table.page(snapshot, schema::VERSION, rows.last())?;
            if page.is_empty() {
                break;
            }
            rows.extend(page);
        }
    }
    Ok(all)
}

/// Without what a backup or a restore itself changes.
fn lasting(mut all: Contents) -> Contents {
    for row in all.get_mut("meta").unwrap() {
        row.truncate(1);
    }
    all.remove("audit");
    all.remove("audit_head");
    all
}

fn digests(connection: &dyn Sql) -> Result<Vec<(String, i64, i64)>, ServerFault> {
    let sql = "SELECT name, digest, count FROM scope ORDER BY name";
    Ok(connection.all(sql, vec![], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?)
}
