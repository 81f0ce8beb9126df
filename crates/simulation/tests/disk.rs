//! A database on the virtual disk keeps what it promised, however often the power goes.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use oorandom::Rand64;
use rusqlite::types::FromSql;
use rusqlite::{Connection, ErrorCode};
use simulation::disk::Disk;

const FILE: &str = "app.db";

fn open(disk: &Disk, synchronous: &str) -> rusqlite::Result<Connection> {
    let db = disk.open(FILE)?;
    let mode: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    assert_eq!(mode, "wal");
    // The log starts over every few transactions: checkpoints are cut as well.
    db.pragma_update(None, "wal_autocheckpoint", 12)?;
    db.pragma_update(None, "synchronous", synchronous)?;
    db.execute_batch("CREATE TABLE IF NOT EXISTS entry (number INTEGER PRIMARY KEY, text TEXT NOT NULL)")?;
    Ok(db)
}

/// Entry `number` in a transaction of its own, with a text of up to three pages.
fn add(db: &mut Connection, number: u64) -> rusqlite::Result<()> {
    let transaction = db.transaction()?;
    let text = format!("{number:05}").repeat(1 + (number * 7919 % 2400) as usize);
    transaction.execute("INSERT INTO entry VALUES (?1, ?2)", (number as i64, text))?;
    transaction.commit()
}

fn count(db: &Connection) -> u64 {
    db.query_row("SELECT count(*) FROM entry", [], |row| row.get(0)).unwrap()
}

fn code(error: &rusqlite::Error) -> Option<ErrorCode> {
    error.sqlite_error_code()
}

/// Opens and adds until the power goes or it is closed; the highest number that was acknowledged.
fn use_until_cut(disk: &Disk, synchronous: &str, first: u64, entries: u64) -> u64 {
    let Ok(mut db) = open(disk, synchronous) else { return first - 1 };
    (first..first + entries).take_while(|number| add(&mut db, *number).is_ok()).last().unwrap_or(first - 1)
}

/// What is found after the power came back: entries 1 to the answer and nothing else, or what is wrong.
fn find(disk: &Disk) -> Result<u64, String> {
    let db = disk.open(FILE).map_err(|error| error.to_string())?;
    let health = ask::<String>(&db, "PRAGMA integrity_check")?;
    if health != "ok" {
        return Err(health);
    }
    if ask::<u64>(&db, "SELECT count(*) FROM sqlite_schema")? == 0 {
        return Ok(0);
    }
    let found = ask::<u64>(&db, "SELECT count(*) FROM entry")?;
    let whole =
        "SELECT count(*) FROM entry WHERE text != '' AND replace(text, printf('%05d', number), '') = ''";
    let highest = "SELECT coalesce(max(number), 0) FROM entry";
    let is_prefix = ask::<u64>(&db, whole)? == found && ask::<u64>(&db, highest)? == found;
    if is_prefix { Ok(found) } else { Err("holes".to_owned()) }
}

fn ask<T: FromSql>(db: &Connection, sql: &str) -> Result<T, String> {
    db.query_row(sql, [], |row| row.get(0)).map_err(|error| error.to_string())
}

/// Cuts the power many times during the life of one disk; how often something promised was not kept.
fn broken_promises(seed: u64, synchronous: &str, cuts: u32) -> u32 {
    let (mut disk, mut chance) = (Disk::new(seed), Rand64::new(seed.into()));
    let (mut kept, mut broken) = (0, 0);
    for cut in 0..cuts {
        disk.cut_after(chance.rand_range(1..60));
        let acknowledged = use_until_cut(&disk, synchronous, kept + 1, chance.rand_range(0..12));
        disk.cut_power();
        disk.power_on();
        match find(&disk) {
            // One more may be there: its commit was under way.
            Ok(found) if (acknowledged..=acknowledged + 1).contains(&found) => kept = found,
            _ => {
                broken += 1;
                (disk, kept) = (Disk::new(seed + u64::from(cut)), 0);
            }
        }
        assert!(!disk.has_lost_power());
    }
    broken
}

