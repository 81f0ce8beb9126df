//! Questions that were put into files for somebody to carry, until their answers come back.

use minicbor::{Decode, Encode};
use records::Incarnation;
use records::wire::{Anchor, Cursor, Nonce};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::Result;

/// Questions whose answers are waited for. What an older one asked was asked again since.
const MOST_KEPT: u32 = 50;

/// Where this device stood when it asked.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Asked {
    /// The life of the database; the numbers of commits mean something in it alone.
    #[n(0)]
    pub incarnation: Incarnation,
    /// The number of the first commit the server had not answered.
    #[n(1)]
    pub first: u64,
    /// The commits that were in the file.
    #[n(2)]
    pub commits: Vec<Anchor>,
    /// How far each scope had been read.
    #[n(3)]
    pub cursors: Vec<Cursor>,
    /// When the last round had ended, ms since 1970 UTC; `None` before the first.
    #[n(4)]
    pub last_round_ms: Option<i64>,
}

/// Keeps what the answer will need.
pub fn add(tx: &Transaction<'_>, question: &Nonce, secret: &[u8; 32], asked: &Asked) -> Result<()> {
    #[expect(clippy::unwrap_used, reason = "writing to a vector cannot fail")]
    let asked = minicbor::to_vec(asked).unwrap();
    tx.prepare_cached("INSERT INTO courier (question, secret, asked) VALUES (?1, ?2, ?3)")?
        .execute(params![question, secret, asked])?;
    tx.prepare_cached("DELETE FROM courier WHERE number <= (SELECT max(number) FROM courier) - ?1")?
        .execute([MOST_KEPT])?;
    Ok(())
}

/// What the answer to this question needs; `None` when this device did not ask it, or long ago.
pub fn find(db: &Connection, question: &Nonce) -> Result<Option<([u8; 32], Asked)>> {
    let mut find = db.prepare_cached("SELECT secret, asked FROM courier WHERE question = ?1")?;
    let found = find.query_row([question], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?))).optional()?;
    Ok(found.and_then(|(secret, asked)| Some((secret, minicbor::decode(&asked).ok()?))))
}
