//! The one way to a database: statements, values and rows that mean the same to SQLite and PostgreSQL.
//!
//! Each statement has one text. Placeholders are numbered (`?1`), whole numbers have 64 bits, a yes or
//! no is 1 or 0. `/* FOR UPDATE */` behind a query locks its rows where many write at once; to SQLite,
//! where one writes at a time, it is a comment.

use std::borrow::Cow;
use std::error::Error;

use thiserror::Error;

use crate::fault::ServerFault;

/// Most rows or keys in one statement.
const MOST: usize = 256;

/// A database inside a transaction.
pub trait Sql {
    /// Runs statements in their order, in as few round trips as the database allows. Hands over their
    /// rows, each with the place of its statement, and returns how many rows each has changed.
    ///
    /// # Errors
    /// What the first one failed with, and what `each` fails with.
    fn run(
        &self,
        statements: &[Statement<'_>],
        each: &mut dyn FnMut(usize, &Row<'_>) -> Result<(), SqlFault>,
    ) -> Result<Vec<u64>, SqlFault>;
}

/// A statement and what its placeholders stand for.
#[derive(Debug, Clone)]
pub struct Statement<'a> {
    /// The same text for both databases.
    pub sql: Cow<'a, str>,
    /// `?1` is the first.
    pub values: Vec<Value<'a>>,
}

/// A value of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// A whole number.
    Int(i64),
    /// Bytes.
    Bytes(Cow<'a, [u8]>),
    /// Text.
    Text(Cow<'a, str>),
    /// Nothing.
    Null,
}

/// The values of a statement, each as [`Value`].
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::database::sql::Value::from($value)),*] };
}

/// Why a statement failed.
#[derive(Debug, Error)]
pub enum SqlFault {
    /// SQLite says why.
    #[error("SQLite failed")]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL says why.
    #[error("PostgreSQL failed: {said} {state}")]
    Postgres {
        /// Its code of five characters; empty when it could not be asked.
        state: String,
        /// Its message, without the row.
        said: String,
    },
    /// A column holds what this program did not write.
    #[error("column {0} is damaged")]
    Damaged(usize, #[source] Option<Box<dyn Error + Send + Sync>>),
    /// A row that is always there is not.
    #[error("a row is missing")]
    NoRow,
}

/// Serialization failure, deadlock, and a key that another transaction has just used.
const OF_THE_MOMENT: [&str; 3] = ["40001", "40P01", "23505"];

impl SqlFault {
    /// Whether the database refused the values themselves.
    pub fn is_of_the_values(&self) -> bool {
        match self {
            Self::Sqlite(error) => {
                error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation)
            }
            // Another transaction that wrote the same in the meantime is no fault of the values.
            Self::Postgres { state, .. } => {
                let refused = ["22", "23", "P0"].iter().any(|class| state.starts_with(class));
                refused && !self.is_of_the_moment()
            }
            Self::Damaged(..) | Self::NoRow => false,
        }
    }

    /// Whether the same transaction may succeed when it is done again: another one was in its way.
    pub fn is_of_the_moment(&self) -> bool {
        match self {
            Self::Postgres { state, .. } => OF_THE_MOMENT.contains(&state.as_str()),
            Self::Sqlite(_) | Self::Damaged(..) | Self::NoRow => false,
        }
    }
}

