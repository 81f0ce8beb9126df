//! One user with very much to read beside others with little: rounds of grid workers, with and without a
//! first sync of a whole large community going on. The spans come in pairs, since a machine's day changes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use records::codes::Role;
use tokio::runtime::Runtime;

use super::reader::{Made, Reader};
use super::setting::{COMMUNITY, Enrolled, Served, Setting, grids};
use super::{Options, median};
use crate::figures::Figures;
use crate::sync::rows::{Size, load_sample};

/// Grid workers with little to say.
const OTHERS: usize = 8;
/// Rounds of each in a span, and what lies between two of them.
const ROUNDS: usize = 30;
const BETWEEN: Duration = Duration::from_millis(25);
/// What a device takes to keep a record, measured by `bench sync`.
const KEEPING: Duration = Duration::from_micros(12);

/// Measures it with a user who keeps what comes, and with one who only reads.
pub fn run(setting: Setting, options: &Options, runtime: &Runtime) -> Result<()> {
    let ground = setting.ground()?;
    let mut devices = Enrolled::many(OTHERS, Role::GridWorker, &grids(OTHERS)?);
    devices.extend(Enrolled::many(1, Role::CommunityStaff, &[COMMUNITY.parse()?]));
    let known = devices.clone();
    ground.fill(runtime, move |transaction| {
        load_sample(transaction, Size::HUGE, Size::HUGE.rows)?;
        Enrolled::add_all(&known, transaction)
    })?;
    let served = ground.serve(runtime)?;
    let (user, others) = devices.split_last().context("there are some")?;
    let pages = Reader::new(&served, user).read_all()?;
    let rows: usize = pages.iter().map(|page| page.changes).sum();
    let alone: Duration = pages.iter().map(|page| page.took).sum();
    println!("a user with {rows} rows reads them in {} rounds, {:.1} s", pages.len(), alone.as_secs_f64());
    let mut others: Vec<Reader<'_>> = others.iter().map(|device| Reader::new(&served, device)).collect();
    others.iter_mut().try_for_each(|other| other.read_all().map(drop))?;
    for (way, keeping) in [("keeping what comes", KEEPING), ("only reading", Duration::ZERO)] {
        let user = User { served: &served, pages: &pages, keeping };
        let pairs = (0..options.pairs).map(|pair| user.pair(&mut others, pair % 2 == 0));
        let pairs: Vec<(f64, f64)> = pairs.collect::<Result<_>>()?;
        let slower = median(pairs.iter().map(|(with, without)| with / without - 1.0).collect());
        println!(
            "beside a user who is {way}: median round {:.2} ms, without {:.2} ms; in pairs {:+.1} %, {} pairs",
            median(pairs.iter().map(|(with, _)| *with).collect()),
            median(pairs.iter().map(|(_, without)| *without).collect()),
            slower * 100.0,
            pairs.len(),
        );
    }
    Ok(())
}

/// Who has very much to read, again and again.
struct User<'a> {
    served: &'a Served,
    pages: &'a [Made],
    keeping: Duration,
}

impl User<'_> {
    /// The others' median round with this user and without, ms.
    fn pair(&self, others: &mut [Reader<'_>], with_first: bool) -> Result<(f64, f64)> {
        if with_first {
            let with = self.beside(others)?;
            Ok((with, span(others)?))
        } else {
            let without = span(others)?;
            Ok((self.beside(others)?, without))
        }
    }

    fn beside(&self, others: &mut [Reader<'_>]) -> Result<f64> {
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let reading = scope.spawn(|| self.read_until(&is_over));
            let took = span(others);
            is_over.store(true, Ordering::Relaxed);
            reading.join().map_err(|_| anyhow!("the user panicked"))??;
            took
        })
    }

    fn read_until(&self, is_over: &AtomicBool) -> Result<()> {
        let agent = Served::agent();
        for page in self.pages.iter().cycle() {
            if is_over.load(Ordering::Relaxed) {
                break;
            }
            self.served.post(&agent, &page.said)?;
            let records = u32::try_from(page.changes)?;
            thread::park_timeout(self.keeping * records);
        }
        Ok(())
    }
}

/// Some rounds of every one of the others at the same time; the median, ms.
fn span(others: &mut [Reader<'_>]) -> Result<f64> {
    let took: Vec<Result<Vec<Duration>>> = thread::scope(|scope| {
        let rounds = |other: &mut Reader<'_>| {
            let round = |_| {
                thread::park_timeout(BETWEEN);
                Ok(other.push()?.took)
            };
            (0..ROUNDS).map(round).collect()
        };
        let running: Vec<_> = others.iter_mut().map(|other| scope.spawn(move || rounds(other))).collect();
        running.into_iter().map(|other| other.join().map_err(|_| anyhow!("one panicked"))?).collect()
    });
    let mut figures = Figures::default();
    for one in took {
        one?.into_iter().for_each(|took| figures.add(took));
    }
    Ok(figures.percentile(50).as_secs_f64() * 1e3)
}
