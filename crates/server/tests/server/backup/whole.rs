//! A backup holds every table and every row as it is, and goes nowhere that is not empty.

use server::backup;
use server::database::sql::{Sql, Value};
use server::database::tables::{Holds, TABLES, tables_in};
use server::database::{audit, schema};
use server::{Database, ServerFault};
use tokio::runtime::Runtime;

use super::{NewFile, back_up, busy, contents, lasting, real_counts, real_tables, restore, restored};
use crate::common::*;
use crate::data::{Data, On, on_both_databases};

on_both_databases![
    only_an_empty_place_is_filled,
    the_tables_of_a_backup_are_those_of_the_schema,
    more_rows_than_are_read_at_a_time_come_back,
    a_row_larger_than_a_frame_comes_back,
    an_audit_that_was_broken_comes_back_as_it_was_and_is_said_to_be,
];

fn only_an_empty_place_is_filled(on: On) {
    let (server, ..) = busy(on);
    let file = NewFile::new();
    back_up(&server, &file);
    let before = server.read(contents);
    let fault = restore(&file.path(), &server.data.place()).unwrap_err();
    assert_eq!(fault.code(), "backup.not_empty");
    assert_eq!(server.read(contents), before);
    let theirs = Data::new(on);
    match &theirs {
        Data::Folder(folder) => std::fs::write(folder.path().join("server.db-wal"), "left").unwrap(),
        Data::Postgres(database) => database.execute("CREATE TABLE theirs (id BIGINT)"),
    }
    assert_eq!(restore(&file.path(), &theirs.place()).unwrap_err().code(), "backup.not_empty");
    let fault = back_up_again(&server, &file);
    assert_eq!(fault.code(), "backup.exists");
    assert_eq!(server.read(contents), before, "what came to nothing is not noted");
    assert_eq!(std::fs::read_dir(file.0.path()).unwrap().count(), 1, "and nothing lies beside it");
}

fn back_up_again(server: &TestServer, file: &NewFile) -> ServerFault {
    let bytes = std::fs::read(file.path()).unwrap();
    let opened = Runtime::new().unwrap();
    let database = opened.block_on(Database::open_existing(&server.data.place())).unwrap();
    let fault = backup::back_up(&database, &file.path(), None, NOW).unwrap_err();
    assert!(std::fs::read(file.path()).unwrap() == bytes);
    fault
}

/// With keys of two columns, whose first one stays the same over many pages.
fn more_rows_than_are_read_at_a_time_come_back(on: On) {
    let server = TestServer::start(on);
    let pairs = || (0..3_i64).flat_map(|first| (0..1_100_i64).map(move |second| (first, second)));
    let bytes = |number: i64| Value::from(number.to_be_bytes().to_vec());
    server.write(|connection| {
        let insert = |name: &str, rows| {
            let table = TABLES.iter().find(|table| table.name == name).unwrap();
            table.insert(connection, schema::VERSION, rows)
        };
        insert("attachment_link", pairs().map(|(one, two)| vec![bytes(one), bytes(two)]).collect())?;
        let departure = |(one, two): (i64, i64)| {
            vec![format!("{one}#work").into(), two.into(), bytes(two), 1_i64.into(), 0_i64.into()]
        };
        Ok(insert("departure", pairs().map(departure).collect())?)
    });
    let file = NewFile::new();
    let summary = back_up(&server, &file);
    let copy = restored(on, &file);
    for (name, count) in summary.rows {
        let is_noted = name == "audit";
        for server in [&server, &copy] {
            let found = real_counts(server, on)[name];
            assert_eq!(found, count + u64::from(is_noted), "{name}");
        }
    }
    assert_eq!(lasting(copy.read(contents)), lasting(server.read(contents)));
}

fn a_row_larger_than_a_frame_comes_back(on: On) {
    let (server, ..) = busy(on);
    let mut chance: u32 = 1;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (chance >> 24) as u8
    })
    .take(3_500_000)
    .collect();
    let set = |body: &[u8]| {
        let body = body.to_vec();
        server.write(move |connection| {
            Ok(connection.execute("UPDATE quarantine SET body = ?1", vec![body.clone().into()])?)
        });
    };
    for body in [noise, vec![0; 9_000_000]] {
        set(&body);
        let file = NewFile::new();
        back_up(&server, &file);
        let row = restored(on, &file).read(contents).remove("quarantine").unwrap().remove(0);
        assert!(row[4] == Value::from(body));
    }
    set(&vec![0; 17 * 1024 * 1024]);
    let (file, opened) = (NewFile::new(), Runtime::new().unwrap());
    let database = opened.block_on(Database::open_existing(&server.data.place())).unwrap();
    let fault = backup::back_up(&database, &file.path(), None, NOW).unwrap_err();
    assert_eq!(fault.code(), "backup.row_too_large");
    assert_eq!(std::fs::read_dir(file.0.path()).unwrap().count(), 0, "nothing is left of it");
}

fn an_audit_that_was_broken_comes_back_as_it_was_and_is_said_to_be(on: On) {
    let (server, ..) = busy(on);
    server.write(|connection| Ok(connection.execute("DELETE FROM audit WHERE number = 2", vec![])?));
    let file = NewFile::new();
    let broken = back_up(&server, &file).audit.unwrap_err();
    assert_eq!(broken, server::audit::Broken::At(2));
    let copy = restored(on, &file);
    assert_eq!(copy.read(|snapshot| server::audit::verify(snapshot, None)), Err(broken));
    assert_eq!(copy.read(audit::end).number, server.read(audit::end).number, "each has one entry more");
}

fn the_tables_of_a_backup_are_those_of_the_schema(on: On) {
    let server = TestServer::start(on);
    let mut listed: Vec<_> = tables_in(schema::VERSION).map(|table| table.name.to_owned()).collect();
    listed.sort();
    assert_eq!(listed, server.read(|snapshot| real_tables(snapshot, on)));
    for table in TABLES {
        let listed = table.columns_in(schema::VERSION).map(|column| (column.name.to_owned(), column.holds));
        let mut listed: Vec<_> = listed.collect();
        listed.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(listed, server.read(|snapshot| real_columns(snapshot, on, table.name)), "{}", table.name);
    }
}

fn real_columns(snapshot: &dyn Sql, on: On, table: &str) -> Result<Vec<(String, Holds)>, ServerFault> {
    let sql = match on {
        On::Sqlite => "SELECT name, lower(type) FROM pragma_table_info(?1) ORDER BY name",
        On::Postgres => {
            "SELECT column_name::text, data_type::text FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name::text = ?1 ORDER BY column_name::text"
        }
    };
    let holds = |name: String| match name.as_str() {
        "integer" | "bigint" => Holds::Int,
        "blob" | "bytea" => Holds::Bytes,
        "text" => Holds::Text,
        other => panic!("a backup knows no {other}"),
    };
    let mut columns =
        snapshot.all(sql, vec![table.into()], |row| Ok((row.get::<String>(0)?, holds(row.get(1)?))))?;
    columns.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(columns)
}