impl dyn Sql + '_ {
    /// Runs one statement; returns how many rows it has changed.
    pub fn execute(&self, sql: &str, values: Vec<Value<'_>>) -> Result<u64, SqlFault> {
        self.execute_all(&[Statement { sql: sql.into(), values }])
    }

    /// Runs statements in their order; returns how many rows they have changed.
    pub fn execute_all(&self, statements: &[Statement<'_>]) -> Result<u64, SqlFault> {
        Ok(self.run(statements, &mut |_, _| Ok(()))?.iter().sum())
    }

    /// Every row, read.
    pub fn all<T>(
        &self,
        sql: &str,
        values: Vec<Value<'_>>,
        read: impl Fn(&Row<'_>) -> Result<T, SqlFault>,
    ) -> Result<Vec<T>, SqlFault> {
        self.all_of(&[Statement { sql: sql.into(), values }], read)
    }

    /// Every row of many statements, read.
    pub fn all_of<T>(
        &self,
        statements: &[Statement<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, SqlFault>,
    ) -> Result<Vec<T>, SqlFault> {
        let mut all = vec![];
        self.run(statements, &mut |_, row| {
            all.push(read(row)?);
            Ok(())
        })?;
        Ok(all)
    }

    /// The one row there may be, read.
    pub fn first<T>(
        &self,
        sql: &str,
        values: Vec<Value<'_>>,
        read: impl Fn(&Row<'_>) -> Result<T, SqlFault>,
    ) -> Result<Option<T>, SqlFault> {
        Ok(self.all(sql, values, read)?.into_iter().next())
    }

    /// The one row there is, read.
    pub fn one<T>(
        &self,
        sql: &str,
        values: Vec<Value<'_>>,
        read: impl Fn(&Row<'_>) -> Result<T, SqlFault>,
    ) -> Result<T, SqlFault> {
        self.first(sql, values, read)?.ok_or(SqlFault::NoRow)
    }

    /// Does a part of a transaction: wholly, or it leaves nothing and the rest can go on.
    ///
    /// # Errors
    /// What `work` fails with.
    pub fn savepoint<T>(&self, work: impl FnOnce() -> Result<T, ServerFault>) -> Result<T, ServerFault> {
        self.execute("SAVEPOINT part", vec![])?;
        let result = work();
        if result.is_err() {
            self.execute("ROLLBACK TO SAVEPOINT part", vec![])?;
        }
        self.execute("RELEASE SAVEPOINT part", vec![])?;
        result
    }
}

impl<'a> Statement<'a> {
    /// The statements that put these rows where `{rows}` stands. They come in powers of two, so that a
    /// database prepares a few texts and not one for each number of rows.
    pub fn of_rows(sql: &str, rows: Vec<Vec<Value<'a>>>) -> Vec<Self> {
        let mut statements = vec![];
        let mut rows = rows.into_iter().peekable();
        while let Some(first) = rows.peek() {
            let (columns, left) = (first.len(), rows.len());
            let count = MOST.min(1 << left.ilog2());
            let values: Vec<Value<'a>> = rows.by_ref().take(count).flatten().collect();
            let sql = sql.replace("{rows}", &places(count, columns));
            statements.push(Self { sql: sql.into(), values });
        }
        statements
    }

    /// The statements that look for these keys where `{keys}` stands. Their number is filled up to a
    /// power of two with the last one again.
    pub fn of_keys(sql: &str, keys: Vec<Value<'a>>) -> Vec<Self> {
        let of_chunk = |chunk: &[Value<'a>]| {
            let mut values = chunk.to_vec();
            let last = values.last().cloned().unwrap_or(Value::Null);
            values.resize(chunk.len().next_power_of_two(), last);
            let places = places(1, values.len());
            let sql = sql.replace("{keys}", places.trim_matches(['(', ')']));
            Self { sql: sql.into(), values }
        };
        keys.chunks(MOST).map(of_chunk).collect()
    }
}

/// `(?1, ?2), (?3, ?4)`. Written without formatting: a push of 500 commits has ten thousand of them.
fn places(rows: usize, columns: usize) -> String {
    let mut text = String::with_capacity(rows * (columns * 7 + 4));
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=columns {
            text.push_str(if column == 1 { "?" } else { ", ?" });
            push_number(&mut text, row * columns + column);
        }
        text.push(')');
    }
    text
}

fn push_number(text: &mut String, number: usize) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    text.extend(u32::try_from(number % 10).ok().and_then(|digit| char::from_digit(digit, 10)));
}

/// A row of an answer.
pub enum Row<'a> {
    /// From SQLite.
    Sqlite(&'a rusqlite::Row<'a>),
    /// From PostgreSQL.
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    /// The value of a column that is never empty.
    pub fn get<T: Column>(&self, index: usize) -> Result<T, SqlFault> {
        self.optional(index)?.ok_or(SqlFault::Damaged(index, None))
    }

    /// The value of a column.
    pub fn optional<T: Column>(&self, index: usize) -> Result<Option<T>, SqlFault> {
        T::read(self, index)
    }

    /// A whole number.
    pub fn int(&self, index: usize) -> Result<Option<i64>, SqlFault> {
        match self {
            Self::Sqlite(row) => Ok(row.get(index)?),
            Self::Postgres(row) => Ok(row.try_get(index)?),
        }
    }

    /// Bytes, where they lie.
    pub fn bytes(&self, index: usize) -> Result<Option<&[u8]>, SqlFault> {
        match self {
            Self::Sqlite(row) => row.get_ref(index)?.as_blob_or_null().map_err(|error| damaged(index, error)),
            Self::Postgres(row) => Ok(row.try_get(index)?),
        }
    }

    /// Text, where it lies.
    pub fn text(&self, index: usize) -> Result<Option<&str>, SqlFault> {
        match self {
            Self::Sqlite(row) => row.get_ref(index)?.as_str_or_null().map_err(|error| damaged(index, error)),
            Self::Postgres(row) => Ok(row.try_get(index)?),
        }
    }
}

/// The fault of a column whose value this program did not write.
pub fn damaged(index: usize, error: impl Error + Send + Sync + 'static) -> SqlFault {
    SqlFault::Damaged(index, Some(Box::new(error)))
}

/// What can be read from a column.
pub trait Column: Sized {
    /// The value; `None` when the column is empty.
    ///
    /// # Errors
    /// [`SqlFault::Damaged`] when it is of another type.
    fn read(row: &Row<'_>, index: usize) -> Result<Option<Self>, SqlFault>;
}

impl Column for bool {
    fn read(row: &Row<'_>, index: usize) -> Result<Option<Self>, SqlFault> {
        Ok(row.int(index)?.map(|number| number != 0))
    }
}

impl Column for String {
    fn read(row: &Row<'_>, index: usize) -> Result<Option<Self>, SqlFault> {
        Ok(row.text(index)?.map(str::to_owned))
    }
}

impl Column for Vec<u8> {
    fn read(row: &Row<'_>, index: usize) -> Result<Option<Self>, SqlFault> {
        Ok(row.bytes(index)?.map(<[u8]>::to_vec))
    }
}

macro_rules! whole_number {
    ($($number:ty),*) => { $(
        impl Column for $number {
            fn read(row: &Row<'_>, index: usize) -> Result<Option<Self>, SqlFault> {
                let number = row.int(index)?;
                number.map(|number| Self::try_from(number).map_err(|error| damaged(index, error))).transpose()
            }
        }
    )* };
}
whole_number!(i64, u64, u32, u16, usize);

macro_rules! int_value {
    ($($number:ty),*) => { $(
        impl From<$number> for Value<'_> {
            fn from(number: $number) -> Self {
                Self::Int(number.into())
            }
        }
    )* };
}
int_value!(i64, u32, u16, bool);

/// A number beyond what a column holds counts as the largest: a hostile cursor stands behind everything.
impl From<u64> for Value<'_> {
    fn from(number: u64) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::Bytes(bytes.as_slice().into())
    }
}

