//! Files that are not what was written, and the commands themselves.

use std::path::Path;
use std::process::{Command, Output};

use server::backup::{self, BackupFault};
use server::database::tables::tables_in;
use server::database::{Place, schema};
use tempfile::TempDir;

use super::{NewFile, back_up, busy, restore};
use crate::common::*;
use crate::data::{Data, On};

const REFUSED: [&str; 3] = ["backup.damaged", "backup.newer", "backup.not_one"];

/// Neither command takes it, and a restore leaves nothing.
fn is_refused(bytes: &[u8], what: &str) -> &'static str {
    let (file, folder) = (NewFile::new(), TempDir::new().unwrap());
    std::fs::write(file.path(), bytes).unwrap();
    let Err(fault) = backup::verify(&file.path(), None) else { panic!("{what} is taken") };
    assert!(REFUSED.contains(&fault.code()), "{what}: {fault}");
    let data = folder.path().join("data");
    let at_restore = restore(&file.path(), &Place::Folder(data.clone())).unwrap_err();
    assert_eq!(at_restore.code(), fault.code(), "{what}");
    assert!(!data.exists(), "{what}: something was written");
    fault.code()
}

fn small_backup() -> Vec<u8> {
    let (server, ..) = busy(On::Sqlite);
    let file = NewFile::new();
    back_up(&server, &file);
    std::fs::read(file.path()).unwrap()
}

/// So many places, spread over all of them; those at both ends each by itself.
fn spread(length: usize, count: usize) -> impl Iterator<Item = usize> {
    let ends = (0..40).chain(length - 80..length);
    ends.chain((0..count).map(move |n| n * length / count))
}

#[test]
fn every_byte_counts() {
    let whole = small_backup();
    for at in spread(whole.len(), 400) {
        for bit in [1, 0x80] {
            let mut bytes = whole.clone();
            bytes[at] ^= bit;
            let code = is_refused(&bytes, &format!("byte {at} of {}", whole.len()));
            assert_eq!(code == "backup.not_one", at < 8, "byte {at}");
        }
    }
}

#[test]
fn a_part_is_no_backup() {
    let whole = small_backup();
    for length in spread(whole.len(), 200) {
        is_refused(&whole[..length], &format!("{length} bytes of {}", whole.len()));
    }
    is_refused(&[&whole[..], &[0]].concat(), "a byte more");
    is_refused(&[&whole[..], &whole[..]].concat(), "twice");
}

#[test]
fn frames_that_were_taken_out_or_changed_places_are_missed() {
    let whole = small_backup();
    let frames = frames(&whole);
    assert!(frames.len() > 20);
    for (place, frame) in frames.iter().enumerate() {
        let without = [&whole[..frame.start], &whole[frame.end..]].concat();
        is_refused(&without, &format!("without frame {place}"));
        let twice = [&whole[..frame.end], &whole[frame.start..]].concat();
        is_refused(&twice, &format!("frame {place} twice"));
    }
}

/// Where each frame of a file lies.
fn frames(file: &[u8]) -> Vec<std::ops::Range<usize>> {
    let (mut frames, mut at) = (vec![], 10);
    while at < file.len() {
        let length = u32::from_be_bytes(file[at + 2..at + 6].try_into().unwrap()) as usize;
        frames.push(at..at + 6 + length + 32);
        at += 6 + length + 32;
    }
    frames
}

/// A file whose hashes are right, whatever it says.
fn with_frames(frames: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut file = [&b"GWBACKUP"[..], &[0, 1]].concat();
    let mut hash = sync::signature::digest(&file);
    for (kind, body) in frames {
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        let frame = [&[*kind, 0], &length[..], body].concat();
        hash = sync::signature::digest(&[&hash[..], &frame].concat());
        file.extend([&frame[..], &hash].concat());
    }
    file
}

