//! How many pushes the server's databases take in a second, without HTTP: 20 new households each, by
//! eight devices at once, every commit on disk.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use cluster::{Cluster, Commits};
use records::codes::Role;
use records::{AccountId, Audience, DeviceId, Incarnation, Scope};
use server::database::Place;
use server::database::account::{self, Account};
use server::database::device::{self, Device};
use server::database::sql::Sql;
use server::round::{self, Asked};
use server::{Database, random};
use sync::signature::digest;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::task::{JoinSet, spawn_blocking};

use crate::commits::{ROWS, new_households, request};
use crate::figures::Figures;

const NOW_MS: i64 = 1_795_000_000_000;
const WRITERS: u8 = 8;
const LASTS: Duration = Duration::from_secs(10);
const COMMUNITY: &str = "230881/001/003";

/// Whether writes that wait may share a transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Together,
    Alone,
}

/// Runs it on both databases, over fifty areas and on one.
pub fn run() -> Result<()> {
    let runtime = Runtime::new()?;
    for areas in [50, 1] {
        for (name, way) in [("SQLite, each alone", Way::Alone), ("SQLite", Way::Together)] {
            let folder = TempDir::new()?;
            runtime.block_on(measure(name, &Place::Folder(folder.path().to_owned()), areas, way))?;
        }
        let cluster = Cluster::start(Commits::OnDisk)?;
        runtime.block_on(measure("PostgreSQL", &cluster.address().parse()?, areas, Way::Together))?;
    }
    Ok(())
}

async fn measure(name: &str, place: &Place, areas: usize, way: Way) -> Result<()> {
    let database = Database::open_at(place, NOW_MS).await?;
    let account = Account {
        id: AccountId::from_bytes([9; 16]),
        name: "测量".to_owned(),
        role: Role::CommunityStaff,
        area: COMMUNITY.parse()?,
        own: None,
        moved_ms: None,
    };
    let new = account.clone();
    database
        .write(move |transaction| {
            account::add(transaction, &new, NOW_MS)?;
            (0..WRITERS).try_for_each(|number| {
                let id = DeviceId::from_bytes([number; 16]);
                let device = Device { id, account: new.id, last_seen_ms: None, revoked_ms: None };
                device::add(transaction, &device, "机", &digest(&[number; 32]), NOW_MS)
            })
        })
        .await?;
    let mut writers = JoinSet::new();
    let began = Instant::now();
    for number in 0..WRITERS {
        writers.spawn(write((database.clone(), way), number, areas, began + LASTS));
    }
    let (mut took, mut pushes) = (Figures::default(), 0);
    while let Some(writer) = writers.join_next().await {
        for push in writer?? {
            took.add(push);
            pushes += 1;
        }
    }
    let a_second = f64::from(pushes) / began.elapsed().as_secs_f64();
    println!(
        "{name:<19} {a_second:.0} pushes/s of {ROWS} rows by {WRITERS} writers over {areas} areas; \
         median {:.1} ms, 95 of 100 within {:.1} ms",
        took.percentile(50).as_secs_f64() * 1e3,
        took.percentile(95).as_secs_f64() * 1e3,
    );
    Ok(())
}

/// Pushes until it is time; how long each push took.
async fn write(
    (database, way): (Database, Way),
    number: u8,
    areas: usize,
    until: Instant,
) -> Result<Vec<Duration>> {
    let incarnation = Incarnation(random::record_id(NOW_MS).0);
    let mut took = vec![];
    for push_seq in 1.. {
        if Instant::now() > until {
            break;
        }
        let area = (usize::from(number) * 7 + push_seq as usize) % areas;
        let asked = Arc::new(asked(number, incarnation, push_seq, area)?);
        let began = Instant::now();
        let settle = move |transaction: &dyn Sql| round::settle(transaction, &asked, NOW_MS);
        let pushed = match way {
            Way::Together => database.write(settle).await?,
            Way::Alone => {
                let database = database.clone();
                spawn_blocking(move || database.write_here(settle)).await??
            }
        };
        took.push(began.elapsed());
        ensure!(pushed.settled == push_seq, "{pushed:?}");
    }
    Ok(took)
}

fn asked(number: u8, incarnation: Incarnation, push_seq: u64, area: usize) -> Result<Asked> {
    let scope = Scope::new(format!("{COMMUNITY}/{area:02}").parse()?, Audience::Work);
    let commits = vec![new_households(&scope, push_seq, ROWS, NOW_MS)?];
    let request = request((incarnation, [0; 16]), commits, (vec![], 0), NOW_MS);
    Ok(Asked { token: vec![number; 32], request })
}
