//! A transaction on one connection as [`Sql`].
//!
//! Whoever calls blocks, the connection lives on the runtime. Statements of one call travel together;
//! what begins, marks or releases something travels with the next call, since nobody waits for it.

use std::cell::{Cell, RefCell};
use std::error::Error;

use deadpool_postgres::Object;
use futures_util::future::{FutureExt, join_all};
use futures_util::{TryStreamExt, pin_mut};
use tokio::runtime::Handle;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::database::sql::{Row, Sql, SqlFault, Statement, Value};
use crate::fault::ServerFault;

/// PostgreSQL's code of a transaction of which a part has failed.
const IN_FAILED: &str = "25P02";

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Rows are locked by hand, in one order everywhere.
    Write,
    /// One snapshot.
    Read,
}

/// A transaction. One that is not committed is rolled back.
pub(super) struct Transaction<'c> {
    client: &'c Object,
    runtime: &'c Handle,
    mode: Mode,
    /// What travels with the next call.
    ahead: RefCell<String>,
    /// Whether PostgreSQL answers nothing more until a savepoint is gone back to.
    is_broken: Cell<bool>,
    is_over: Cell<bool>,
}

impl<'c> Transaction<'c> {
    pub(super) fn begin(client: &'c Object, runtime: &'c Handle, mode: Mode) -> Self {
        let begin = match mode {
            Mode::Write => "BEGIN ISOLATION LEVEL READ COMMITTED;",
            Mode::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;",
        };
        let (is_broken, is_over) = (Cell::new(false), Cell::new(false));
        Self { client, runtime, mode, ahead: RefCell::new(begin.to_owned()), is_broken, is_over }
    }

    /// Everything is on disk when this returns.
    pub(super) fn commit(self) -> Result<(), ServerFault> {
        if self.is_broken.get() {
            let (state, said) = (IN_FAILED.to_owned(), "a part of the transaction had failed".to_owned());
            return Err(SqlFault::Postgres { state, said }.into());
        }
        match self.mode {
            Mode::Write => self.script("COMMIT")?,
            // Nobody waits for the end of a snapshot.
            Mode::Read => self.send("COMMIT"),
        }
        self.is_over.set(true);
        Ok(())
    }

    /// Runs statements that take no values and answer nothing.
    pub(super) fn script(&self, sql: &str) -> Result<(), SqlFault> {
        let script = self.ahead.take() + sql;
        self.runtime.block_on(self.client.batch_execute(&script)).map_err(|error| self.fault(&error))
    }

    /// Sends without waiting for the answer; whatever comes next on this connection is done after it.
    fn send(&self, sql: &str) {
        let script = self.ahead.take() + sql;
        let _answer = self.client.batch_execute(&script).now_or_never();
    }

    fn fault(&self, error: &tokio_postgres::Error) -> SqlFault {
        self.is_broken.set(true);
        fault(error)
    }

    async fn send_all(
        &self,
        ahead: &str,
        statements: &[Statement<'_>],
    ) -> Result<Vec<Answer>, tokio_postgres::Error> {
        let mut prepared = vec![];
        for statement in statements {
            prepared.push(self.client.prepare_cached(&dialect(&statement.sql)).await?);
        }
        let began = async { if ahead.is_empty() { Ok(()) } else { self.client.batch_execute(ahead).await } };
        let answers = prepared.iter().zip(statements).map(|(prepared, statement)| async move {
            let values = statement.values.iter().map(|value| value as &(dyn ToSql + Sync));
            let rows = self.client.query_raw(prepared, values).await?;
            pin_mut!(rows);
            let mut answer = Answer::default();
            while let Some(row) = rows.try_next().await? {
                answer.rows.push(row);
            }
            answer.changed = rows.rows_affected().unwrap_or(0);
            Ok(answer)
        });
        // Each is sent when it is asked for the first time, so they arrive in this order.
        let (began, answers) = futures_util::future::join(began, join_all(answers)).await;
        began?;
        answers.into_iter().collect()
    }
}

/// The rows of a statement, and how many it changed.
#[derive(Default)]
struct Answer {
    rows: Vec<tokio_postgres::Row>,
    changed: u64,
}

impl Sql for Transaction<'_> {
    fn run(
        &self,
        statements: &[Statement<'_>],
        each: &mut dyn FnMut(usize, &Row<'_>) -> Result<(), SqlFault>,
    ) -> Result<Vec<u64>, SqlFault> {
        match statements {
            [] => return Ok(vec![]),
            [only] if begins(only, &["SAVEPOINT", "RELEASE"]) => {
                self.ahead.borrow_mut().push_str(&format!("{};", only.sql));
                return Ok(vec![0]);
            }
            [only] if begins(only, &["ROLLBACK TO"]) => {
                self.script(&only.sql)?;
                self.is_broken.set(false);
                return Ok(vec![0]);
            }
            _ => {}
        }
        let ahead = self.ahead.take();
        let answers = self.runtime.block_on(self.send_all(&ahead, statements));
        let answers = answers.map_err(|error| self.fault(&error))?;
        let mut changed = vec![];
        for (place, answer) in answers.iter().enumerate() {
            answer.rows.iter().try_for_each(|row| each(place, &Row::Postgres(row)))?;
            changed.push(answer.changed);
        }
        Ok(changed)
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if !self.is_over.get() {
            self.send("ROLLBACK");
        }
    }
}

fn begins(statement: &Statement<'_>, words: &[&str]) -> bool {
    words.iter().any(|word| statement.sql.starts_with(word))
}

/// The text as PostgreSQL reads it.
fn dialect(sql: &str) -> String {
    sql.replace('?', "$").replace("/* FOR UPDATE */", "FOR UPDATE")
}

/// Without the detail that names the row.
fn fault(error: &tokio_postgres::Error) -> SqlFault {
    match error.as_db_error() {
        Some(told) => {
            SqlFault::Postgres { state: told.code().code().to_owned(), said: told.message().to_owned() }
        }
        None => SqlFault::Postgres { state: String::new(), said: crate::fault::chain(error) },
    }
}

impl From<tokio_postgres::Error> for SqlFault {
    fn from(error: tokio_postgres::Error) -> Self {
        fault(&error)
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self, ty) {
            (Value::Int(number), &Type::INT8) => number.to_sql(ty, out),
            (Value::Bytes(bytes), &Type::BYTEA) => bytes.as_ref().to_sql(ty, out),
            (Value::Text(text), &Type::TEXT) => text.as_ref().to_sql(ty, out),
            (Value::Null, _) => Ok(IsNull::Yes),
            _ => Err(format!("a value of another type than {ty}").into()),
        }
    }

    fn accepts(ty: &Type) -> bool {
        [Type::INT8, Type::BYTEA, Type::TEXT].contains(ty)
    }

    to_sql_checked!();
}
