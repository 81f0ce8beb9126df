//! The rows that every system is given: a sample community, as the server holds it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use device::sunday;
use minicbor::Decoder;
use minicbor::data::Type;
use records::codes::Role;
use records::{AreaPath, RecordId, declaration};
use rusqlite::Connection;
use sample::{Plan, Sample};
use serde_json::{Map, Value, json};
use server::ServerFault;
use server::database::sql::Sql;
use server::database::{self, FILE_NAME, schema};
use server::invite::{Address, Guest, invite};
use server::load::{NewRecord, THE_SERVER, load};

/// Who syncs; their staff records are two of the rows.
pub const PEOPLE: [&str; 2] = ["甲", "乙"];

/// How many rows there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Rows, the two people's own included.
    pub rows: usize,
    households: u32,
    grids: u32,
}

impl Size {
    /// What a community holds.
    pub const SMALL: Self = Self { rows: 10_000, households: 1_350, grids: 7 };
    /// What a small county holds.
    pub const LARGE: Self = Self { rows: 100_000, households: 15_500, grids: 40 };
    /// More than any one user should hold.
    pub const HUGE: Self = Self { rows: 200_000, households: 31_000, grids: 80 };

    /// What one grid holds, the lists of the county included.
    pub const GRID: Self = Self { rows: 10_000, households: 1_350, grids: 1 };

    /// The first grid there is.
    pub fn first_grid(self) -> Result<String> {
        let sample = self.sample();
        Ok(sample.grids().next().context("a grid")?.to_string())
    }

    fn sample(self) -> Sample {
        let plan = Plan {
            households: self.households,
            key_households: self.households / 100,
            visits: self.households * 20 / 9,
            matters: self.households / 80,
            grids: self.grids,
            estates: self.grids * 2,
            ..Plan::community(7, sunday())
        };
        Sample::of(plan)
    }
}

/// Fills a server's data folder.
pub fn fill(folder: &Path, size: Size, now_ms: i64) -> Result<()> {
    let mut connection = schema::open_on(Connection::open(folder.join(FILE_NAME))?, now_ms)?;
    let added = database::write(&mut connection, |transaction| {
        let address = Address::checked("http://127.0.0.1:9", false)?;
        for name in PEOPLE {
            invite(transaction, &guest(name), &address, 1, now_ms)?;
        }
        load_sample(transaction, size, size.rows - PEOPLE.len())
    })?;
    ensure!(added as usize == size.rows - PEOPLE.len(), "the sample has only {added} rows");
    Ok(())
}

/// Loads so many rows of a sample.
pub fn load_sample(transaction: &dyn Sql, size: Size, rows: usize) -> Result<u64, ServerFault> {
    let sample = size.sample();
    let records = sample.records().take(rows).map(|(id, kind, scope, body)| NewRecord {
        id,
        kind,
        scope,
        body,
        author: THE_SERVER,
        received_ms: made_ms(id),
    });
    load(transaction, records)
}

/// The people are of the community, and hold all of it.
pub fn guest(name: &str) -> Guest {
    let area = AreaPath::try_from(AREA.to_owned()).unwrap_or_else(|_| unreachable!("a community"));
    Guest { name: name.to_owned(), role: Role::CommunityStaff, area, own: None }
}

/// The sample's first community.
pub const AREA: &str = "230881/001/003";

fn made_ms(id: RecordId) -> i64 {
    id.as_bytes()[..6].iter().fold(0, |ms, byte| ms << 8 | i64::from(*byte))
}

/// Writes the rows of a server's folder as compact JSON, one a line; answers how many bytes.
pub fn export(folder: &Path, to: &Path) -> Result<usize> {
    let connection = Connection::open(folder.join(FILE_NAME))?;
    let mut find =
        connection.prepare("SELECT id, kind, version, body FROM record ORDER BY scope, version")?;
    let mut rows = find.query([])?;
    let mut lines = String::new();
    while let Some(row) = rows.next()? {
        let (id, kind, body): ([u8; 16], u16, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(3)?);
        let (kind, body) = named(kind, &body)?;
        let id = RecordId::from_bytes(id).to_string();
        let line = json!({"id": id, "kind": kind, "version": row.get::<_, i64>(2)?, "body": body});
        writeln!(lines, "{line}")?;
    }
    fs::write(to, &lines)?;
    Ok(lines.len())
}

/// A body with the names of its fields.
fn named(kind: u16, body: &[u8]) -> Result<(&'static str, Value)> {
    let declared = declaration(records::Kind(kind));
    let mut decoder = Decoder::new(body);
    let mut named = Map::new();
    for _ in 0..decoder.map()?.unwrap_or(0) {
        let number = decoder.u32()?;
        let field = declared.and_then(|known| known.fields.iter().find(|field| field.number == number));
        let name = field.map_or_else(|| number.to_string(), |field| short(field.name).to_owned());
        named.insert(name, value(&mut decoder)?);
    }
    Ok((declared.map_or("unknown", |known| known.name), Value::Object(named)))
}

/// `household.note` is `note` inside a household.
fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn value(decoder: &mut Decoder<'_>) -> Result<Value> {
    Ok(match decoder.datatype()? {
        Type::String => decoder.str()?.into(),
        Type::Bytes => bytes(decoder.bytes()?),
        Type::Bool => decoder.bool()?.into(),
        Type::Null => {
            decoder.null()?;
            Value::Null
        }
        Type::Array => {
            let count = decoder.array()?.unwrap_or(0);
            Value::Array((0..count).map(|_| value(decoder)).collect::<Result<_>>()?)
        }
        Type::Map => {
            let count = decoder.map()?.unwrap_or(0);
            let mut inside = Map::new();
            for _ in 0..count {
                inside.insert(decoder.u32()?.to_string(), value(decoder)?);
            }
            Value::Object(inside)
        }
        _ => i64::try_from(decoder.int()?)?.into(),
    })
}

/// Sixteen bytes are an id and written as one.
fn bytes(bytes: &[u8]) -> Value {
    match <[u8; 16]>::try_from(bytes) {
        Ok(id) => RecordId::from_bytes(id).to_string().into(),
        Err(_) => bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}")).into(),
    }
}