#[test]
fn a_committed_entry_survives_a_power_cut_and_an_open_transaction_does_not() {
    let disk = Disk::new(1);
    let mut db = open(&disk, "FULL").unwrap();
    add(&mut db, 1).unwrap();
    db.execute_batch("BEGIN; INSERT INTO entry VALUES (2, 'open')").unwrap();
    disk.cut_power();
    disk.power_on();
    assert_eq!(find(&disk), Ok(1));
}

#[test]
fn nothing_acknowledged_is_lost_at_any_of_thousands_of_power_cuts() {
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for seed in thread * 25..(thread + 1) * 25 {
                    assert_eq!(broken_promises(seed, "FULL", 40), 0, "seed {seed}");
                }
            });
        }
    });
}

#[test]
fn without_syncing_the_disk_does_lose_data() {
    assert!(broken_promises(1, "OFF", 200) > 20);
}

#[test]
fn the_power_goes_in_the_middle_of_an_operation() {
    let disk = Disk::new(1);
    let mut db = open(&disk, "FULL").unwrap();
    disk.cut_after(2);
    let error = add(&mut db, 1).unwrap_err();
    assert_eq!(code(&error), Some(ErrorCode::SystemIoFailure));
    assert!(disk.has_lost_power());
    assert_eq!(code(&disk.open(FILE).unwrap_err()), Some(ErrorCode::SystemIoFailure));
}

#[test]
fn a_connection_from_before_the_cut_is_of_no_use_any_more() {
    let disk = Disk::new(1);
    let mut before = open(&disk, "FULL").unwrap();
    add(&mut before, 1).unwrap();
    disk.cut_power();
    disk.power_on();
    let mut after = open(&disk, "FULL").unwrap();
    let read = before.query_row("SELECT count(*) FROM entry", [], |row| row.get::<_, u64>(0));
    assert_eq!(code(&read.unwrap_err()), Some(ErrorCode::SystemIoFailure));
    assert_eq!(code(&add(&mut before, 2).unwrap_err()), Some(ErrorCode::SystemIoFailure));
    drop(before);
    add(&mut after, 2).unwrap();
    assert_eq!(count(&after), 2);
}

