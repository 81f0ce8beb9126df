//! Where the power goes, and what is on the disk then.

use std::ops::Range;

use anyhow::Result;
use oorandom::Rand64;

use super::log::{HEADER, Log};
use super::watched::{Moment, Pair};

/// A disk writes sectors whole, or not.
const SECTOR: usize = 512;
/// Bytes of a page of the database.
const PAGE: usize = 4096;

/// A point at which the power goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut {
    /// While the log was written: this many bytes of it are there, and then …
    Log(usize, Tail),
    /// While the log was taken over into the database: these of the changed pages are there, and this many
    /// bytes of one more.
    TakingOver(Vec<bool>, usize),
}

/// What stands in the log behind the cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// Nothing: the file ends.
    Nothing,
    /// What was there before.
    Older,
    /// Of what was being written, any sectors: new, older or empty, by this seed.
    Torn(u64),
}

/// How many points of each kind there were.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// Between two frames of the log.
    pub between: usize,
    /// Inside a frame.
    pub inside: usize,
    /// While the log was taken over.
    pub taking_over: usize,
}

impl Tally {
    /// All of them.
    pub fn points(&self) -> usize {
        self.between + self.inside + self.taking_over
    }
}

/// The points of one action: every boundary of a frame and one place inside each; every page that is taken
/// over, whole and torn.
///
/// # Errors
/// When the log is none.
pub fn points(moment: &Moment, chance: &mut Rand64, tally: &mut Tally) -> Result<Vec<Cut>> {
    let log = Log::of(&moment.after.log)?;
    let mut cuts = vec![];
    if moment.from == 0 && log.frames() > 0 {
        let inside = chance.rand_range(1..HEADER as u64) as usize;
        cuts.extend([Cut::Log(0, Tail::Older), Cut::Log(inside, Tail::Older)]);
        tally.between += 1;
        tally.inside += 1;
    }
    for frame in moment.from..log.frames() {
        let (start, end) = (log.offset(frame), log.offset(frame + 1));
        let inside = chance.rand_range(start as u64 + 1..end as u64) as usize;
        let tail = match chance.rand_range(0..4) {
            0 => Tail::Nothing,
            1 => Tail::Older,
            _ => Tail::Torn(chance.rand_u64()),
        };
        let boundary = if frame % 2 == 0 { Tail::Nothing } else { Tail::Older };
        cuts.extend([Cut::Log(start, boundary), Cut::Log(inside, tail)]);
        tally.between += 1;
        tally.inside += 1;
    }
    let changed = changed_pages(moment).len();
    for done in 0..changed {
        let in_order = (0..changed).map(|page| page < done).collect();
        let at_will = (0..changed).map(|_| chance.rand_range(0..2) == 0).collect();
        let torn = chance.rand_range(1..PAGE as u64) as usize;
        cuts.extend([Cut::TakingOver(in_order, torn), Cut::TakingOver(at_will, 0)]);
        tally.taking_over += 2;
    }
    Ok(cuts)
}

impl Cut {
    /// The files as they are on the disk then.
    pub fn files(&self, moment: &Moment) -> (Vec<u8>, Vec<u8>) {
        let Pair { main, log } = &moment.before;
        match self {
            Self::Log(bytes, tail) => (main.to_vec(), cut_log(&moment.after.log, log, *bytes, *tail)),
            Self::TakingOver(pages, torn) => (taken_over(moment, pages, *torn), moment.after.log.to_vec()),
        }
    }

    /// The database that must be found then, by the states of the moment: everything that is whole in this
    /// log, and nothing else.
    pub fn expected<'m>(&self, moment: &'m Moment, log: &[u8]) -> Result<&'m [u8]> {
        let whole = Log::of(&moment.after.log)?;
        let is_there = |bytes: Range<usize>| log.get(bytes.clone()) == moment.after.log.get(bytes);
        let frame_is_there = |frame: &usize| is_there(whole.offset(*frame)..whole.offset(frame + 1));
        let written = (moment.from..whole.frames()).take_while(frame_is_there).count();
        let frames = if is_there(0..HEADER) { moment.from + written } else { 0 };
        let reached = moment.states.iter().rev().find(|state| state.frame <= frames);
        Ok(reached.map_or(&moment.first, |state| &state.image))
    }
}

fn cut_log(new: &[u8], old: &[u8], bytes: usize, tail: Tail) -> Vec<u8> {
    let mut log = new[..bytes].to_vec();
    match tail {
        Tail::Nothing => {}
        Tail::Older => log.extend(old.get(bytes..).unwrap_or_default()),
        Tail::Torn(seed) => {
            let mut chance = Rand64::new(u128::from(seed));
            for start in (bytes - bytes % SECTOR..new.len()).step_by(SECTOR) {
                let sector = start.max(bytes)..new.len().min(start + SECTOR);
                match chance.rand_range(0..3) {
                    0 => log.extend(&new[sector]),
                    1 if old.len() >= sector.end => log.extend(&old[sector]),
                    _ => log.resize(sector.end, 0),
                }
            }
        }
    }
    log
}

fn changed_pages(moment: &Moment) -> Vec<usize> {
    let (before, after) = (&moment.before.main, &moment.after.main);
    let page = |bytes: &[u8], at: usize| bytes.get(at..at + PAGE).map(<[u8]>::to_vec);
    let places = (0..after.len()).step_by(PAGE);
    places.filter(|at| page(before, *at) != page(after, *at)).collect()
}

/// Some pages are there, one is torn, the others are what they were.
fn taken_over(moment: &Moment, pages: &[bool], torn: usize) -> Vec<u8> {
    let mut main = moment.before.main.to_vec();
    let after = &moment.after.main;
    let mut put = |at: usize, bytes: usize| {
        main.resize(main.len().max(at + bytes), 0);
        main[at..at + bytes].copy_from_slice(&after[at..at + bytes]);
    };
    let changed = changed_pages(moment);
    for (at, _) in changed.iter().zip(pages).filter(|(_, is_there)| **is_there) {
        put(*at, PAGE);
    }
    if let Some((at, _)) = changed.iter().zip(pages).find(|(_, is_there)| !**is_there) {
        put(*at, torn);
    }
    main
}
