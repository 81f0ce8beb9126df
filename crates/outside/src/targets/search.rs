//! What is typed to find a household: SQLite understands every query, and how a keyboard writes it makes no difference.

use std::cell::OnceCell;

use records::rules::text::half_width;
use rusqlite::Connection;
use store::tables::household::{Filter, HouseholdLine};
use store::{Store, search};

/// Households of the sample that are looked among.
const HOUSEHOLDS: usize = 60;
/// Most that are shown.
const MOST: usize = 100;

pub(crate) fn holds(bytes: &[u8]) {
    thread_local! {
        static STORE: OnceCell<Store> = const { OnceCell::new() };
    }
    let query = String::from_utf8_lossy(bytes);
    STORE.with(|store| {
        let store = store.get_or_init(filled);
        let found = find(store, &query);
        assert!(found.len() <= MOST);
        assert!(find(store, &format!(" {query} ")) == found, "spaces around it");
        let wide: String = query.chars().map(wide).collect();
        let half: String = query.chars().map(half_width).collect();
        assert!(find(store, &wide) == find(store, &half), "wide digits and letters");
        for line in found.iter().take(3) {
            let by_name = find(store, &line.name);
            assert!(
                line.name.is_empty() || by_name.iter().any(|other| other.rid == line.rid),
                "{}",
                line.name
            );
        }
    });
}

fn find(store: &Store, query: &str) -> Vec<HouseholdLine> {
    let all = store.read(|db| search::households(db, query, Filter::All)).unwrap();
    let key = store.read(|db| search::households(db, query, Filter::Key)).unwrap();
    assert!(key.iter().all(|line| all.iter().any(|other| other.rid == line.rid)) || all.len() == MOST);
    all
}

/// As a Chinese keyboard may write it.
fn wide(character: char) -> char {
    match character {
        '!'..='~' => char::from_u32(u32::from(character) + 0xfee0).unwrap_or(character),
        other => other,
    }
}

fn filled() -> Store {
    let mut store = Store::open(Connection::open_in_memory().unwrap()).unwrap();
    let sample = sample::community(7, device::sunday());
    let grid = sample::demo_worker().area;
    let mut households = 0;
    let some = sample.grid(&grid).into_iter().filter(|(_, kind, _, _)| {
        let is_household = *kind == <records::household::Household as records::Record>::DECLARATION.kind;
        households += usize::from(is_household);
        !is_household || households <= HOUSEHOLDS
    });
    device::fill(&mut store, sample.reference().iter().cloned().chain(some)).unwrap();
    store
}
