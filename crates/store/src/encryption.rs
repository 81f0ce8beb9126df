//! A database under a key. Only where SQLite was built with SQLCipher; another one would take no notice, so that each of
//! these looks whether it did.

use rusqlite::{Connection, OptionalExtension};
use zeroize::Zeroizing;

use crate::{Result, StoreFault};

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;

/// What SQLCipher mixes with the key that authenticates pages. By default it is random and read from the front of the file,
/// before a log is looked at: a front that a power cut left torn would then open nothing, though the log has all of it.
/// The key is random itself and of one database, so that it may be the same everywhere.
const SALT: [u8; 16] = *b"Gridwalk at rest";

/// Reads and writes under this key from here on: the first thing that is done with a connection.
///
/// # Errors
/// [`StoreFault::NoCipher`]. Whether the key is right shows with the first read.
pub fn unlock(db: &Connection, key: &[u8; KEY_BYTES]) -> Result<()> {
    // A raw key: it is random already, and needs no stretching.
    db.execute_batch(&Zeroizing::new(format!("PRAGMA key = \"{}\"", *literal(key))))?;
    // What goes wrong is told by its code; SQLCipher would write it to wherever errors go.
    db.execute_batch("PRAGMA cipher_log = off")?;
    let cipher: Option<String> = db.query_row("PRAGMA cipher_version", [], |row| row.get(0)).optional()?;
    cipher.map(drop).ok_or(StoreFault::NoCipher)
}

/// Copies a database that can be read without a key into an empty file under one, and looks whether all is there.
///
/// # Errors
/// [`StoreFault::NoCipher`]; what SQLite says, a file that somebody still reads among it.
pub fn copy(plain: &Connection, to: &str, key: &[u8; KEY_BYTES]) -> Result<()> {
    // What its log holds goes into the file itself; where somebody reads it still, that is for another time.
    let mode: String = plain.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    if mode != "delete" {
        return Err(StoreFault::InUse);
    }
    plain.execute_batch("PRAGMA temp_store = MEMORY")?;
    plain.execute(&Zeroizing::new(format!("ATTACH ?1 AS sealed KEY \"{}\"", *literal(key))), [to])?;
    plain.query_row("SELECT sqlcipher_export('sealed')", [], |_| Ok(()))?;
    for fact in ["user_version", "application_id"] {
        let value: i64 = plain.query_row(&format!("PRAGMA main.{fact}"), [], |row| row.get(0))?;
        plain.execute_batch(&format!("PRAGMA sealed.{fact} = {value}"))?;
    }
    let is_whole = counts(plain, "main")? == counts(plain, "sealed")?;
    plain.execute_batch("DETACH sealed")?;
    if is_whole { Ok(()) } else { Err(StoreFault::NoCipher) }
}

/// The rows of every table that holds some itself.
fn counts(db: &Connection, schema: &str) -> Result<Vec<(String, i64)>> {
    let mut list = db.prepare(&format!(
        "SELECT name FROM {schema}.sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL TABLE %'
         AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name"
    ))?;
    let names = list.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let count = |name: String| {
        let count = format!("SELECT count(*) FROM {schema}.\"{name}\"");
        Ok((name, db.query_row(&count, [], |row| row.get(0))?))
    };
    names.into_iter().map(count).collect()
}

/// How SQLCipher wants a raw key.
fn literal(key: &[u8; KEY_BYTES]) -> Zeroizing<String> {
    let mut literal = Zeroizing::new(String::with_capacity(3 + 2 * (KEY_BYTES + SALT.len())));
    literal.push_str("x'");
    // Databases from before the salt was fixed are only in native shells.
    let salt = if cfg!(target_family = "wasm") { &SALT[..] } else { &[] };
    for digit in key.iter().chain(salt).flat_map(|byte| [byte >> 4, byte & 15]) {
        literal.extend(char::from_digit(u32::from(digit), 16));
    }
    literal.push('\'');
    literal
}