/// As somebody writes it who means harm: hashes say nothing against that.
#[test]
fn what_somebody_made_up_is_refused_before_anything_is_written() {
    let header = |schema: u8| (0, [&[0xa3, 0, schema, 1, 0, 2][..], &[0x61, b'0']].concat());
    let this = u8::try_from(schema::VERSION).unwrap();
    let rows = |bytes: &[u8]| (1, bytes.to_vec());
    let meta = [&[0x64][..], b"meta"].concat();
    let row = |row: &[u8]| rows(&[&meta[..], row].concat());
    let trailer = (3, vec![0xa1, 0, 0x80]);
    let many_parts: Vec<(u8, Vec<u8>)> =
        std::iter::once(header(this)).chain((0..40).map(|_| (2, vec![0; 1024 * 1024]))).collect();
    for (what, frames, code) in [
        ("a newer schema", vec![header(this + 1), trailer.clone()], "backup.newer"),
        ("schema 0", vec![header(0), trailer.clone()], "backup.damaged"),
        ("no header", vec![trailer.clone()], "backup.damaged"),
        ("no rows of any table", vec![header(this), trailer.clone()], "backup.damaged"),
        ("two headers", vec![header(this), header(this)], "backup.damaged"),
        ("a table of its own", vec![header(this), rows(&[0x61, b'x', 0x81, 1])], "backup.damaged"),
        ("a table of a later schema", vec![header(1), rows(b"\x65audit")], "backup.damaged"),
        ("too few values", vec![header(this), row(&[0x81, 1])], "backup.damaged"),
        ("other values", vec![header(this), row(&[0x84, 0x61, b'x', 1, 1, 0xf6])], "backup.damaged"),
        (
            "very many values",
            vec![header(this), row(&[0x9b, 0x7f, 255, 255, 255, 255, 255, 255, 255])],
            "backup.damaged",
        ),
        (
            "very long bytes",
            vec![header(this), row(&[0x84, 0x5b, 0x7f, 255, 255, 255, 255, 255, 255, 255])],
            "backup.damaged",
        ),
        ("text that is none", vec![header(this), row(&[0x84, 1, 1, 1, 0x61, 0xff])], "backup.damaged"),
        (
            "a number too large",
            vec![header(this), row(&[0x84, 0x1b, 255, 255, 255, 255, 255, 255, 255, 255, 1, 1, 0xf6])],
            "backup.damaged",
        ),
        ("a group without end", many_parts.clone(), "backup.damaged"),
        ("a kind of its own", vec![header(this), (9, vec![])], "backup.damaged"),
    ] {
        assert_eq!(is_refused(&with_frames(&frames), what), code, "{what}");
    }
    let counts = tables_in(schema::VERSION).map(|table| (table.name, 0_u64)).collect::<Vec<_>>();
    let end = (3, [&[0xa1, 0][..], &minicbor::to_vec(counts).unwrap()].concat());
    let (first, second) = (rows(&meta), rows(b"\x6bsigning_key"));
    let in_order = with_frames(&[header(this), first.clone(), second.clone(), end.clone()]);
    let file = NewFile::new();
    std::fs::write(file.path(), in_order).unwrap();
    backup::verify(&file.path(), None).unwrap();
    let code = is_refused(&with_frames(&[header(this), second, first, end]), "tables in another order");
    assert_eq!(code, "backup.damaged");
    let mut newer = with_frames(&[header(this)]);
    newer[9] = 2;
    assert_eq!(is_refused(&newer, "a newer format"), "backup.newer");
    std::fs::write(file.path(), with_frames(&many_parts)).unwrap();
    let seen = backup::verify(&file.path(), None).unwrap_err();
    assert!(matches!(seen, BackupFault::Damaged(at) if at < 18 * 1024 * 1024), "read no further: {seen}");
    let mut long = with_frames(&[header(this)]);
    long[12..16].fill(0xff);
    assert_eq!(is_refused(&long, "a length of 4 GB"), "backup.damaged");
    for other in [&b""[..], b"GW", b"SQLite format 3\0"] {
        assert_eq!(is_refused(other, "another file"), "backup.not_one");
    }
}

/// What the database itself refuses leaves nothing either.
#[test]
fn rows_that_contradict_each_other_leave_nothing() {
    let (file, folder) = (NewFile::new(), TempDir::new().unwrap());
    let (server, ..) = busy(On::Sqlite);
    let open = rusqlite::Connection::open(match &server.data {
        Data::Folder(folder) => folder.path().join(server::database::FILE_NAME),
        Data::Postgres(_) => unreachable!(),
    });
    open.unwrap().execute_batch("PRAGMA foreign_keys = off; DELETE FROM account").unwrap();
    back_up(&server, &file);
    assert_eq!(restore(&file.path(), &folder.path().into()).unwrap_err().code(), "server.failed");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let data = Data::new(On::Postgres);
    assert_eq!(restore(&file.path(), &data.place()).unwrap_err().code(), "server.failed");
    TestServer::start_over(data);
}

fn command(arguments: &[&str], place: &[String]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gridwalk-server"));
    command.args(arguments).args(place).output().unwrap()
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[test]
fn the_commands_say_what_a_backup_holds() {
    let (server, ..) = busy(On::Sqlite);
    let file = NewFile::new();
    let path = text(&file.path());
    let made = command(&["backup", &path], &server.data.arguments());
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(file.path().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let verified = command(&["verify", &path], &[]);
    assert_eq!(verified.stdout, made.stdout);
    let line: serde_json::Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!(line["schema"], server::database::schema::VERSION);
    assert_eq!(line["rows"]["device"], 2);
    assert!(line["audit"].as_str().unwrap().contains(':') && line["made_ms"].as_i64().unwrap() > NOW);

    let there = Data::new(On::Postgres);
    let restored = command(&["restore", &path], &there.arguments());
    assert_eq!(restored.stdout, made.stdout, "{}", String::from_utf8_lossy(&restored.stderr));
    let again = command(&["restore", &path], &there.arguments());
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).contains("is not empty"));

    let broken = Data::new(On::Sqlite);
    assert!(command(&["restore", &path], &broken.arguments()).status.success());
    let Data::Folder(folder) = &broken else { unreachable!() };
    let db = rusqlite::Connection::open(folder.path().join(server::database::FILE_NAME)).unwrap();
    db.execute_batch("UPDATE audit SET entry = x'00' WHERE number = 1").unwrap();
    let second = NewFile::new();
    assert!(command(&["backup", &text(&second.path())], &broken.arguments()).status.success());
    let verified = command(&["verify", &text(&second.path())], &[]);
    assert!(!verified.status.success());
    assert!(String::from_utf8_lossy(&verified.stderr).contains("entry 1 was changed"));
}
