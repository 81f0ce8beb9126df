//! A snapshot as a backup.

use std::io::Write;

use super::content::{Header, Trailer, add_row, begin_group};
use super::fault::BackupFault;
use super::frame::{FRAME_BYTES, FrameKind, FrameWriter};
use super::{MOST_GROUP_BYTES, MOST_ROWS};
use crate::database::sql::Sql;
use crate::database::tables::{Table, TableRow, tables_in};
use crate::fault::ServerFault;

/// A group goes out when it has so many bytes.
const ENOUGH_BYTES: usize = FRAME_BYTES / 2;

/// Writes a snapshot of a database that has this schema, page by page. Hands back what it wrote to.
///
/// # Errors
/// A failure of the database; [`BackupFault::File`], [`BackupFault::RowTooLarge`].
pub fn dump<W: Write>(snapshot: &dyn Sql, schema: usize, made_ms: i64, out: W) -> Result<W, ServerFault> {
    let mut frames = FrameWriter::begin(out)?;
    let header = Header { schema, made_ms, software: env!("CARGO_PKG_VERSION").to_owned() };
    frames.write(FrameKind::Header, cbor(&header)?)?;
    let mut rows = vec![];
    for table in tables_in(schema) {
        rows.push((table.name.to_owned(), dump_table(snapshot, schema, table, &mut frames)?));
    }
    frames.write(FrameKind::Trailer, cbor(&Trailer { rows })?)?;
    Ok(frames.end()?)
}

fn cbor<T: minicbor::Encode<()>>(value: &T) -> Result<Vec<u8>, ServerFault> {
    minicbor::to_vec(value).map_err(|_| ServerFault::Unwritable)
}

/// Returns how many rows there are.
fn dump_table<W: Write>(
    snapshot: &dyn Sql,
    schema: usize,
    table: &'static Table,
    frames: &mut FrameWriter<W>,
) -> Result<u64, ServerFault> {
    let mut group = Gathered { table, bytes: begin_group(table)?, rows: 0 };
    let (mut count, mut last): (u64, Option<TableRow>) = (0, None);
    loop {
        let mut page = table.page(snapshot, schema, last.as_ref())?;
        for row in &page {
            group.add(row, frames)?;
        }
        count += page.len() as u64;
        match page.pop() {
            Some(row) => last = Some(row),
            None => break,
        }
    }
    group.send(frames)?;
    Ok(count)
}

/// Rows that wait until there are enough of them.
struct Gathered {
    table: &'static Table,
    bytes: Vec<u8>,
    rows: usize,
}

impl Gathered {
    fn add<W: Write>(&mut self, row: &TableRow, frames: &mut FrameWriter<W>) -> Result<(), ServerFault> {
        add_row(&mut self.bytes, row)?;
        self.rows += 1;
        if self.rows >= MOST_ROWS || self.bytes.len() >= ENOUGH_BYTES { self.send(frames) } else { Ok(()) }
    }

    /// One row may be larger than a frame.
    fn send<W: Write>(&mut self, frames: &mut FrameWriter<W>) -> Result<(), ServerFault> {
        if self.rows == 0 {
            return Ok(());
        }
        if self.bytes.len() > MOST_GROUP_BYTES {
            return Err(BackupFault::RowTooLarge(self.table.name).into());
        }
        let mut parts = self.bytes.chunks(FRAME_BYTES).peekable();
        while let Some(part) = parts.next() {
            let kind = if parts.peek().is_some() { FrameKind::Part } else { FrameKind::Rows };
            frames.write(kind, part.to_vec())?;
        }
        (self.bytes, self.rows) = (begin_group(self.table)?, 0);
        Ok(())
    }
}
