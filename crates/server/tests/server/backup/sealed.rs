//! Backups that are sealed: whoever has the file alone has nothing, and what was changed in it is not restored.

use std::path::Path;
use std::process::{Command, Output};

use records::codes::Role;
use server::backup::{self, Passphrase};
use server::database::sql::Sql;
use server::database::{Place, schema};
use server::{Database, ServerFault};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{NewFile, busy, contents, lasting};
use crate::common::*;
use crate::data::{Data, On, on_both_databases};

on_both_databases![a_sealed_backup_is_the_same_server_in_either_database];

/// What the file begins with, and its pieces behind that, as `lockbox::stream` writes them.
const HEAD: usize = 45;
const PIECE: usize = 64 * 1024 + 16;

fn passphrase() -> Passphrase {
    Passphrase::new("sixteen letters at least").unwrap()
}

fn sealed(server: &TestServer, file: &NewFile) -> backup::Summary {
    let opened = Runtime::new().unwrap();
    let database = opened.block_on(Database::open_existing(&server.data.place())).unwrap();
    backup::back_up(&database, &file.path(), Some(&passphrase()), server.now_ms()).unwrap()
}

fn restored(file: &Path, with: Option<&Passphrase>, place: &Place) -> Result<(), ServerFault> {
    Runtime::new().unwrap().block_on(backup::restore(file, with, place, NOW)).map(drop)
}

/// Neither command takes it with this passphrase, and a restore leaves nothing; the code of both.
fn refused(bytes: &[u8], with: Option<&Passphrase>, what: &str) -> &'static str {
    let (file, folder) = (NewFile::new(), TempDir::new().unwrap());
    std::fs::write(file.path(), bytes).unwrap();
    let Err(fault) = backup::verify(&file.path(), with) else { panic!("{what} is taken") };
    let data = folder.path().join("data");
    let at_restore = restored(&file.path(), with, &Place::Folder(data.clone())).unwrap_err();
    assert_eq!(at_restore.code(), fault.code(), "{what}");
    assert!(!data.exists(), "{what}: something was written");
    fault.code()
}

fn contains(whole: &[u8], part: &[u8]) -> bool {
    whole.windows(part.len()).any(|window| window == part)
}

fn a_sealed_backup_is_the_same_server_in_either_database(on: On) {
    let (server, ..) = busy(on);
    let file = NewFile::new();
    let summary = sealed(&server, &file);
    assert_eq!(backup::verify(&file.path(), Some(&passphrase())).unwrap(), summary);
    let before = lasting(server.read(contents));
    for there in [On::Sqlite, On::Postgres] {
        let data = Data::new(there);
        restored(&file.path(), Some(&passphrase()), &data.place()).unwrap();
        assert_eq!(lasting(TestServer::start_over(data).read(contents)), before);
    }
}

#[test]
fn who_has_the_file_alone_has_nothing() {
    let server = TestServer::start(On::Sqlite);
    server.enrol("很难见到的名字", Role::GridWorker, GRID);
    let (file, again, open) = (NewFile::new(), NewFile::new(), NewFile::new());
    sealed(&server, &file);
    sealed(&server, &again);
    let opened = Runtime::new().unwrap();
    let database = opened.block_on(Database::open_existing(&server.data.place())).unwrap();
    backup::back_up(&database, &open.path(), None, NOW).unwrap();
    let [file, again, open] = [file, again, open].map(|file| std::fs::read(file.path()).unwrap());
    assert!(file.starts_with(b"GWSEALED\0\x01") && !contains(&file, b"GWBACKUP"));
    assert!(!contains(&file, "很难见到的名字".as_bytes()));
    assert_ne!(file[10..HEAD], again[10..HEAD], "no two have the same key");

    assert_eq!(refused(&file, None, "one without its passphrase"), "backup.sealed");
    let other = Passphrase::new("sixteen letters at last").unwrap();
    assert_eq!(refused(&file, Some(&other), "one with another passphrase"), "backup.shut");
    // Whoever cannot seal one puts an open one in its place.
    assert_eq!(refused(&open, Some(&passphrase()), "an open one in its place"), "backup.open");
}

/// Rows that do not shrink: so that there are several pieces.
fn fill(connection: &dyn Sql) -> Result<(), ServerFault> {
    for _ in 0..8_000 {
        let random = server::random::bytes::<32>();
        let sql = "INSERT INTO attachment (hash, size, media, made_ms) VALUES (?1, 9, 'image/jpeg', 1)";
        connection.execute(sql, vec![random.as_slice().into()])?;
    }
    Ok(())
}