/// Every number and text, in order.
fn entries(db: &Connection) -> Vec<(u64, String)> {
    let mut find = db.prepare_cached("SELECT number, text FROM entry ORDER BY number").unwrap();
    let rows = find.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn a_woken_connection_finds_what_a_new_one_finds() {
    let (disk, mut chance) = (Disk::new(1), Rand64::new(1));
    let mut db = open(&disk, "FULL").unwrap();
    add(&mut db, 1).unwrap();
    let beginning = disk.snapshot();
    for life in 0..300 {
        let next = entries(&db).last().map_or(1, |(number, _)| number + 1);
        disk.cut_after(chance.rand_range(1..120));
        (next..next + chance.rand_range(0..30)).take_while(|number| add(&mut db, *number).is_ok()).count();
        match chance.rand_range(0..4) {
            0 => disk.renew(life, &beginning),
            1 => disk.end_processes(),
            _ => disk.cut_power(),
        }
        disk.power_on();
        let other = disk.copy(life);
        disk.wake_connections();
        assert_eq!(entries(&db), entries(&open(&other, "FULL").unwrap()), "life {life}");
        add(&mut db, 1_000_000 + life).unwrap();
        assert_eq!(find_last(&disk.copy(life)), 1_000_000 + life);
        db.execute("DELETE FROM entry WHERE number >= 1000000", []).unwrap();
    }
}

fn find_last(disk: &Disk) -> u64 {
    entries(&open(disk, "FULL").unwrap()).last().map_or(0, |(number, _)| *number)
}

#[test]
fn a_full_disk_says_so_and_loses_nothing() {
    let disk = Disk::new(1);
    let mut db = open(&disk, "FULL").unwrap();
    add(&mut db, 1).unwrap();
    disk.fill(Some(100_000));
    let (number, error) = (2..).find_map(|number| Some((number, add(&mut db, number).err()?))).unwrap();
    assert_eq!(code(&error), Some(ErrorCode::DiskFull));
    assert_eq!(count(&db), number - 1);
    disk.fill(None);
    add(&mut db, number).unwrap();
    drop(db);
    assert_eq!(find(&disk), Ok(number));
}

#[test]
fn a_restored_image_is_the_old_state_and_ends_what_is_open() {
    let disk = Disk::new(1);
    let mut db = open(&disk, "FULL").unwrap();
    add(&mut db, 1).unwrap();
    let backup = disk.snapshot();
    add(&mut db, 2).unwrap();
    disk.restore(&backup);
    assert!(add(&mut db, 3).is_err());
    drop(db);
    assert_eq!(find(&disk), Ok(1));
}

#[test]
fn a_copy_goes_its_own_way() {
    let disk = Disk::new(1);
    let mut db = open(&disk, "FULL").unwrap();
    add(&mut db, 1).unwrap();
    let copy = disk.copy(2);
    add(&mut db, 2).unwrap();
    add(&mut open(&copy, "FULL").unwrap(), 2).unwrap();
    add(&mut open(&copy, "FULL").unwrap(), 3).unwrap();
    assert_eq!((count(&db), find(&copy)), (2, Ok(3)));
}

#[test]
fn two_disks_do_not_see_each_other() {
    let (one, other) = (Disk::new(1), Disk::new(1));
    add(&mut open(&one, "FULL").unwrap(), 1).unwrap();
    assert_eq!(find(&other), Ok(0));
    other.cut_power();
    assert_eq!(find(&one), Ok(1));
}

#[test]
fn a_disk_ends_with_its_last_handle() {
    let disk = Disk::new(1);
    let address = disk.address(FILE).unwrap();
    let db = open(&disk, "FULL").unwrap();
    drop(disk);
    let second = Connection::open(&address).unwrap();
    assert_eq!(count(&second), 0);
    drop((db, second));
    assert_eq!(code(&Connection::open(&address).unwrap_err()), Some(ErrorCode::CannotOpen));
}

#[test]
fn a_reader_keeps_its_snapshot_while_another_connection_writes() {
    let disk = Disk::new(1);
    let (mut writer, reader) = (open(&disk, "FULL").unwrap(), open(&disk, "FULL").unwrap());
    add(&mut writer, 1).unwrap();
    let snapshot = reader.unchecked_transaction().unwrap();
    assert_eq!(count(&snapshot), 1);
    add(&mut writer, 2).unwrap();
    assert_eq!((count(&writer), count(&snapshot)), (2, 1));
    drop(snapshot);
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let busy = reader.execute_batch("BEGIN IMMEDIATE").unwrap_err();
    assert_eq!(code(&busy), Some(ErrorCode::DatabaseBusy));
    assert_eq!(count(&reader), 2);
}

#[test]
fn one_seed_gives_the_same_content_and_another_seed_another() {
    let live = |seed| {
        let disk = Disk::new(seed);
        for operations in 10..40 {
            disk.cut_after(operations);
            use_until_cut(&disk, "OFF", 1, 20);
            disk.cut_power();
            disk.power_on();
        }
        disk
    };
    let same = std::thread::scope(|scope| {
        [1, 1, 2].map(|seed| scope.spawn(move || live(seed))).map(|disk| disk.join().unwrap())
    });
    let [one, again, other] = same.each_ref().map(Disk::snapshot);
    assert!(one.same_content(&again));
    assert_eq!(same[0].counters(), same[1].counters());
    assert!(!one.same_content(&other));
}
