//! Commits that came after their author might make them, until somebody decides.

use records::wire::{Awaited, Decided, Outcome};
use records::{AccountId, Incarnation};
use sync::clock::Hlc;

use super::column;
use super::sql::{Row, Sql, SqlFault, Statement, damaged};
use crate::fault::ServerFault;
use crate::values;

/// Bytes of the id of a quarantined commit.
pub const ID_BYTES: usize = 16;
/// The id of a quarantined commit.
pub type Id = [u8; ID_BYTES];

/// A commit as it came, and what is needed to decide as one would have then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// The same however often the commit comes.
    pub id: Id,
    /// Who made it.
    pub account: AccountId,
    /// The incarnation that sent it last, and its number there.
    pub commit: Awaited,
    /// Its bytes.
    pub body: Vec<u8>,
    /// The device's clock at that contact, ms since 1970 UTC.
    pub clock_ms: i64,
    /// When it came, ms since 1970 UTC.
    pub received_ms: i64,
    /// Effective time of the change before it.
    pub last_hlc: Hlc,
    /// What was decided; `None` while nobody has.
    pub outcome: Option<Outcome>,
}

const COLUMNS: &str = "id, account, incarnation, push_seq, body, clock_ms, received_ms, last_hlc, outcome";

/// Keeps a commit. One that is known is now known under its newer number, too.
pub fn keep(connection: &dyn Sql, commit: &Quarantined) -> Result<(), ServerFault> {
    let sql = "INSERT INTO quarantine
               (id, account, incarnation, push_seq, body, clock_ms, received_ms, last_hlc)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
               ON CONFLICT (id) DO UPDATE
               SET incarnation = excluded.incarnation, push_seq = excluded.push_seq";
    let values = values![
        &commit.id,
        commit.account.as_bytes(),
        commit.commit.incarnation.as_bytes(),
        commit.commit.push_seq,
        &commit.body[..],
        commit.clock_ms,
        commit.received_ms,
        commit.last_hlc.0,
    ];
    connection.execute(sql, values)?;
    let sql = "INSERT INTO quarantine_sent (incarnation, push_seq, id) VALUES (?1, ?2, ?3)
               ON CONFLICT (incarnation, push_seq) DO NOTHING";
    let sent = commit.commit;
    connection.execute(sql, values![sent.incarnation.as_bytes(), sent.push_seq, &commit.id])?;
    Ok(())
}

/// The commit with this id. It stays locked until the transaction ends: it is decided about once.
pub fn get(connection: &dyn Sql, id: &Id) -> Result<Option<Quarantined>, ServerFault> {
    let sql = format!("SELECT {COLUMNS} FROM quarantine WHERE id = ?1 /* FOR UPDATE */");
    Ok(connection.first(&sql, values![id], quarantined)?)
}

/// What was decided about those of these commits of an account that were decided about, by any number under
/// which they ever came.
pub fn decided(
    connection: &dyn Sql,
    account: AccountId,
    awaited: &[Awaited],
) -> Result<Vec<Decided>, ServerFault> {
    let sql = "SELECT s.incarnation, s.push_seq, q.outcome
               FROM quarantine_sent s JOIN quarantine q ON q.id = s.id
               WHERE s.incarnation = ?1 AND s.push_seq = ?2 AND q.account = ?3 AND q.outcome IS NOT NULL";
    let of = |commit: &Awaited| Statement {
        sql: sql.into(),
        values: values![commit.incarnation.as_bytes().to_vec(), commit.push_seq, account.as_bytes().to_vec()],
    };
    let statements: Vec<Statement<'_>> = awaited.iter().map(of).collect();
    Ok(connection.all_of(&statements, |row| {
        let commit = Awaited { incarnation: column::id(row, 0)?, push_seq: row.get(1)? };
        let outcome = minicbor::decode(column::bytes(row, 2)?).map_err(|error| damaged(2, error))?;
        Ok(Decided { commit, outcome })
    })?)
}

/// Every commit nobody has decided about, oldest first.
pub fn waiting(connection: &dyn Sql) -> Result<Vec<Quarantined>, ServerFault> {
    let sql = format!("SELECT {COLUMNS} FROM quarantine WHERE outcome IS NULL ORDER BY received_ms, id");
    Ok(connection.all(&sql, vec![], quarantined)?)
}

/// How many commits of an account wait for somebody to decide.
pub fn waiting_of(connection: &dyn Sql, account: AccountId) -> Result<u64, ServerFault> {
    let sql = "SELECT count(*) FROM quarantine WHERE account = ?1 AND outcome IS NULL";
    Ok(connection.one(sql, values![account.as_bytes()], |row| row.get(0))?)
}

/// Keeps what was decided.
pub fn decide(connection: &dyn Sql, id: &Id, outcome: &Outcome, now_ms: i64) -> Result<(), ServerFault> {
    let outcome = minicbor::to_vec(outcome).map_err(|_| ServerFault::Unwritable)?;
    let sql = "UPDATE quarantine SET outcome = ?1, decided_ms = ?2 WHERE id = ?3";
    connection.execute(sql, values![outcome, now_ms, id])?;
    Ok(())
}

/// Every commit that still has its bytes: its id, these, and whether somebody has decided about it.
pub fn bodies(connection: &dyn Sql) -> Result<Vec<(Id, Vec<u8>, bool)>, ServerFault> {
    let sql = "SELECT id, body, outcome FROM quarantine WHERE length(body) > 0 ORDER BY id";
    Ok(connection.all(sql, vec![], |row| {
        let id = column::bytes(row, 0)?.try_into().map_err(|error| damaged(0, error))?;
        Ok((id, row.get(1)?, row.bytes(2)?.is_some()))
    })?)
}

/// Keeps of a commit that it was there, and not its bytes.
pub fn empty(connection: &dyn Sql, id: &Id) -> Result<(), ServerFault> {
    connection.execute("UPDATE quarantine SET body = ?1 WHERE id = ?2", values![&[][..], id])?;
    Ok(())
}

fn quarantined(row: &Row<'_>) -> Result<Quarantined, SqlFault> {
    let id = column::bytes(row, 0)?.try_into().map_err(|error| damaged(0, error))?;
    let commit = Awaited { incarnation: column::id::<Incarnation>(row, 2)?, push_seq: row.get(3)? };
    let outcome = row.bytes(8)?.map(minicbor::decode).transpose().map_err(|error| damaged(8, error))?;
    Ok(Quarantined {
        id,
        account: column::id(row, 1)?,
        commit,
        body: row.get(4)?,
        clock_ms: row.get(5)?,
        received_ms: row.get(6)?,
        last_hlc: Hlc(row.get(7)?),
        outcome,
    })
}
