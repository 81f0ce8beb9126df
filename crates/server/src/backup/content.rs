//! What stands in the frames, as CBOR. All of it is of outside bytes when it is read.

use minicbor::data::Type;
use minicbor::{Decode, Decoder, Encode, Encoder};

use crate::database::sql::Value;
use crate::database::tables::{Table, TableColumn, TableRow, tables_in};
use crate::fault::ServerFault;

/// What is said of the whole backup.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Header {
    /// The schema its rows are of.
    #[n(0)]
    pub(super) schema: usize,
    /// When it was made, ms since 1970 UTC.
    #[n(1)]
    pub(super) made_ms: i64,
    /// The version that made it.
    #[n(2)]
    pub(super) software: String,
}

/// How many rows there are of each table, in the order they come in.
#[derive(Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Trailer {
    #[n(0)]
    pub(super) rows: Vec<(String, u64)>,
}

/// Rows of one table.
pub(super) struct Group {
    pub(super) table: &'static Table,
    pub(super) rows: Vec<TableRow>,
}

/// The beginning of a group: the table's name.
pub(super) fn begin_group(table: &Table) -> Result<Vec<u8>, ServerFault> {
    minicbor::to_vec(table.name).map_err(|_| ServerFault::Unwritable)
}

/// Adds a row to a group.
pub(super) fn add_row(group: &mut Vec<u8>, row: &TableRow) -> Result<(), ServerFault> {
    let mut to = Encoder::new(group);
    let mut write = || {
        to.array(row.len() as u64)?;
        row.iter().try_for_each(|value| match value {
            Value::Int(number) => to.i64(*number).map(drop),
            Value::Bytes(bytes) => to.bytes(bytes).map(drop),
            Value::Text(text) => to.str(text).map(drop),
            Value::Null => to.null().map(drop),
        })
    };
    write().map_err(|_: Unwritten| ServerFault::Unwritable)
}

type Unwritten = minicbor::encode::Error<std::convert::Infallible>;

/// The rows of a group; `None` where it is none of this schema.
pub(super) fn read_group(bytes: &[u8], schema: usize) -> Option<Group> {
    let mut from = Decoder::new(bytes);
    let name = from.str().ok()?;
    let table = tables_in(schema).find(|table| table.name == name)?;
    let mut rows = vec![];
    while from.position() < bytes.len() {
        rows.push(read_row(&mut from, table, schema)?);
    }
    Some(Group { table, rows })
}

fn read_row(from: &mut Decoder<'_>, table: &Table, schema: usize) -> Option<TableRow> {
    let found = from.array().ok()??;
    if found != table.columns_in(schema).count() as u64 {
        return None;
    }
    let value = |column: &TableColumn| {
        let value = read_value(from).ok()?;
        column.takes(&value).then_some(value)
    };
    table.columns_in(schema).map(value).collect()
}

fn read_value(from: &mut Decoder<'_>) -> Result<Value<'static>, minicbor::decode::Error> {
    Ok(match from.datatype()? {
        Type::Bytes => from.bytes()?.to_vec().into(),
        Type::String => from.str()?.to_owned().into(),
        Type::Null => {
            from.null()?;
            Value::Null
        }
        _ => from.i64()?.into(),
    })
}

/// A structure that takes all of the bytes.
pub(super) fn read_whole<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Option<T> {
    let mut from = Decoder::new(bytes);
    let read = from.decode().ok()?;
    (from.position() == bytes.len()).then_some(read)
}
