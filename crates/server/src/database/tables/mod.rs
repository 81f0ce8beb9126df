//! Every table with its columns, as a backup carries them: read in pages, written as they were.
//!
//! A migration that adds a table or a column adds it here; a test holds this list against the schema of each
//! number, on both databases.

mod list;

pub use list::TABLES;

use super::sql::{Row, Sql, SqlFault, Statement, Value};

/// Rows read at a time …
const PAGE: i64 = 512;
/// … and commits that wait in quarantine: each has up to 10 MiB.
const PAGE_OF_COMMITS: i64 = 8;

/// What a column holds, where it is not null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// A whole number.
    Int,
    /// Bytes.
    Bytes,
    /// Text.
    Text,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableColumn {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// The first schema that has it.
    pub since: usize,
}

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The first schema that has it.
    pub since: usize,
    /// The columns of its primary key, in their order.
    pub key: &'static [&'static str],
    /// Its columns, those of later schemas last.
    pub columns: &'static [TableColumn],
}

/// A row of a table.
pub type TableRow = Vec<Value<'static>>;

impl TableColumn {
    const fn since(self, since: usize) -> Self {
        Self { since, ..self }
    }

    /// Whether a value may stand in it, as far as its type goes.
    pub fn takes(&self, value: &Value<'_>) -> bool {
        match value {
            Value::Int(_) => self.holds == Holds::Int,
            Value::Bytes(_) => self.holds == Holds::Bytes,
            Value::Text(_) => self.holds == Holds::Text,
            Value::Null => true,
        }
    }

    fn read(&self, row: &Row<'_>, index: usize) -> Result<Value<'static>, SqlFault> {
        Ok(match self.holds {
            Holds::Int => row.int(index)?.into(),
            Holds::Bytes => row.bytes(index)?.map(<[u8]>::to_vec).into(),
            Holds::Text => row.text(index)?.map(str::to_owned).into(),
        })
    }
}

impl Table {
    /// Its columns in a schema.
    pub fn columns_in(&self, schema: usize) -> impl Iterator<Item = &'static TableColumn> {
        self.columns.iter().filter(move |column| column.since <= schema)
    }

    fn names_in(&self, schema: usize) -> String {
        self.columns_in(schema).map(|column| column.name).collect::<Vec<_>>().join(", ")
    }

    /// The rows behind this one, or the first ones, by their key: a page of them, none at the end.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn page(
        &self,
        snapshot: &dyn Sql,
        schema: usize,
        after: Option<&TableRow>,
    ) -> Result<Vec<TableRow>, SqlFault> {
        let columns: Vec<_> = self.columns_in(schema).collect();
        let mut values: Vec<Value<'_>> = after.map(|row| self.key_of(row)).unwrap_or_default();
        let (names, key) = (self.names_in(schema), self.key.join(", "));
        let behind = match values.len() {
            0 => String::new(),
            count => {
                let places: Vec<_> = (1..=count).map(|place| format!("?{place}")).collect();
                format!("WHERE ({key}) > ({})", places.join(", "))
            }
        };
        values.push(if self.name == "quarantine" { PAGE_OF_COMMITS } else { PAGE }.into());
        let (name, most) = (self.name, values.len());
        let sql = format!("SELECT {names} FROM {name} {behind} ORDER BY {key} LIMIT ?{most}");
        snapshot.all(&sql, values, |row| {
            columns.iter().enumerate().map(|(index, column)| column.read(row, index)).collect()
        })
    }

    fn key_of<'r>(&self, row: &'r TableRow) -> Vec<Value<'r>> {
        let value = |name: &&str| {
            let place = self.columns.iter().position(|column| column.name == *name)?;
            row.get(place).cloned()
        };
        self.key.iter().filter_map(value).collect()
    }

    /// Writes rows.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn insert(&self, transaction: &dyn Sql, schema: usize, rows: Vec<TableRow>) -> Result<(), SqlFault> {
        let sql = format!("INSERT INTO {} ({}) VALUES {{rows}}", self.name, self.names_in(schema));
        transaction.execute_all(&Statement::of_rows(&sql, rows))?;
        Ok(())
    }
}

/// The tables of a schema; each after those it refers to.
pub fn tables_in(schema: usize) -> impl DoubleEndedIterator<Item = &'static Table> {
    TABLES.iter().filter(move |table| table.since <= schema)
}

/// Takes out what migrations have put into an empty database.
pub(crate) fn clear(transaction: &dyn Sql, schema: usize) -> Result<(), SqlFault> {
    let mut tables = tables_in(schema).rev();
    tables.try_for_each(|table| transaction.execute(&format!("DELETE FROM {}", table.name), vec![]).map(drop))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rusqlite::Connection;

    use super::*;
    use crate::database::schema::MIGRATIONS;

    type Name = (String, String, i64);

    /// Table, column, and its place in the key, from 1; 0: it is not in it.
    fn real(connection: &Connection) -> BTreeSet<Name> {
        let sql = "SELECT t.name, c.name, c.pk FROM sqlite_schema t, pragma_table_info(t.name) c
                   WHERE t.type = 'table'";
        let sql_of = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let connection: &dyn Sql = connection;
        connection.all(sql, vec![], sql_of).unwrap().into_iter().collect()
    }

    fn listed(schema: usize) -> BTreeSet<Name> {
        let of_table = |table: &'static Table| {
            table.columns_in(schema).map(|column| {
                let place = table.key.iter().position(|key| *key == column.name);
                let place = place.map_or(0, |place| i64::try_from(place).unwrap() + 1);
                (table.name.to_owned(), column.name.to_owned(), place)
            })
        };
        tables_in(schema).flat_map(of_table).collect()
    }

    /// A backup of any schema is read by its own tables.
    #[test]
    fn every_schema_has_the_tables_that_are_listed_for_it() {
        let connection = Connection::open_in_memory().unwrap();
        for (place, migration) in MIGRATIONS.iter().enumerate() {
            connection.execute_batch(migration.sql).unwrap();
            (migration.then)(&connection).unwrap();
            assert_eq!(listed(place + 1), real(&connection), "schema {}", place + 1);
        }
    }

    #[test]
    fn each_table_comes_after_those_it_refers_to() {
        let connection = Connection::open_in_memory().unwrap();
        MIGRATIONS.iter().for_each(|migration| connection.execute_batch(migration.sql).unwrap());
        let place = |name: &str| TABLES.iter().position(|table| table.name == name).unwrap();
        let sql = "SELECT t.name, f.\"table\" FROM sqlite_schema t, pragma_foreign_key_list(t.name) f";
        let connection: &dyn Sql = &connection;
        let references = connection.all(sql, vec![], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let references: Vec<(String, String)> = references;
        assert!(references.len() > 5);
        for (from, to) in references {
            assert!(place(&to) < place(&from), "{from} refers to {to}");
        }
    }
}