impl From<Vec<u8>> for Value<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(statements: &[Statement<'_>]) -> Vec<String> {
        statements.iter().map(|statement| statement.sql.to_string()).collect()
    }

    #[test]
    fn rows_come_in_powers_of_two() {
        let rows = (0..3_i64).map(|n| values![n, n]).collect();
        let statements = Statement::of_rows("VALUES {rows}", rows);
        assert_eq!(texts(&statements), ["VALUES (?1, ?2), (?3, ?4)", "VALUES (?1, ?2)"]);
        assert_eq!(statements[1].values, values![2_i64, 2_i64]);
        let many = (0..600_i64).map(|n| values![n]).collect();
        let sizes: Vec<_> =
            Statement::of_rows("{rows}", many).iter().map(|statement| statement.values.len()).collect();
        assert_eq!(sizes, [256, 256, 64, 16, 8]);
    }

    #[test]
    fn keys_are_filled_up_with_the_last() {
        let statements = Statement::of_keys("IN ({keys})", values![7_i64, 8_i64, 9_i64]);
        assert_eq!(texts(&statements), ["IN (?1, ?2, ?3, ?4)"]);
        assert_eq!(statements[0].values, values![7_i64, 8_i64, 9_i64, 9_i64]);
        assert!(Statement::of_keys("IN ({keys})", vec![]).is_empty(), "nothing is looked for");
    }
}
