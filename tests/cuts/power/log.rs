//! What stands in a write-ahead log, as SQLite's file format says.

use std::ops::Range;

use anyhow::{Context, Result};

/// Bytes of the log's header.
pub const HEADER: usize = 32;
/// Bytes before the page in a frame.
const FRAME_HEADER: usize = 24;
/// Marks of this generation of the log, repeated in each of its frames.
const SALTS: Range<usize> = 16..24;

/// A write-ahead log, as far as it holds whole transactions.
pub struct Log<'a> {
    bytes: &'a [u8],
    page: usize,
    /// Where each transaction ends, in frames.
    ends: Vec<usize>,
}

impl<'a> Log<'a> {
    /// Reads the frames of the generation that the header names.
    ///
    /// # Errors
    /// When the bytes are no log.
    pub fn of(bytes: &'a [u8]) -> Result<Self> {
        let Some(header) = bytes.first_chunk::<HEADER>() else {
            return Ok(Self { bytes, page: 0, ends: vec![] });
        };
        let page = usize::try_from(number(header, 8).context("a page size")?)?;
        let log = Self { bytes, page, ends: vec![] };
        let frames = 0..(bytes.len() - HEADER) / log.frame_bytes();
        let frames = frames.take_while(|frame| log.is_of_this_generation(*frame));
        let ends = frames.filter(|frame| log.pages_after(*frame) > 0).map(|frame| frame + 1).collect();
        Ok(Self { ends, ..log })
    }

    /// Marks of this generation; two logs with the same ones are one that grew.
    pub fn generation(&self) -> Option<&'a [u8]> {
        self.bytes.get(SALTS)
    }

    /// The transactions that end behind this frame, by their last frames.
    pub fn ends_after(&self, frame: usize) -> impl Iterator<Item = usize> + '_ {
        self.ends.iter().copied().filter(move |end| *end > frame)
    }

    /// Frames up to the end of the last whole transaction.
    pub fn frames(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    /// Where a frame begins.
    pub fn offset(&self, frame: usize) -> usize {
        HEADER + frame * self.frame_bytes()
    }

    /// Lays the pages of some frames over a database that holds everything before them.
    pub fn lay_over(&self, image: &[u8], frames: Range<usize>) -> Vec<u8> {
        let mut image = image.to_vec();
        for frame in frames {
            let at = self.offset(frame);
            let place = (number(self.bytes, at).unwrap_or(1) as usize - 1) * self.page;
            let page = &self.bytes[at + FRAME_HEADER..at + self.frame_bytes()];
            image.resize(image.len().max(place + self.page), 0);
            image[place..place + self.page].copy_from_slice(page);
            if self.pages_after(frame) > 0 {
                image.truncate(self.pages_after(frame) * self.page);
            }
        }
        image
    }

    /// Pages of the database after the transaction that this frame ends; 0 where it ends none.
    fn pages_after(&self, frame: usize) -> usize {
        number(self.bytes, self.offset(frame) + 4).map_or(0, |pages| pages as usize)
    }

    fn is_of_this_generation(&self, frame: usize) -> bool {
        let at = self.offset(frame) + 8;
        self.bytes.get(at..at + 8) == self.generation()
    }

    fn frame_bytes(&self) -> usize {
        FRAME_HEADER + self.page
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