#[test]
fn what_was_changed_cut_or_put_elsewhere_is_not_restored() {
    let server = TestServer::start(On::Sqlite);
    server.write(fill);
    let file = NewFile::new();
    sealed(&server, &file);
    let whole = std::fs::read(file.path()).unwrap();
    let (head, pieces) = whole.split_at(HEAD);
    let pieces: Vec<&[u8]> = pieces.chunks(PIECE).collect();
    let count = pieces.len();
    assert!(count >= 3, "{count}");
    let turned = |at: usize| {
        let mut turned = whole.clone();
        turned[at] ^= 1;
        turned
    };
    let of = |order: &[usize]| {
        let pieces: Vec<&[u8]> = order.iter().map(|place| pieces[*place]).collect();
        [head, &pieces.concat()].concat()
    };
    let in_order: Vec<usize> = (0..count).collect();
    let mut exchanged = in_order.clone();
    exchanged.swap(1, 2);
    for (what, bytes, code) in [
        ("its mark", turned(0), "backup.open"),
        ("its format", turned(8), "backup.newer"),
        ("its salt", turned(12), "backup.shut"),
        ("its nonce", turned(HEAD - 1), "backup.shut"),
        ("its first byte", turned(HEAD), "backup.shut"),
        ("one in the middle", turned(HEAD + PIECE + 99), "backup.damaged"),
        ("its last byte", turned(whole.len() - 1), "backup.damaged"),
        ("cut in its head", whole[..HEAD - 1].to_vec(), "backup.not_one"),
        ("cut behind its head", head.to_vec(), "backup.shut"),
        ("cut in a piece", whole[..HEAD + PIECE + 99].to_vec(), "backup.damaged"),
        ("cut between two", of(&in_order[..2]), "backup.damaged"),
        ("cut before the last", of(&in_order[..count - 1]), "backup.damaged"),
        ("without its first", of(&in_order[1..]), "backup.shut"),
        ("two exchanged", of(&exchanged), "backup.damaged"),
        ("with one twice", of(&[&[0, 1, 1], &in_order[2..]].concat()), "backup.damaged"),
        ("with something behind it", [&whole[..], b"x"].concat(), "backup.damaged"),
    ] {
        assert_eq!(refused(&bytes, Some(&passphrase()), what), code, "{what}");
    }
}

fn command(arguments: &[&str], place: &[String], variable: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gridwalk-server"));
    command.env("GRIDWALK_PASSPHRASE", variable).args(arguments).args(place).output().unwrap()
}

#[test]
fn the_commands_take_a_passphrase_from_a_file_or_a_variable_and_nowhere_else() {
    const GOOD: &str = "sixteen letters at least";
    let (server, ..) = busy(On::Sqlite);
    let place = server.data.arguments();
    let (folder, file) = (TempDir::new().unwrap(), NewFile::new());
    let key = folder.path().join("passphrase");
    std::fs::write(&key, format!("{GOOD}\n")).unwrap();
    let (path, key) = (file.path().to_str().unwrap().to_owned(), key.to_str().unwrap().to_owned());

    for (arguments, variable, said) in [
        (vec!["backup", &path, "--seal"], "", "GRIDWALK_PASSPHRASE is missing"),
        (vec!["backup", &path, "--seal"], "too short", "at least 16 characters"),
        (vec!["backup", &path, "--seal", "--passphrase-file", "/nowhere"], GOOD, "/nowhere cannot be read"),
        // Without --seal the file would lie open, and its keeper would think otherwise.
        (vec!["backup", &path, "--passphrase-file", &key], "", "--passphrase-file"),
        (vec!["backup", &path, "--seal", "--passphrase", GOOD], "", "--passphrase"),
    ] {
        let output = command(&arguments, &place, variable);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(said), "{arguments:?}: {error}");
        assert!(!file.path().exists());
    }
    let made = command(&["backup", &path, "--seal", "--passphrase-file", &key], &place, "");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let verified = command(&["verify", &path], &[], GOOD);
    assert_eq!(verified.stdout, made.stdout, "{}", String::from_utf8_lossy(&verified.stderr));
    let line: serde_json::Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!(line["schema"], schema::VERSION);
    let there = Data::new(On::Sqlite);
    let shut = command(&["restore", &path], &there.arguments(), "another one, long enough");
    assert!(String::from_utf8_lossy(&shut.stderr).contains("does not open"), "{shut:?}");
    let restored = command(&["restore", &path, "--passphrase-file", &key], &there.arguments(), "");
    assert_eq!(restored.stdout, made.stdout, "{}", String::from_utf8_lossy(&restored.stderr));
}
