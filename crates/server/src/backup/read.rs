//! A backup as it is read: nothing of it counts before its hash was compared, nor the whole before its end.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek};
use std::path::Path;

use lockbox::stream::{MARK, Passphrase, SealFault, SealReader};

use super::content::{Group, Header, Trailer, read_group, read_whole};
use super::fault::BackupFault;
use super::frame::{FrameKind, FrameReader};
use super::{MOST_GROUP_BYTES, MOST_ROWS, Summary};
use crate::audit::{Broken, Chain};
use crate::database::audit::{Kept, Link};
use crate::database::schema;
use crate::database::sql::Value;
use crate::database::tables::{TableRow, tables_in};

/// A backup that is being read.
pub(super) struct Reading<R> {
    frames: FrameReader<R>,
    header: Header,
    /// Which table the last rows were of.
    place: usize,
    counts: BTreeMap<&'static str, u64>,
    chain: Chain,
    broken: Option<Broken>,
    /// The end of the audit as it was written.
    written: Link,
}

impl Reading<Box<dyn Read>> {
    /// Opens a file; one that is sealed, with its passphrase, and only such with one.
    pub(super) fn open(file: &Path, passphrase: Option<&Passphrase>) -> Result<Self, BackupFault> {
        let mut file = File::open(file).map_err(BackupFault::File)?;
        let is_sealed = is_sealed(&mut file).map_err(BackupFault::File)?;
        let file = BufReader::new(file);
        match (is_sealed, passphrase) {
            (false, None) => Self::begin(Box::new(file)),
            (false, Some(_)) => Err(BackupFault::Open),
            (true, None) => Err(BackupFault::Sealed),
            (true, Some(passphrase)) => {
                Self::begin(Box::new(SealReader::begin(file, passphrase).map_err(unopened)?))
            }
        }
    }
}

fn is_sealed(file: &mut File) -> std::io::Result<bool> {
    let mut begin = vec![];
    file.take(MARK.len() as u64).read_to_end(&mut begin)?;
    file.rewind()?;
    Ok(begin == MARK)
}

fn unopened(error: std::io::Error) -> BackupFault {
    let fault = error.get_ref().and_then(|inner| inner.downcast_ref());
    match (fault, error.kind()) {
        (Some(SealFault::Newer(format)), _) => BackupFault::NewerFormat(*format),
        (Some(SealFault::NotSealed), _) => BackupFault::NotOne,
        (_, ErrorKind::InvalidData) => BackupFault::Shut,
        _ => BackupFault::File(error),
    }
}

impl<R: Read> Reading<R> {
    /// Reads the beginning.
    pub(super) fn begin(from: R) -> Result<Self, BackupFault> {
        let mut frames = FrameReader::begin(from)?;
        let (kind, body) = frames.read()?;
        let header = Some(body).filter(|_| kind == FrameKind::Header);
        let header: Header = header.and_then(|body| read_whole(&body)).ok_or_else(|| frames.damaged())?;
        match header.schema {
            0 => return Err(frames.damaged()),
            found if found > schema::VERSION => {
                return Err(BackupFault::Newer { found, known: schema::VERSION });
            }
            _ => {}
        }
        let (chain, written) = (Chain::begin(), Chain::BEGIN);
        Ok(Self { frames, header, place: 0, counts: BTreeMap::new(), chain, broken: None, written })
    }

    /// The schema its rows are of.
    pub(super) fn schema(&self) -> usize {
        self.header.schema
    }

    /// The next rows; `None` at the end, when all is as it was written.
    pub(super) fn next(&mut self) -> Result<Option<Group>, BackupFault> {
        let mut bytes = vec![];
        loop {
            let (kind, body) = self.frames.read()?;
            if bytes.len() + body.len() > MOST_GROUP_BYTES {
                return Err(self.frames.damaged());
            }
            match kind {
                FrameKind::Trailer if bytes.is_empty() => return self.end(&body).map(|()| None),
                FrameKind::Header | FrameKind::Trailer => return Err(self.frames.damaged()),
                FrameKind::Part => bytes.extend(body),
                FrameKind::Rows => {
                    bytes.extend(body);
                    return self.group(&bytes).map(Some);
                }
            }
        }
    }

    fn group(&mut self, bytes: &[u8]) -> Result<Group, BackupFault> {
        let group = read_group(bytes, self.schema()).filter(|group| group.rows.len() <= MOST_ROWS);
        let group = group.ok_or_else(|| self.frames.damaged())?;
        let place = tables_in(self.schema()).position(|table| table.name == group.table.name);
        match place {
            Some(place) if place >= self.place => self.place = place,
            _ => return Err(self.frames.damaged()),
        }
        *self.counts.entry(group.table.name).or_default() += group.rows.len() as u64;
        match group.table.name {
            "audit" => group.rows.iter().for_each(|row| self.follow(row)),
            "audit_head" => group.rows.iter().for_each(|row| self.note_end(row)),
            _ => {}
        }
        Ok(group)
    }

    fn follow(&mut self, row: &TableRow) {
        if self.broken.is_some() {
            return;
        }
        let kept = match &row[..] {
            [Value::Int(number), Value::Bytes(entry), Value::Bytes(hash)] => {
                link(*number, hash).map(|link| Kept { link, entry: entry.to_vec() })
            }
            _ => None,
        };
        self.broken = match kept {
            Some(kept) => self.chain.follow(&kept).err(),
            None => Some(self.chain.breaks()),
        };
    }

    fn note_end(&mut self, row: &TableRow) {
        if let [_, Value::Int(number), Value::Bytes(hash)] = &row[..] {
            self.written = link(*number, hash).unwrap_or(self.written);
        }
    }

    fn end(&mut self, body: &[u8]) -> Result<(), BackupFault> {
        let trailer: Trailer = read_whole(body).ok_or_else(|| self.frames.damaged())?;
        let counted = self.rows().into_iter().map(|(name, count)| (name.to_owned(), count));
        if trailer.rows != counted.collect::<Vec<_>>() {
            return Err(self.frames.damaged());
        }
        self.frames.end()
    }

    fn rows(&self) -> Vec<(&'static str, u64)> {
        let count = |name: &'static str| (name, self.counts.get(name).copied().unwrap_or(0));
        tables_in(self.schema()).map(|table| count(table.name)).collect()
    }

    /// What it holds; to be asked at its end.
    pub(super) fn summary(self) -> Summary {
        let rows = self.rows();
        let audit = self.broken.map_or_else(|| self.chain.ends_at(self.written), Err);
        let Header { schema, made_ms, software } = self.header;
        Summary { schema, made_ms, software, rows, audit }
    }
}

fn link(number: i64, hash: &[u8]) -> Option<Link> {
    Some(Link { number: number.try_into().ok()?, hash: hash.try_into().ok()? })
}
